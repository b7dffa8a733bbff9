"""The table of one process: its apartments, cookies and lifetimes."""

from __future__ import annotations

import threading
import time
import weakref

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Guid, Runtime
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_classes import ProbeAgile
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
X, Y = (Guid(f"5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1c0{n}") for n in (1, 2))


def found(clsid: Guid = X) -> HRESULT:
    try:
        pyorpc.get_active_object(clsid, IProbe)
    except ComError as error:
        return error.hresult
    return HRESULT.S_OK


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_at_home_it_is_the_object_itself(coinit: COINIT) -> None:
    with in_apartment(coinit):
        probe = Probe()
        assert pyorpc.register_active_object(probe, X) != 0
        assert pyorpc.get_active_object(X, IProbe) is probe
        assert found(Y) == HRESULT.MK_E_UNAVAILABLE


def test_in_another_apartment_it_is_a_proxy() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(MTA):
        a.run(pyorpc.register_active_object, Probe(), X)
        pointer = pyorpc.get_active_object(X, IProbe)
        assert isinstance(pointer, InterfaceProxy)
        assert pointer.ThreadId() == a.ident


def test_an_agile_object_is_itself_everywhere() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(MTA):
        agile = ProbeAgile()
        a.run(pyorpc.register_active_object, agile, X)
        assert pyorpc.get_active_object(X, IProbe) is agile


def test_it_is_kept_until_it_is_revoked() -> None:
    with in_apartment(STA):
        before = alive()
        cookie = pyorpc.register_active_object(Probe(), X)
        assert alive() == before + 1
        pyorpc.revoke_active_object(cookie)
        assert alive() == before
        assert found() == HRESULT.MK_E_UNAVAILABLE


def test_it_dies_on_its_own_thread() -> None:
    died_on: list[int] = []

    def register() -> int:
        probe = Probe()
        probe.died_on = died_on.append
        return pyorpc.register_active_object(probe, X)

    with Runtime() as runtime, ApartmentThread(runtime, STA) as a:
        cookie = a.run(register)
        a.run(pyorpc.revoke_active_object, cookie)
        wait_until(lambda: died_on == [a.ident])


def test_pointers_outlive_the_registration() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(MTA):
        cookie = a.run(pyorpc.register_active_object, Probe(), X)
        pointer = pyorpc.get_active_object(X, IProbe)
        a.run(pyorpc.revoke_active_object, cookie)
        assert pointer.Add(1, 2) == 3


def test_only_its_apartment_revokes_it_and_only_once() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        cookie = a.run(pyorpc.register_active_object, Probe(), X)
        revoke = pyorpc.revoke_active_object
        assert b.run(failure_of, revoke, cookie) == HRESULT.RPC_E_WRONG_THREAD
        assert b.run(found) == HRESULT.S_OK
        a.run(revoke, cookie)
        assert a.run(failure_of, revoke, cookie) == HRESULT.E_INVALIDARG
        assert b.run(found) == HRESULT.MK_E_UNAVAILABLE


def test_threads_of_the_mta_share_their_registrations() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        cookie = a.run(pyorpc.register_active_object, Probe(), X)
        b.run(pyorpc.revoke_active_object, cookie)
        assert a.run(found) == HRESULT.MK_E_UNAVAILABLE


def test_leaving_the_apartment_revokes() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as a:
        with runtime.enter_apartment(STA):
            probe = Probe()
            gone = weakref.ref(probe)
            pyorpc.register_active_object(probe, X)
            del probe
        assert gone() is None
        assert a.run(found) == HRESULT.MK_E_UNAVAILABLE


def test_the_first_one_registered_is_found_until_it_is_revoked() -> None:
    with in_apartment(STA):
        probes = [Probe(), Probe()]
        cookies = [pyorpc.register_active_object(probe, X) for probe in probes]
        assert pyorpc.get_active_object(X, IProbe) is probes[0]
        pyorpc.revoke_active_object(cookies[0])
        assert pyorpc.get_active_object(X, IProbe) is probes[1]


def test_the_same_object_may_have_several_registrations() -> None:
    with in_apartment(STA):
        probe = Probe()
        cookies = [pyorpc.register_active_object(probe, clsid) for clsid in (X, X, Y)]
        assert len(set(cookies)) == 3
        pyorpc.revoke_active_object(cookies[0])
        assert pyorpc.get_active_object(X, IProbe) is probe
        assert pyorpc.get_active_object(Y, IProbe) is probe


def test_one_that_was_disconnected_is_passed_over() -> None:
    with in_apartment(STA):
        probes = [Probe(), Probe()]
        cookies = [pyorpc.register_active_object(probe, X) for probe in probes]
        pyorpc.disconnect_object(probes[0])
        assert pyorpc.get_active_object(X, IProbe) is probes[1]
        pyorpc.revoke_active_object(cookies[0])


def test_an_interface_that_it_lacks() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(MTA):
        a.run(pyorpc.register_active_object, Probe(), X)
        asked = (pyorpc.get_active_object, X, pyorpc.IClassFactory)
        assert a.run(failure_of, *asked) == HRESULT.E_NOINTERFACE
        assert failure_of(*asked) == HRESULT.E_NOINTERFACE


def test_a_proxy_may_be_registered_and_stands_for_its_object() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        a.run(pyorpc.register_active_object, Probe(), X)

        def register_again() -> int:
            return pyorpc.register_active_object(pyorpc.get_active_object(X, IProbe), Y)

        cookie = b.run(register_again)
        a.run(lambda: pyorpc.get_active_object(Y, IProbe).Add(0, 0))
        assert not isinstance(a.run(pyorpc.get_active_object, Y, IProbe), InterfaceProxy)
        b.run(pyorpc.revoke_active_object, cookie)
        assert a.run(found, Y) == HRESULT.MK_E_UNAVAILABLE


def test_a_proxy_of_an_object_that_is_gone_is_passed_over() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a:
        with ApartmentThread(runtime, STA) as b:
            b.run(pyorpc.register_active_object, Probe(), X)
            a.run(lambda: pyorpc.register_active_object(pyorpc.get_active_object(X, IProbe), Y))
            assert a.run(found, Y) == HRESULT.S_OK
        assert a.run(found, Y) == HRESULT.MK_E_UNAVAILABLE


def test_a_proxy_of_another_apartment_is_refused() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a, runtime.enter_apartment(MTA):
        a.run(pyorpc.register_active_object, Probe(), X)
        pointer = pyorpc.get_active_object(X, IProbe)
        refused = a.run(failure_of, pyorpc.register_active_object, pointer, Y)
        assert refused == HRESULT.RPC_E_WRONG_THREAD


def test_looking_and_revoking_at_once_gives_the_object_or_says_that_there_is_none() -> None:
    def look() -> set[HRESULT]:
        seen: set[HRESULT] = set()
        while not is_over.is_set():
            seen.add(found())
        return seen

    is_over = threading.Event()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
        ApartmentThread(runtime, STA) as c,
    ):
        looking = [thread.begin(look) for thread in (a, b)]
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            cookie = c.run(pyorpc.register_active_object, Probe(), X)
            c.run(pyorpc.revoke_active_object, cookie)
        is_over.set()
        for task in looking:
            assert task.join() <= {HRESULT.S_OK, HRESULT.MK_E_UNAVAILABLE}
