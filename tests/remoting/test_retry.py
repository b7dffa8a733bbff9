"""Idempotent calls whose connection breaks are made once more; no others are. (Filters: FLT.)

A refused call that waits for its next try can be cancelled.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    SERVERCALL,
    CallCanceledError,
    ComError,
    DisconnectedError,
    Runtime,
)
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.retry import Pause
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.filters import ScriptedFilter, register
from tests.support.gate import Gate
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.recorder import Recorder
from tests.support.recorder_idl import IRecorder
from tests.support.tcp_relay import TcpRelay
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@dataclass
class Setting:
    """A recorder behind a relay, whose first Count stops at the gate; a caller."""

    recorder: Recorder
    relay: TcpRelay
    gate: Gate
    caller: ApartmentThread
    pointer: IRecorder


@contextmanager
def behind_a_relay(coinit: COINIT) -> Generator[Setting]:
    recorder, gate = Recorder(), Gate()
    recorder.gate = gate
    with (
        Runtime(insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        ApartmentThread(far, MTA) as home,
        Runtime(insecure=True) as near,
        ApartmentThread(near, coinit) as caller,
    ):
        packet = home.run(pyorpc.marshal_interface, recorder, IRecorder)
        with TcpRelay.to_apartment_of(unpack(packet)) as relay:
            pointer = caller.run(pyorpc.unmarshal_interface, relay.packet, IRecorder)
            try:
                yield Setting(recorder, relay, gate, caller, pointer)
            finally:
                gate.open()
                caller.run(pyorpc.release, pointer)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_an_idempotent_call_is_made_once_more_where_its_connection_broke(coinit: COINIT) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.Count)
        here.gate.wait_until_reached()  # 1. the method has begun
        here.relay.cut()  # 2. the connection breaks; both processes live
        assert call.join() == 2  # 3. a second call went over a new one


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_no_other_call_is(coinit: COINIT) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.CountOnce)
        here.gate.wait_until_reached()
        here.relay.cut()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert here.recorder.times == 1


def test_nor_an_idempotent_one_that_passes_a_pointer() -> None:
    with behind_a_relay(MTA) as here:
        call = here.caller.begin(here.pointer.CountWith, Probe())
        here.gate.wait_until_reached()
        here.relay.cut()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert here.recorder.times == 1


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_where_the_second_cannot_be_sent_either_the_first_may_still_have_run(
    coinit: COINIT,
) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.Count)
        here.gate.wait_until_reached()
        here.relay.refuse()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert "tried again" in lost.value.description
        assert here.recorder.times == 1


def test_it_is_made_once_more_and_not_twice() -> None:
    with behind_a_relay(MTA) as here:
        recorder, relay = here.recorder, here.relay
        inner, recorder.gate = recorder.gate, None
        assert inner is not None

        def count() -> int:
            recorder.times += 1
            relay.cut()
            inner.stop_here()
            return recorder.times

        recorder.Count = count  # type: ignore[method-assign]  # both tries lose their connection
        with pytest.raises(DisconnectedError) as lost:
            here.caller.run(here.pointer.Count)
        assert lost.value.executed == "unknown"
        assert recorder.times == 2


def a_refused_call(near: ApartmentThread, pointer: IProbe, *, is_enabled: bool) -> Task:
    """It is tried again in a minute. Returns once it waits for that."""
    patient = ScriptedFilter(retry=[60_000])
    near.run(register, patient)
    if is_enabled:
        near.run(pyorpc.enable_call_cancellation)
    call = near.begin(pointer.Add, 1, 2)
    wait_until(lambda: patient.asked["retry"], "it was refused")
    wait_until(lambda: cancel_object_of(near) is not None, "it waits for its next try")
    return call


def cancel_object_of(near: ApartmentThread) -> pyorpc.ICancelMethodCalls | None:
    try:
        return pyorpc.get_cancel_object(near.ident)
    except ComError:
        return None


@contextmanager
def a_busy_callee() -> Generator[tuple[ApartmentThread, IProbe, ScriptedFilter]]:
    """A caller's STA, its pointer, and the filter that says RETRYLATER; this thread is beside."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as far,
        ApartmentThread(runtime, STA) as near,
        runtime.enter_apartment(MTA),
    ):
        busy = ScriptedFilter(handle=[SERVERCALL.RETRYLATER, SERVERCALL.ISHANDLED])
        far.run(register, busy)
        packet = far.run(pyorpc.marshal_interface, Probe(), IProbe)
        yield near, near.run(pyorpc.unmarshal_interface, packet, IProbe), busy


@pytest.mark.parametrize("seconds", [0, 5])
def test_a_call_that_waits_for_its_next_try_is_cancelled_and_never_starts(seconds: int) -> None:
    with a_busy_callee() as (near, pointer, busy):
        call = a_refused_call(near, pointer, is_enabled=True)
        cancel = pyorpc.get_cancel_object(near.ident)
        assert cancel.TestCancel() == HRESULT.RPC_S_CALLPENDING
        assert cancel.Cancel(-1) == HRESULT.E_INVALIDARG
        assert cancel.Cancel(seconds) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as cancelled:
            call.join()
        assert (cancelled.value.executed, cancelled.value.outcome) == ("no", "not started")
        assert cancel.Cancel(0) == cancel.TestCancel() == HRESULT.RPC_E_CALL_CANCELED
        assert len(busy.asked["handle"]) == 1
        assert near.run(pointer.Add, 1, 2) == 3
        assert cancel_object_of(near) is None


def test_but_not_where_its_thread_has_not_enabled_cancellation() -> None:
    with a_busy_callee() as (near, pointer, _):
        call = a_refused_call(near, pointer, is_enabled=False)
        assert pyorpc.cancel_call(near.ident) == HRESULT.CO_E_CANCEL_DISABLED
        assert not call.wait(0.05)
        pyorpc.send_work(near.ident, pyorpc.enable_call_cancellation)  # the STA serves it
        assert pyorpc.cancel_call(near.ident) == HRESULT.S_OK
        with pytest.raises(CallCanceledError):
            call.join()


def test_a_cancel_that_comes_after_the_wait_finds_it_over() -> None:
    pause = Pause("IFoo.Bar", 0, 0.0, lambda: None)
    pause.end()  # 1. the time is over, and the call is made again
    state = thread_state()
    assert pause.test() == HRESULT.RPC_E_CALL_COMPLETE
    assert pause.cancel(0, state) == HRESULT.RPC_E_CALL_COMPLETE  # 2. too late
    pause = Pause("IFoo.Bar", 0, 0.0, lambda: None)
    assert pause.cancel(0, state) == HRESULT.S_OK  # the other way round
    with pytest.raises(CallCanceledError, match=r"IFoo\.Bar was cancelled"):
        pause.end()
