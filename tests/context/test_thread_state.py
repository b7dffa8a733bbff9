"""Every thread has a state of its own, and its end is noticed."""

from __future__ import annotations

import threading

from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT
from tests.support.waiting import wait_until
from tests.support.work import Flag, Running


def test_a_thread_has_one_state_and_no_other_thread_has_it() -> None:
    mine = thread_state()
    assert thread_state() is mine
    assert mine.thread_id == threading.get_ident()
    theirs = Running(thread_state).join()
    assert theirs is not mine
    assert theirs.thread_id != mine.thread_id


def test_a_new_thread_is_outside_com() -> None:
    state = ThreadState()
    assert (state.runtime, state.apartment, state.home, state.context) == (None, None, None, None)
    assert (state.incoming, state.outgoing, state.init_count) == (None, [], 0)
    flags = (state.is_implicit, state.is_pool_thread, state.is_input_synchronous)
    assert flags == (False, False, False)
    assert state.last_hresult is HRESULT.S_OK
    assert state.cancel_enabled == 0


def test_a_thread_keeps_its_causality() -> None:
    state = ThreadState()
    assert state.causality is None
    causality = state.own_causality()
    assert causality
    assert state.own_causality() is causality
    assert ThreadState().own_causality() != causality


def test_a_thread_keeps_its_waiter() -> None:
    state, what = ThreadState(), Flag()
    waiter = state.waiter
    assert state.waiter is waiter
    assert not waiter.wait_for(what, 0)


def test_a_thread_that_leaves_is_outside_com_again() -> None:
    state = ThreadState()
    causality = state.own_causality()
    state.runtime = state.home = state.apartment = state.context = object()  # type: ignore[assignment]
    state.on_thread_end = Ended()
    state.init_count, state.is_implicit, state.is_pool_thread = 2, True, True
    state.leave()
    assert (state.runtime, state.home, state.apartment, state.context) == (None, None, None, None)
    assert state.on_thread_end is None
    assert (state.init_count, state.is_implicit, state.is_pool_thread) == (0, False, False)
    # Its next calls are another logical thread's.
    assert state.own_causality() != causality


class Ended:
    """Notes the ends of threads, on which thread it is told of them."""

    def __init__(self) -> None:
        self.told: list[tuple[ThreadState, int]] = []

    def __call__(self, state: ThreadState) -> None:
        self.told.append((state, threading.get_ident()))


def test_the_end_of_a_thread_is_told_once_and_on_that_thread() -> None:
    ended = Ended()
    states: list[ThreadState] = []

    def live() -> None:
        states.append(thread_state())
        states[0].on_thread_end = ended

    Running(live).join()
    wait_until(lambda: ended.told)
    assert ended.told == [(states[0], states[0].thread_id)]


def test_the_end_is_told_also_of_a_thread_that_raised() -> None:
    ended = Ended()

    def fail() -> None:
        thread_state().on_thread_end = ended
        raise ZeroDivisionError

    failing = Running(fail)
    failing.thread.join()
    wait_until(lambda: ended.told)
    assert len(ended.told) == 1


def test_the_end_of_a_thread_that_has_left_is_told_to_nobody() -> None:
    ended = Ended()

    def live() -> None:
        thread_state().on_thread_end = ended
        thread_state().leave()

    Running(live).join()
    assert ended.told == []


def test_who_is_told_may_ask_for_the_threads_state() -> None:
    """Cleaning up runs the same code as ever, which begins with thread_state()."""
    seen: list[ThreadState] = []

    def clean_up(state: ThreadState) -> None:
        seen.extend([state, thread_state()])

    def live() -> None:
        thread_state().on_thread_end = clean_up

    Running(live).join()
    wait_until(lambda: len(seen) == 2)
    assert {state.thread_id for state in seen} == {seen[0].thread_id}
