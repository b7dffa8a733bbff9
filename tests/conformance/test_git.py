"""GIT: the global interface table."""

from __future__ import annotations

import gc
from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.remoting.proxy import InterfaceProxy
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def register(probe: Any) -> int:
    return pyorpc.global_interface_table().RegisterInterfaceInGlobal(probe, IProbe)


def register_new() -> int:
    """A probe that nobody else holds."""
    return register(Probe())


def get(cookie: int) -> IProbe:
    return pyorpc.global_interface_table().GetInterfaceFromGlobal(cookie, IProbe)


def revoke(cookie: int) -> None:
    pyorpc.global_interface_table().RevokeInterfaceFromGlobal(cookie)


def test_GIT_01_register() -> None:
    with in_apartment(STA):
        before = alive()
        cookie = register_new()
        assert cookie != 0
        assert alive() == before + 1
        assert failure_of(register, None) == HRESULT.E_INVALIDARG
        table = pyorpc.global_interface_table()
        assert pyorpc.release(table) == 1
        assert pyorpc.release(table) == 1
        assert isinstance(get(cookie), Probe)


def test_GIT_02_get_from_anywhere_in_the_process() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
        ApartmentThread(runtime, MTA) as c,
    ):
        cookie = a.run(register_new)

        def get_and_call() -> tuple[bool, int]:
            pointer = get(cookie)
            is_raw, ident = not isinstance(pointer, InterfaceProxy), pointer.ThreadId()
            pyorpc.release(pointer)
            return is_raw, ident

        for _ in range(100):
            assert a.run(get_and_call) == (True, a.ident)
            assert b.run(get_and_call) == (False, a.ident)
            assert c.run(get_and_call) == (False, a.ident)


def get_outside_com(test: Parent) -> None:
    """In a fresh process: the table is at hand, its thread is gone from COM."""
    with pyorpc.enter_apartment(STA):
        table = pyorpc.global_interface_table()
    try:
        table.GetInterfaceFromGlobal(1, IProbe)
    except ComError as error:
        test.send(int(error.hresult))
    with pyorpc.enter_apartment(STA):
        cookie = register_new()
        test.send(get(cookie).Add(1, 2))


def test_GIT_04_get_outside_com(spawn: Spawn) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as a:
        cookie = a.run(register_new)
        table = a.run(pyorpc.global_interface_table)
        outside = failure_of(table.GetInterfaceFromGlobal, cookie, IProbe)
        assert outside == HRESULT.CO_E_NOTINITIALIZED
        with runtime.enter_apartment(STA):
            assert table.GetInterfaceFromGlobal(cookie, IProbe).Add(1, 2) == 3
    child = spawn(get_outside_com)
    assert child.receive() == HRESULT.CO_E_NOTINITIALIZED
    assert child.receive() == 3
    assert child.join() == 0


def test_GIT_05_revoke() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        before = alive()
        cookie = a.run(register_new)
        pointer = b.run(get, cookie)
        b.run(revoke, cookie)
        assert a.run(failure_of, get, cookie) == HRESULT.E_INVALIDARG
        assert b.run(failure_of, get, cookie) == HRESULT.E_INVALIDARG
        assert b.run(failure_of, revoke, cookie) == HRESULT.E_INVALIDARG
        assert b.run(failure_of, revoke, 4711) == HRESULT.E_INVALIDARG
        assert b.run(pointer.Add, 1, 2) == 3
        assert alive() == before + 1
        assert b.run(pyorpc.release, pointer) == 0
        gc.collect()
        wait_until(lambda: alive() == before, "the table's reference is gone")


def test_an_entry_is_good_for_every_interface_and_goes_with_its_apartment() -> None:
    def get_more(cookie: int) -> IProbeMore:
        return pyorpc.global_interface_table().GetInterfaceFromGlobal(cookie, IProbeMore)

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as b,
        ApartmentThread(runtime, MTA) as c,
    ):
        before = alive()
        with ApartmentThread(runtime, STA) as a:
            cookie = a.run(register_new)
            assert b.run(b.run(get_more, cookie).Log) == ""
            # From a proxy, the entry names the object: at home it is the object itself.
            through = b.run(register, b.run(get, cookie))
            assert a.run(lambda: isinstance(get(through), Probe))
            a.run(revoke, cookie)
            pointer = c.run(get, through)
            assert c.run(pointer.ThreadId) == a.ident
        assert alive() == before
        assert c.run(failure_of, get, through) == HRESULT.CO_E_OBJNOTCONNECTED
        c.run(revoke, through)
        assert c.run(failure_of, revoke, through) == HRESULT.E_INVALIDARG


def test_an_entry_of_another_processs_object_serves_all_apartments() -> None:
    with (
        FarRuntime() as far,
        Runtime() as near,
        ApartmentThread(near, STA) as a,
        ApartmentThread(near, MTA) as b,
    ):
        pointer = a.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
        cookie = a.run(register, a.run(pointer.QueryInterface, pyorpc.IMultiQI))
        a.run(pyorpc.release, pointer)
        for thread in (a, b):
            found = thread.run(get, cookie)
            assert thread.run(found.Add, 1, 2) == 3
            thread.run(pyorpc.release, found)
        b.run(revoke, cookie)
        wait_until(lambda: far.references() == 0, "the table's references are given back")
