from __future__ import annotations

import gc
import weakref

import pyorpc
from pyorpc import COINIT, Runtime
from pyorpc.remoting.call_object import CallObject
from tests.support.far_runtime import FarRuntime, two_threads_near
from tests.support.probe_idl import AsyncIProbe
from tests.support.waiting import wait_until


class Counts:
    """A Waker."""

    count = 0

    def wake(self) -> None:
        self.count += 1


def call_object(far: FarRuntime) -> tuple[AsyncIProbe, CallObject]:
    call = pyorpc.create_call(far.pointer(), AsyncIProbe)
    assert isinstance(call, CallObject)
    return call, call


def test_it_is_signalled_from_the_reply_to_finish() -> None:
    with two_threads_near() as (far, _):
        call, made = call_object(far)
        handle = made.wait_handle
        assert handle is made.wait_handle
        for _ in range(2):
            waker = Counts()
            assert not handle.is_signalled
            call.Begin_Add(1, 2)
            handle.subscribe(waker)
            wait_until(lambda: handle.is_signalled)
            wait_until(lambda: waker.count)  # noqa: B023  # called in here
            handle.unsubscribe(waker)
            assert call.Finish_Add() == 3


def test_a_call_that_is_done_already_wakes_at_once() -> None:
    with two_threads_near() as (far, _):
        call, made = call_object(far)
        call.Begin_Add(1, 2)
        wait_until(lambda: made.pending is not None and made.pending.is_done)
        waker = Counts()
        made.wait_handle.subscribe(waker)
        assert waker.count == 1
        assert made.wait_handle.rank > 0
        call.Finish_Add()


def test_ranks_tell_which_call_was_answered_first() -> None:
    with two_threads_near() as (far, _):
        slow, slow_made = call_object(far)
        fast, fast_made = call_object(far)
        slow.Begin_Sleep(0.1)
        fast.Begin_Add(1, 2)
        slow_made.wait_handle.listen()
        fast_made.wait_handle.listen()
        pyorpc.wait_for_multiple_handles([slow_made, fast_made], 5000, pyorpc.COWAIT.WAITALL)
        assert 0 < fast_made.wait_handle.rank < slow_made.wait_handle.rank
        fast.Finish_Add()
        slow.Finish_Sleep()


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


def test_a_handle_does_not_keep_its_call_object() -> None:
    with FarRuntime() as far, Runtime() as near, near.enter_apartment(COINIT.MULTITHREADED):
        call, made = call_object(far)
        handle = made.wait_handle
        call.Begin_Add(1, 2)
        handle.listen()
        gone = weakref.ref(made)
        gc.disable()
        try:
            del call, made
            assert gone() is None
        finally:
            gc.enable()
        assert not handle.is_signalled
