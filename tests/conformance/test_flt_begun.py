"""FLT: what message filters have to do with calls that nobody waits in."""

from __future__ import annotations

import threading

import pyorpc
from pyorpc import CALLTYPE, COINIT, HRESULT, SERVERCALL, ComError, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.async_probe import in_trio_apartment
from tests.support.far_runtime import FarRuntime
from tests.support.filters import ScriptedFilter, register
from tests.support.probe import Probe
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeAwaitable
from tests.support.waiting import DEADLINE_S, wait_until

STA = COINIT.APARTMENTTHREADED


class Busy(Probe):
    """Stays in Sleep until it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.may_go_on = threading.Event(), threading.Event()

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(seconds)


async def test_FLT_an_awaited_call_is_an_asynchronous_one_and_is_not_refused() -> None:
    theirs = ScriptedFilter(handle=(SERVERCALL.REJECTED,))
    with FarRuntime(STA) as far:
        far.thread.run(register, theirs)
        async with in_trio_apartment():
            awaitable = IProbeAwaitable(far.pointer())
            assert await awaitable.Add(1, 2) == 3
    assert theirs.call_types() == [CALLTYPE.ASYNC]


def test_FLT_a_begun_call_that_a_full_queue_refuses_is_not_tried_again() -> None:
    probe = Busy()
    ours = ScriptedFilter(retry=(0,))  # it would try at once, and for ever

    def begin_many(packet: bytes) -> list[ComError]:
        register(ours)
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        calls = [pyorpc.create_call(pointer, AsyncIProbe) for _ in range(50)]
        calls[0].Begin_Sleep(DEADLINE_S)
        assert probe.started.wait(DEADLINE_S)
        for call in calls[1:]:
            call.Begin_Add(1, 2)
        probe.may_go_on.set()
        calls[0].Finish_Sleep()
        refused = [error for call in calls[1:] if (error := refusal_of(call)) is not None]
        register(None)
        return refused

    with FarRuntime(STA, probe, max_queue=1) as far, Runtime() as near:
        packet = far.packet()
        with ApartmentThread(near, STA) as caller:
            refused = caller.run(begin_many, packet)
        wait_until(lambda: far.runtime.table.incoming == {}, "all calls are answered")
    assert refused
    for error in refused:
        assert (error.hresult, error.executed) == (HRESULT.RPC_E_SERVERCALL_RETRYLATER, "no")
    assert ours.asked["retry"] == []


def refusal_of(call: AsyncIProbe) -> ComError | None:
    try:
        assert call.Finish_Add() == 3
    except ComError as error:
        return error
    return None
