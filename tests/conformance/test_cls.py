"""CLS: class objects, server processes and activation by the SCM."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, REGCLS, Catalog, ComError, Guid, IUnknown, Runtime
from pyorpc.activation.coclass import record_of
from pyorpc.interfaces.unknwn_idl import IClassFactory
from pyorpc.remoting.proxy import InterfaceProxy
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import ROOT
from tests.support.class_server import ServedX, ServedY, activations_end, class_server
from tests.support.failures import failure_of
from tests.support.probe import in_apartment
from tests.support.probe_classes import ProbeApartment, ProbeBoth
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC, LOCAL = CLSCTX.INPROC_SERVER, CLSCTX.LOCAL_SERVER
CLSID = "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1301"


@pytest.fixture(autouse=True)
def _nothing_is_left(home: Path) -> Iterator[None]:
    with activations_end(home):
        yield


def can_be_had(clsid: Any, clsctx: CLSCTX) -> HRESULT:
    try:
        pyorpc.get_class_object(clsid, clsctx)
    except ComError as error:
        return error.hresult
    return HRESULT.S_OK


class Plain(IUnknown):
    """No class object."""


def test_CLS_01_argument_checks() -> None:
    with in_apartment(STA):
        nothing: Any = None
        assert failure_of(pyorpc.register_class_object, CLSID, nothing) == HRESULT.E_INVALIDARG
        assert failure_of(pyorpc.revoke_class_object, 4711) == HRESULT.E_INVALIDARG
        assert pyorpc.register_class_object(CLSID, ProbeBoth, INPROC) != 0
    register = failure_of(pyorpc.register_class_object, CLSID, ProbeBoth)
    assert register == HRESULT.CO_E_NOTINITIALIZED
    assert failure_of(pyorpc.revoke_class_object, 1) == HRESULT.CO_E_NOTINITIALIZED


def test_CLS_02_in_process_registration_is_apartment_private() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        a.run(pyorpc.register_class_object, CLSID, ProbeBoth, INPROC)
        assert b.run(can_be_had, CLSID, INPROC) == HRESULT.REGDB_E_CLASSNOTREG
        assert a.run(can_be_had, CLSID, INPROC) == HRESULT.S_OK
        assert b.run(pyorpc.register_class_object, CLSID, ProbeBoth, INPROC) != 0
        assert b.run(can_be_had, CLSID, INPROC) == HRESULT.S_OK


def test_CLS_03_another_apartment_gets_a_proxy_of_a_local_servers_class_object() -> None:
    def kind(clsctx: CLSCTX) -> bool | HRESULT:
        try:
            return isinstance(pyorpc.get_class_object(CLSID, clsctx), InterfaceProxy)
        except ComError as error:
            return error.hresult

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
        ApartmentThread(runtime, MTA) as c,
    ):
        a.run(pyorpc.register_class_object, CLSID, ProbeBoth, LOCAL, REGCLS.MULTIPLEUSE)
        assert [each.run(kind, LOCAL) for each in (a, b, c)] == [False, True, True]
        nobody = HRESULT.REGDB_E_CLASSNOTREG
        assert [each.run(kind, INPROC) for each in (a, b, c)] == [False, nobody, nobody]
        made = b.run(pyorpc.create_instance, CLSID, IProbe, LOCAL)
        assert b.run(made.ThreadId) == a.ident


def test_threads_of_the_mta_share_what_one_of_them_registered() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
        ApartmentThread(runtime, STA) as c,
    ):
        cookie = a.run(pyorpc.register_class_object, CLSID, ProbeBoth, INPROC)
        assert b.run(can_be_had, CLSID, INPROC) == HRESULT.S_OK
        assert not isinstance(b.run(pyorpc.create_instance, CLSID, IProbe, INPROC), InterfaceProxy)
        assert c.run(can_be_had, CLSID, INPROC) == HRESULT.REGDB_E_CLASSNOTREG
        b.run(pyorpc.revoke_class_object, cookie)
        assert a.run(can_be_had, CLSID, INPROC) == HRESULT.REGDB_E_CLASSNOTREG


def test_CLS_04_revocation_belongs_to_the_registering_apartment() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        cookie = a.run(pyorpc.register_class_object, CLSID, ProbeBoth, LOCAL, REGCLS.MULTIPLEUSE)
        wrong = b.run(failure_of, pyorpc.revoke_class_object, cookie)
        assert wrong == HRESULT.RPC_E_WRONG_THREAD
        assert b.run(can_be_had, CLSID, LOCAL) == HRESULT.S_OK
        a.run(pyorpc.revoke_class_object, cookie)
        assert b.run(can_be_had, CLSID, LOCAL) == HRESULT.REGDB_E_CLASSNOTREG
        assert a.run(can_be_had, CLSID, LOCAL) == HRESULT.REGDB_E_CLASSNOTREG


def test_CLS_05_accepted_flag_and_context_combinations() -> None:
    uses = (REGCLS.SINGLEUSE, REGCLS.MULTIPLEUSE, REGCLS.MULTI_SEPARATE)
    combinations = [(where, use) for where in (INPROC, LOCAL) for use in uses]
    with in_apartment(STA):
        for where, use in [*combinations, (INPROC | LOCAL, REGCLS.SINGLEUSE)]:
            cookie = pyorpc.register_class_object(CLSID, ProbeBoth, where, use)
            pyorpc.revoke_class_object(cookie)
        assert pyorpc.register_class_object(CLSID, Plain(), LOCAL) != 0


@pytest.mark.parametrize(
    ("where", "use", "near", "far"),
    [
        (LOCAL, REGCLS.MULTIPLEUSE, True, True),
        (LOCAL, REGCLS.MULTI_SEPARATE, False, True),
        (LOCAL, REGCLS.SINGLEUSE, False, True),
        (INPROC, REGCLS.MULTIPLEUSE, True, False),
        (INPROC, REGCLS.MULTI_SEPARATE, True, False),
        (INPROC | LOCAL, REGCLS.MULTI_SEPARATE, True, True),
        (INPROC | LOCAL, REGCLS.SINGLEUSE, True, True),
    ],
)
def test_CLS_06_multipleuse_offers_a_local_servers_class_in_process_too(
    where: CLSCTX, use: REGCLS, near: bool, far: bool
) -> None:
    answers = {True: HRESULT.S_OK, False: HRESULT.REGDB_E_CLASSNOTREG}
    with in_apartment(STA):
        pyorpc.register_class_object(CLSID, ProbeBoth, where, use)
        assert can_be_had(CLSID, INPROC) == answers[near]
        assert can_be_had(CLSID, LOCAL) == answers[far]


def test_a_class_in_process_comes_before_a_server(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    with in_apartment(STA):
        pyorpc.register_inproc_class(ServedX)
        try:
            for clsctx in (CLSCTX.ALL, INPROC | LOCAL):
                near = pyorpc.create_instance("Served.X", IProbe, clsctx)
                assert not isinstance(near, InterfaceProxy)
            far = pyorpc.create_instance("Served.X", IProbe, LOCAL)
            assert far.Echo("") == f" from {server.child.pid}"
        finally:
            pyorpc.unregister_inproc_class(ServedX)
        gone = failure_of(pyorpc.create_instance, "Served.X", IProbe, INPROC)
        assert gone == HRESULT.CO_E_CLASSSTRING  # nobody knows the ProgID any more
        far = pyorpc.create_instance(record_of(ServedX).clsid, IProbe, CLSCTX.ALL)
        assert far.Echo("") == f" from {server.child.pid}"
    server.stop()


@pytest.mark.parametrize("clsctx", [0, CLSCTX(0), 1 << 12])
def test_a_clsctx_that_names_no_place(clsctx: int) -> None:
    with in_apartment(STA):
        refused = failure_of(pyorpc.create_instance, ProbeBoth, IProbe, clsctx)
        assert refused == HRESULT.E_INVALIDARG
        assert failure_of(pyorpc.get_class_object, ProbeBoth, clsctx) == HRESULT.E_INVALIDARG


def test_a_remote_server_is_nowhere_without_a_host(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    with in_apartment(MTA):
        nowhere = failure_of(pyorpc.create_instance, ServedX, IProbe, CLSCTX.REMOTE_SERVER)
        assert nowhere == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_CLS_07_leaving_the_apartment_revokes() -> None:
    with Runtime() as runtime:
        for where in (INPROC, LOCAL):
            with runtime.enter_apartment(STA):
                pyorpc.register_class_object(CLSID, ProbeBoth, where)
                assert can_be_had(CLSID, where) == HRESULT.S_OK
            with runtime.enter_apartment(STA):
                assert can_be_had(CLSID, where) == HRESULT.REGDB_E_CLASSNOTREG


def test_CLS_08_singleuse_serves_one_activation(spawn: Spawn) -> None:
    server = class_server(spawn)
    cookie = server.do("sta", "register", "X", REGCLS.SINGLEUSE)
    with in_apartment(MTA):
        first = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        assert first.Echo("hello") == f"hello from {server.child.pid}"
        second = failure_of(pyorpc.create_instance, ServedX, IProbe, LOCAL)
        assert second == HRESULT.REGDB_E_CLASSNOTREG
        assert server.do("sta", "revoke", cookie) is None
        server.do("sta", "register", "X", REGCLS.SINGLEUSE)
        third = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        assert third.Echo("hello") == f"hello from {server.child.pid}"
    server.stop()


SINGLE_USE_SERVER = """
import pyorpc
from pyorpc import CLSCTX, COINIT, REGCLS
from tests.support.class_server import ServedX
with pyorpc.enter_apartment(COINIT.APARTMENTTHREADED):
    pyorpc.register_class_object(ServedX, ServedX, CLSCTX.LOCAL_SERVER, REGCLS.SINGLEUSE)
    pyorpc.pump_messages()
"""


def test_CLS_08_with_a_command_the_second_activation_starts_a_second_server() -> None:
    with Catalog() as catalog, pytest.MonkeyPatch.context() as patch, in_apartment(MTA):
        patch.setenv("PYTHONPATH", str(ROOT))
        command = [sys.executable, "-c", SINGLE_USE_SERVER]
        catalog.register_local_server(pyorpc.Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1201"), command)
        first = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        second = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        pids = {int(made.Echo("").rpartition(" ")[2]) for made in (first, second)}
        assert len(pids) == 2
    for pid in pids:
        os.kill(pid, signal.SIGTERM)


def test_CLS_10_suspended_registration(spawn: Spawn) -> None:
    server = class_server(spawn)
    for name in ("X", "Y"):
        server.do("sta", "register", name, REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED)
    with in_apartment(STA):
        for each in (ServedX, ServedY):
            assert can_be_had(each, LOCAL) == HRESULT.REGDB_E_CLASSNOTREG
        server.do("sta", "resume")
        for each in (ServedX, ServedY):
            assert can_be_had(each, LOCAL) == HRESULT.S_OK
    server.stop()


def test_CLS_10_in_the_process_itself() -> None:
    with in_apartment(STA):
        flags = REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED
        for each in (ServedX, ServedY):
            pyorpc.register_class_object(each, each, LOCAL, flags)
            assert can_be_had(each, LOCAL) == HRESULT.REGDB_E_CLASSNOTREG
        pyorpc.resume_class_objects()
        for each in (ServedX, ServedY):
            assert can_be_had(each, LOCAL) == HRESULT.S_OK


def test_CLS_11_process_reference_count_and_automatic_suspension(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X", REGCLS.MULTIPLEUSE, "locks")
    with in_apartment(MTA):
        factory = pyorpc.get_class_object(ServedX, LOCAL)
        factory.LockServer(True)
        assert server.do("sta", "add_ref") == 2
        assert server.do("mta", "release") == 1
        factory.LockServer(False)
        assert can_be_had(ServedX, LOCAL) == HRESULT.REGDB_E_CLASSNOTREG
    server.stop()


def test_CLS_11_a_stopping_server_refuses_its_own_requests_too() -> None:
    with in_apartment(STA):
        pyorpc.register_class_object(ServedX, ServedX, LOCAL)
        assert pyorpc.add_ref_server_process() == 1
        assert pyorpc.release_server_process() == 0
        assert can_be_had(ServedX, LOCAL) == HRESULT.CO_E_SERVER_STOPPING


def test_CLS_12_registering_thread_decides_the_apartment(spawn: Spawn) -> None:
    server = class_server(spawn)
    server.do("sta", "register", "X")
    server.do("mta", "register", "Y")
    with in_apartment(MTA) as runtime:
        x = pyorpc.create_instance(ServedX, IProbe, LOCAL)
        y = pyorpc.create_instance(ServedY, IProbe, LOCAL)
        assert x.ThreadId() == server.do("sta", "ident")

        def call(served: IProbe) -> set[int]:
            threads: set[int] = set()
            for _ in range(3):
                served.Sleep(0.03)
                threads.add(served.ThreadId())
            return threads

        callers = [ApartmentThread(runtime, MTA) for _ in range(4)]
        for served in (x, y):
            tasks = [caller.begin(call, served) for caller in callers]
            threads = {ident for task in tasks for ident in task.join()}
            if served is x:
                assert threads == {server.do("sta", "ident")}
                assert x.Add(0, 0) == 1
        assert y.Add(0, 0) > 1
        for caller in callers:
            caller.close()
    server.stop()


def test_CLS_14_duplicate_registration_in_one_apartment() -> None:
    with in_apartment(STA):
        for where in (INPROC, LOCAL):
            cookie = pyorpc.register_class_object(CLSID, ProbeBoth, where, REGCLS.SINGLEUSE)
            again = failure_of(
                pyorpc.register_class_object, CLSID, ProbeBoth, where, REGCLS.SINGLEUSE
            )
            assert again == HRESULT.CO_E_OBJISREG
            pyorpc.revoke_class_object(cookie)


@pytest.mark.parametrize("creator", [STA, MTA])
def test_CTX_03_objects_are_born_in_the_context_of_their_class_factory(creator: COINIT) -> None:
    with in_apartment(creator):
        private = pyorpc.create_context()
        private.run(pyorpc.register_class_object, CLSID, ProbeApartment, LOCAL)
        made = pyorpc.create_instance(CLSID, IProbe, LOCAL)
        assert isinstance(made, InterfaceProxy)
        assert made.Place()[0] == private.run(pyorpc.get_context_token)
        assert made.ThreadId() == threading.get_ident()


def test_a_factory_of_the_users_own_is_asked_in_its_apartment() -> None:
    made_on: list[int] = []

    class Factory(IClassFactory):
        def CreateInstance(self, pUnkOuter: Any, riid: Any) -> Any:
            made_on.append(threading.get_ident())
            return ProbeApartment().QueryInterface(riid)

        def LockServer(self, fLock: int) -> None:
            pass

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        a.run(pyorpc.register_class_object, CLSID, Factory(), LOCAL)
        made = b.run(pyorpc.create_instance, CLSID, IProbe, LOCAL)
        assert b.run(made.ThreadId) == a.ident
    assert made_on == [a.ident]


def test_CLS_15_proxy_stub_class_registration_is_process_wide_and_dies_with_com() -> None:
    iids, clsids = [Guid.new(), Guid.new()], [Guid.new(), Guid.new()]

    def both() -> list[Guid]:
        return [pyorpc.get_ps_clsid(iid) for iid in iids]

    def failures() -> list[HRESULT]:
        return [
            failure_of(pyorpc.register_ps_clsid, iids[0], clsids[0]),
            *(failure_of(pyorpc.get_ps_clsid, iid) for iid in iids),
        ]

    with Runtime() as runtime:
        with ApartmentThread(runtime, STA) as a:
            a.run(pyorpc.register_ps_clsid, iids[0], clsids[0])
            with ApartmentThread(runtime, STA) as b:
                b.run(pyorpc.register_ps_clsid, iids[1], clsids[1])
                assert b.run(both) == clsids
            assert a.run(both) == clsids
        assert failures() == [HRESULT.CO_E_NOTINITIALIZED] * 3
        with ApartmentThread(runtime, MTA) as a:
            for iid in iids:
                failure = a.run(failure_of, pyorpc.get_ps_clsid, iid)
                assert failure == HRESULT.REGDB_E_IIDNOTREG
