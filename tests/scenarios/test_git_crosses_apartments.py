"""The global interface table: register once, get many times, in every apartment."""

from __future__ import annotations

import gc

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.unknown import IUnknown
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_a_cookie_gives_the_object_at_home_and_proxies_elsewhere() -> None:
    with in_apartment(MTA) as runtime:
        before = alive()
        probes = [Probe()]
        table = pyorpc.global_interface_table()
        cookie = table.RegisterInterfaceInGlobal(probes[0], IProbe)
        assert cookie != 0
        assert table.GetInterfaceFromGlobal(cookie, IProbe) is probes[0]

        def elsewhere() -> int:
            with runtime.enter_apartment(STA):
                pointers = [table.GetInterfaceFromGlobal(cookie, IProbe) for _ in range(100)]
                assert all(pointer is not probes[0] for pointer in pointers)
                assert len({id(pointer) for pointer in pointers}) == 1
                return pointers[0].Add(1, 2)

        assert on_a_thread(elsewhere) == 3
        probes.clear()
        gc.collect()
        assert len(ALIVE) == before + 1  # the table keeps it
        table.RevokeInterfaceFromGlobal(cookie)
        wait_until(lambda: len(ALIVE) == before, "the revoked object is gone")
        for use in (
            lambda: table.GetInterfaceFromGlobal(cookie, IProbe),
            lambda: table.RevokeInterfaceFromGlobal(cookie),
            lambda: table.RevokeInterfaceFromGlobal(12345),
        ):
            with pytest.raises(ComError) as refused:
                use()
            assert refused.value.hresult == HRESULT.E_INVALIDARG


def test_an_agile_reference_resolves_in_every_apartment_and_keeps_the_object() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        before = alive()
        made = pyorpc.unmarshal_interface(far.packet, IProbe).Make()
        assert made is not None
        held = [pyorpc.agile_reference(made, IProbe)]
        assert pyorpc.release(made) == 0
        del made

        def elsewhere() -> int:
            with runtime.enter_apartment(STA):
                return held[0].resolve().Add(2, 3)

        assert on_a_thread(elsewhere) == 5
        assert len(ALIVE) == before + 1
        held.clear()
        wait_until(lambda: len(ALIVE) == before, "the object goes with the agile reference")


def test_an_inter_thread_stream_is_used_once() -> None:
    with in_apartment(STA) as runtime:
        probe = Probe()
        stream = pyorpc.marshal_inter_thread_interface(probe, IProbe)

        def elsewhere() -> int:
            with runtime.enter_apartment(MTA):
                pointer = pyorpc.get_interface_and_release(stream, IProbe)
                with pytest.raises(ComError):
                    pyorpc.get_interface_and_release(stream, IProbe)
                assert isinstance(pointer, IUnknown)
                assert pointer is not probe
                return pyorpc.release(pointer)

        assert on_a_thread(elsewhere) == 0
