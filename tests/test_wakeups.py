"""WAKEUPS counts waits that have ended, and not those that were none."""

from __future__ import annotations

from pyorpc.apartment.waits import ThreadWaiter
from pyorpc.wakeups import WAKEUPS, WakeupCount


def test_a_wait_that_ended_is_one() -> None:
    waiter = ThreadWaiter()
    before = WAKEUPS.count
    waiter.wake()
    waiter.wait(1.0)
    waiter.wait(0.001)
    assert WAKEUPS.count >= before + 2


def test_it_begins_with_none() -> None:
    assert WakeupCount().count == 0
