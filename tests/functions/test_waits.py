"""Waits for handles count against a deadline. (All else about them: WAI.)"""

from __future__ import annotations

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, CallTimeoutError, ComError, Event, ISynchronize
from pyorpc.trio import wait
from tests.support.async_probe import in_trio_apartment
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@pytest.fixture(params=[STA, MTA])
def coinit(request: pytest.FixtureRequest) -> COINIT:
    return COINIT(request.param)


def test_a_wait_ends_when_the_time_of_what_is_around_it_is_over(coinit: COINIT) -> None:
    event = Event()
    with in_apartment(coinit), pyorpc.deadline(0.05):
        with pytest.raises(CallTimeoutError, match="time given") as raised:
            pyorpc.wait_for_multiple_handles([event])
        assert raised.value.hresult == HRESULT.RPC_E_TIMEOUT
        event.set()
        assert pyorpc.wait_for_multiple_handles([event]) == 0  # it need not wait for that


def test_its_own_time_out_says_so_where_it_is_the_sooner(coinit: COINIT) -> None:
    with in_apartment(coinit), pyorpc.deadline(60):
        for timeout_ms in (0, 20):
            with pytest.raises(ComError) as raised:
                pyorpc.wait_for_multiple_handles([Event()], timeout_ms)
            assert raised.value.hresult == HRESULT.RPC_S_CALLPENDING


def test_outside_com_it_is_the_same() -> None:
    with pyorpc.deadline(0.05), pytest.raises(CallTimeoutError):
        pyorpc.wait_for_multiple_handles([Event()])


def test_the_wait_of_an_event_object_inside_a_call_has_what_is_left_of_the_callers_time(
    coinit: COINIT,
) -> None:
    found: list[HRESULT] = []

    class Waits(Probe):
        def Echo(self, text: str) -> str:
            event = pyorpc.create_instance(pyorpc.CLSID_ManualResetEvent, ISynchronize)
            try:
                event.Wait(0, 60_000)
            except CallTimeoutError as error:
                found.append(error.hresult)
                raise
            return text

    with in_apartment(STA) as runtime, ProbeThread(runtime, coinit, Waits()) as thread:
        probe = pyorpc.unmarshal_interface(thread.packet, IProbe)
        with pytest.raises(CallTimeoutError), pyorpc.deadline(0.1):
            probe.Echo("")
        assert probe.Add(1, 2) == 3  # after it
    assert found == [HRESULT.RPC_E_TIMEOUT]


async def test_an_awaited_wait_is_bounded_as_well() -> None:
    event = Event()
    async with in_trio_apartment():
        with pyorpc.deadline(0.05), pytest.raises(CallTimeoutError):
            await wait(event)
        event.set()
        with trio.fail_after(10):
            await wait(event)
