from __future__ import annotations

import signal
import threading
from types import FrameType

import pyorpc
from pyorpc import Event
from pyorpc.apartment.handle import any_of, take
from pyorpc.apartment.waits import ThreadWaiter
from tests.support.gate import Gate


def test_an_auto_reset_event_gives_its_signal_once() -> None:
    event = Event()
    event.set()
    event.set()
    assert [take([event], any_of) for _ in range(2)] == [0, None]


def test_a_manual_reset_event_gives_it_until_it_is_reset() -> None:
    event = Event(True, True)
    assert [take([event], any_of) for _ in range(2)] == [0, 0]
    event.reset()
    assert take([event], any_of) is None
    assert repr(event) == "<Event manual reset, not set>"


def test_a_signal_between_the_look_and_the_wait_is_not_lost() -> None:
    """1. a thread has looked and is about to wait; 2. the event is set; 3. it goes on."""
    event = Event()
    results: list[int] = []
    with Gate.before(ThreadWaiter, "wait_reading") as gate:
        waiting = threading.Thread(
            target=lambda: results.append(pyorpc.wait_for_multiple_handles([event], 5000))
        )
        waiting.start()
        gate.wait_until_reached()
        event.set()
        gate.open()
        waiting.join(5)
    assert results == [0]


def test_as_many_waits_succeed_as_there_are_signals() -> None:
    event = Event()
    taken: list[int] = []

    def takes() -> None:
        for _ in range(50):
            taken.append(pyorpc.wait_for_multiple_handles([event], 5000))
            given.release()

    given = threading.Semaphore(0)
    threads = [threading.Thread(target=takes) for _ in range(4)]
    for each in threads:
        each.start()
    for _ in range(200):
        event.set()
        assert given.acquire(timeout=5)  # each signal wakes one, whoever else was woken
    for each in threads:
        each.join(5)
    assert len(taken) == 200
    assert not event.is_signalled


def test_a_signal_handler_may_set_what_its_thread_waits_for() -> None:
    event = Event()

    def handle(number: int, frame: FrameType | None) -> None:
        event.set()

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        ident = threading.get_ident()
        timer = threading.Timer(0.05, signal.pthread_kill, (ident, signal.SIGUSR1))
        timer.start()
        assert pyorpc.wait_for_multiple_handles([event], 5000) == 0
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
