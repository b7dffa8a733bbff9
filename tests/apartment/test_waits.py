"""A thread without sockets waits for a wake-up, and misses none."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

from pyorpc.apartment.waits import ThreadWaiter
from tests.support.gate import Gate
from tests.support.work import Flag, Running


def test_what_is_done_is_not_waited_for() -> None:
    done = Flag()
    done.is_done = True
    assert ThreadWaiter().wait_for(done, 0)
    assert ThreadWaiter().wait_reading(done, 0, lambda: None)


def test_a_wait_ends_when_time_has_run_out() -> None:
    waiter, started = ThreadWaiter(), time.monotonic()
    assert not waiter.wait_for(Flag(), 0.03)
    assert not waiter.wait_reading(Flag(), 0.03, lambda: None)
    assert time.monotonic() - started >= 0.06


def test_a_wait_ends_when_its_completer_wakes_it() -> None:
    waiter, what = ThreadWaiter(), Flag()
    waiting = Running(waiter.wait_for, what, None)
    what.is_done = True
    waiter.wake()
    assert waiting.join() is True


def test_a_wake_up_for_something_else_does_not_end_a_wait() -> None:
    waiter, what = ThreadWaiter(), Flag()
    for _ in range(3):
        waiter.wake()
    assert not waiter.wait_for(what, 0.03)


def test_a_wake_up_between_the_look_and_the_wait_is_not_lost() -> None:
    looked = Gate("between the look and the wait")

    class Slow:
        """Says `no` from before the gate, then `yes`."""

        answers = iter([False, True])

        @property
        def is_done(self) -> bool:
            answer = next(self.answers)
            if not answer:
                looked.stop_here()
            return answer

    waiter = ThreadWaiter()
    waiting = Running(waiter.wait_for, Slow(), None)
    looked.wait_until_reached()  # 1. the waiter has seen that it is not done
    waiter.wake()  # 2. it is done; the wake-up finds nobody waiting yet
    looked.open()  # 3. the waiter goes to wait
    assert waiting.join() is True


def test_wait_returns_at_every_wake_up() -> None:
    waiter = ThreadWaiter()
    waiter.wake()
    waiter.wait(None)
    waiting = Running(waiter.wait, None)
    waiter.wake()
    waiting.join()
    waiter.wait(0)


def test_a_wait_that_reads_serves_another_descriptor_meanwhile() -> None:
    waiter, what = ThreadWaiter(), Flag()
    reader, writer = os.pipe()
    got: list[bytes] = []

    def read() -> None:
        got.append(os.read(reader, 1))
        what.is_done = len(got) == 2

    try:
        waiter.also_watch(reader)
        waiting = Running(waiter.wait_reading, what, 10.0, read)
        os.write(writer, b"ab")
        assert waiting.join() is True
        assert got == [b"a", b"b"]
        waiter.unwatch(reader)
        os.write(writer, b"c")
        assert not waiter.wait_reading(Flag(), 0.02, read)
    finally:
        os.close(reader)
        os.close(writer)


def test_a_waiter_gives_its_descriptors_back() -> None:
    def open_descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    gc.collect()
    before = open_descriptors()
    waiters = [ThreadWaiter() for _ in range(10)]
    assert open_descriptors() == before + 20
    waiters.clear()
    assert open_descriptors() == before


def test_many_wake_ups_of_many_threads_lose_none() -> None:
    waiter, passed = ThreadWaiter(), threading.Semaphore(0)

    class Passed:
        @property
        def is_done(self) -> bool:
            return passed.acquire(blocking=False)

    def wake_often() -> None:
        for _ in range(500):
            passed.release()
            waiter.wake()

    wakers = [Running(wake_often) for _ in range(2)]
    for _ in range(1000):
        assert waiter.wait_for(Passed(), 10.0)
    for waker in wakers:
        waker.join()
