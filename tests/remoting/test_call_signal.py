from __future__ import annotations

import gc
import weakref

import pyorpc
from pyorpc import COINIT, Runtime
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.call_signal import CallSignal
from tests.support.far_runtime import FarRuntime, two_threads_near
from tests.support.gate import Gate
from tests.support.probe import Probe
from tests.support.probe_idl import AsyncIProbe
from tests.support.waiting import DEADLINE_S, wait_until


class Counts:
    """A Waker."""

    count = 0

    def wake(self) -> None:
        self.count += 1


def call_object(far: FarRuntime) -> tuple[AsyncIProbe, CallObject]:
    call = pyorpc.create_call(far.pointer(), AsyncIProbe)
    assert isinstance(call, CallObject)
    return call, call


def test_it_is_set_from_the_reply_to_the_next_begin() -> None:
    with two_threads_near() as (far, _):
        call, made = call_object(far)
        signal = made.signal
        assert signal is made.signal
        assert not signal.is_signalled
        waker = Counts()
        signal.subscribe(waker)
        for calls in (1, 2):
            call.Begin_Sleep(0.05)
            assert not signal.is_signalled
            call.Finish_Sleep()
            wait_until(lambda: waker.count == calls)  # noqa: B023  # called in here
            assert signal.is_signalled


def test_who_asks_late_sees_what_has_become() -> None:
    with two_threads_near() as (far, _):
        call, made = call_object(far)
        call.Begin_Add(1, 2)
        wait_until(lambda: made.pending is not None and made.pending.is_done)
        assert made.signal.is_signalled
        assert made.signal.rank > 0
        call.Finish_Add()
        call, made = call_object(far)
        call.Begin_Add(1, 2)
        call.Finish_Add()
        assert made.signal.is_signalled


def test_ranks_tell_which_call_was_answered_first() -> None:
    with two_threads_near() as (far, _):
        slow, slow_made = call_object(far)
        fast, fast_made = call_object(far)
        signals = [slow_made.signal, fast_made.signal]
        slow.Begin_Sleep(0.1)
        fast.Begin_Add(1, 2)
        pyorpc.wait_for_multiple_handles(signals, 5000, pyorpc.COWAIT.WAITALL)
        assert 0 < fast_made.signal.rank < slow_made.signal.rank
        fast.Finish_Add()
        slow.Finish_Sleep()


class Held(Probe):
    """Echo returns when it may."""

    def Echo(self, text: str) -> str:
        assert self.may_go_on.wait(DEADLINE_S)
        return text


def test_the_late_word_of_a_finished_call_is_not_taken_for_the_next_one() -> None:
    """1. a call is done, and its reader about to say so; 2. it is finished; 3. another is begun."""
    with (
        FarRuntime(probe=Held()) as far,
        Runtime() as near,
        near.enter_apartment(COINIT.MULTITHREADED),
    ):
        call, made = call_object(far)
        signal = made.signal
        with Gate.before(CallSignal, "_heard") as gate:
            call.Begin_Echo("first")
            far.probe.may_go_on.set()
            gate.wait_until_reached()
            assert call.Finish_Echo() == "first"
            assert signal.is_signalled
            far.probe.may_go_on.clear()
            call.Begin_Echo("second")
            waker = Counts()
            signal.subscribe(waker)
            gate.open()
            assert not signal.is_signalled
            far.probe.may_go_on.set()
            assert call.Finish_Echo() == "second"
            wait_until(lambda: waker.count == 1)


def test_who_listened_before_is_told_too() -> None:
    with two_threads_near() as (far, _):
        call, made = call_object(far)
        call.Begin_Sleep(0.05)
        assert made.pending is not None
        told: list[str] = []
        made.pending.on_done = lambda: told.append("first")
        made.pending.listen(lambda: told.append("second"))
        made.pending.listen(forgotten := lambda: told.append("third"))
        made.pending.unlisten(forgotten)
        call.Finish_Sleep()
        assert told == ["first", "second"]


def test_a_signal_does_not_keep_its_call_object() -> None:
    with FarRuntime() as far, Runtime() as near, near.enter_apartment(COINIT.MULTITHREADED):
        call, made = call_object(far)
        signal = made.signal
        call.Begin_Add(1, 2)
        gone = weakref.ref(made)
        gc.disable()
        try:
            del call, made
            assert gone() is None
        finally:
            gc.enable()
        wait_until(lambda: signal.is_signalled)
