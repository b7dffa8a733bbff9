"""The global interface table: what it keeps, and what happens when that goes away."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import INobody, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_cookies_are_never_zero_and_never_used_again() -> None:
    with in_apartment(MTA) as runtime:
        table, probe = runtime.interface_table, Probe()
        cookies: list[int] = []
        for _ in range(5):
            cookies.append(table.RegisterInterfaceInGlobal(probe, IProbe))
            table.RevokeInterfaceFromGlobal(cookies[-1])
        assert 0 not in cookies
        assert len(set(cookies)) == 5
        wait_until(lambda: runtime.exporter.managers() == [], "nothing is kept")


def test_an_interface_that_the_object_lacks_is_refused_and_nothing_is_kept() -> None:
    with in_apartment(MTA) as runtime:
        with pytest.raises(ComError) as refused:
            runtime.interface_table.RegisterInterfaceInGlobal(Probe(), INobody)
        assert refused.value.hresult == HRESULT.E_NOINTERFACE
        assert runtime.exporter.managers() == []


def test_a_registered_proxy_keeps_its_object_in_the_other_process_until_it_is_revoked() -> None:
    with FarRuntime() as far, Runtime() as near, ApartmentThread(near, MTA) as other:
        with near.enter_apartment(STA):
            probe = far.pointer()
            cookie = near.interface_table.RegisterInterfaceInGlobal(probe, IProbe)
            assert pyorpc.release(probe) == 0
        assert far.references() > 0
        pointer = other.run(near.interface_table.GetInterfaceFromGlobal, cookie, IProbe)
        assert other.run(pointer.Add, 1, 2) == 3
        other.run(near.interface_table.RevokeInterfaceFromGlobal, cookie)
        assert other.run(pointer.Add, 3, 4) == 7  # a pointer that was got stays valid
        assert other.run(pyorpc.release, pointer) == 0
        wait_until(lambda: far.references() == 0, "nothing is kept there")


def test_a_cookie_whose_object_is_gone_is_refused_and_can_still_be_revoked() -> None:
    with in_apartment(MTA) as runtime:
        table, probe = runtime.interface_table, Probe()
        cookie = table.RegisterInterfaceInGlobal(probe, IProbe)
        pyorpc.disconnect_object(probe)
        with pytest.raises(ComError) as gone:
            table.GetInterfaceFromGlobal(cookie, IProbe)
        assert gone.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        table.RevokeInterfaceFromGlobal(cookie)


def test_getting_a_pointer_takes_none_of_the_references_that_the_table_holds() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as home:
        probe = Probe()
        cookie = home.run(runtime.interface_table.RegisterInterfaceInGlobal, probe, IProbe)
        with runtime.enter_apartment(MTA):
            for _ in range(20):
                pointer = runtime.interface_table.GetInterfaceFromGlobal(cookie, IProbe)
                assert pointer.Add(1, 2) == 3
                assert pyorpc.release(pointer) == 0
            assert runtime.exporter.manager_of(probe) is not None


def test_a_thread_outside_com_is_refused() -> None:
    with Runtime() as runtime:
        for use in (
            lambda: runtime.interface_table.GetInterfaceFromGlobal(1, IProbe),
            lambda: runtime.interface_table.RevokeInterfaceFromGlobal(1),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult == HRESULT.CO_E_NOTINITIALIZED
