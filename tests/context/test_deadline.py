"""What is left of a thread's time."""

from __future__ import annotations

import threading
import time

import pytest

from pyorpc.context.deadline import LONGEST_S, left_s, refuse_spent, sooner, within
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, CallTimeoutError


def test_of_nested_deadlines_the_smaller_counts_and_the_outer_one_comes_back() -> None:
    state = thread_state()
    with within(100, state):
        outer = state.deadline
        with within(1, state):
            assert 0 < (left_s(state.deadline) or 0) <= 1
        with within(1000, state):
            assert state.deadline == outer
        assert state.deadline == outer
    assert state.deadline is None


def test_an_exception_leaves_no_deadline_behind() -> None:
    with pytest.raises(KeyError), within(1, thread_state()):
        raise KeyError
    assert thread_state().deadline is None


def test_a_time_longer_than_any_wait_is_no_deadline() -> None:
    for seconds in (LONGEST_S, float("inf")):
        with within(seconds, thread_state()):
            assert thread_state().deadline is None


def test_it_is_this_threads_alone() -> None:
    seen: list[float | None] = []
    with within(1, thread_state()):
        other = threading.Thread(target=lambda: seen.append(thread_state().deadline))
        other.start()
        other.join()
    assert seen == [None]


def test_what_is_left_is_never_less_than_nothing() -> None:
    assert left_s(None) is None
    assert left_s(time.monotonic() - 1) == 0


def test_the_sooner_of_a_time_out_and_a_deadline() -> None:
    later = time.monotonic() + 100
    assert sooner(None, None) is None
    assert sooner(3, None) == 3
    assert sooner(3, later) == 3
    assert 90 < (sooner(None, later) or 0) <= 100
    assert sooner(3, time.monotonic()) == 0


def test_what_has_not_begun_is_refused_once_time_is_over() -> None:
    refuse_spent(time.monotonic() + 10, "a call")
    with pytest.raises(CallTimeoutError, match="a call") as late:
        refuse_spent(time.monotonic(), "a call")
    assert (late.value.hresult, late.value.executed) == (HRESULT.RPC_E_TIMEOUT, "no")
