from __future__ import annotations

import itertools
import os
import select
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from pyorpc import Event
from pyorpc.apartment.apcs import WAIT_IO_COMPLETION, Apcs
from pyorpc.apartment.descriptor import Descriptor
from pyorpc.apartment.handle import Choice, all_of, any_of
from pyorpc.apartment.handle_wait import HandleWait


class Waiter:
    """Knows whether a waiting thread would be woken now."""

    def __init__(self) -> None:
        self._is_woken = False
        self._watched: set[int] = set()

    def wake(self) -> None:
        self._is_woken = True

    def watch(self, descriptor: int, _: Callable[[], None]) -> None:
        self._watched.add(descriptor)

    def unwatch(self, descriptor: int) -> None:
        self._watched.discard(descriptor)

    def take_wake(self) -> bool:
        was_woken, self._is_woken = self._is_woken, False
        return was_woken or bool(select.select(self._watched, [], [], 0)[0])


@contextmanager
def pipes(count: int) -> Generator[list[tuple[BinaryIO, BinaryIO]]]:
    made: list[tuple[BinaryIO, BinaryIO]] = []
    for _ in range(count):
        reading, writing = os.pipe()
        made.append((os.fdopen(reading, "rb", 0), os.fdopen(writing, "wb", 0)))
    try:
        yield made
    finally:
        for source, sink in made:
            source.close()
            sink.close()


# Each step makes a pipe readable, or empties it, or sets or resets the event.
STEPS = ["fill 0", "empty 0", "fill 1", "empty 1", "set", "reset"]


class Scene:
    """Two pipes and an event, and how many of them are signalled."""

    def __init__(self, made: list[tuple[BinaryIO, BinaryIO]]) -> None:
        self._pipes = made
        self._event = Event(manual_reset=True)
        self._are_full = [False, False]
        self.handles = [*(Descriptor(source) for source, _ in made), self._event]

    def do(self, step: str) -> None:
        what, _, which = step.partition(" ")
        if what in ("set", "reset"):
            self._event.set() if what == "set" else self._event.reset()
            return
        index = int(which)
        source, sink = self._pipes[index]
        if what == "fill":
            sink.write(b"x")
        elif self._are_full[index]:
            source.read(1)
        self._are_full[index] = what == "fill"

    def is_due(self, choose: Choice) -> bool:
        signalled = [*self._are_full, self._event.is_signalled]
        return any(signalled) if choose is any_of else all(signalled)


@pytest.mark.parametrize("choose", [any_of, all_of])
def test_a_wait_is_woken_whenever_it_would_succeed_and_sleeps_else(choose: Choice) -> None:
    """After each step of every order of steps: the thread looks only if it was woken."""
    for steps in itertools.permutations(STEPS, 4):
        with pipes(2) as made:
            wait_through(Scene(made), steps, choose)


def wait_through(scene: Scene, steps: tuple[str, ...], choose: Choice) -> None:
    waiter = Waiter()
    wait = HandleWait(scene.handles, choose)
    with wait.subscribed(waiter, waiter.watch, waiter.unwatch):
        assert not wait.is_done
        for step in steps:
            scene.do(step)
            is_done = waiter.take_wake() and wait.is_done
            assert is_done == scene.is_due(choose), (steps, step)
            if is_done:
                return
        # Nothing more happens: the thread sleeps, it does not spin.
        waiter.take_wake()
        assert not wait.is_done
        assert not waiter.take_wake(), steps


def test_a_thread_is_left_alone_once_it_waits_no_more() -> None:
    event, waiter = Event(), Waiter()
    with pipes(1) as [(source, sink)]:
        wait = HandleWait([event, Descriptor(source)], any_of)
        with wait.subscribed(waiter, waiter.watch, waiter.unwatch):
            assert not wait.is_done
        event.set()
        sink.write(b"x")
        assert not waiter.take_wake()


def test_what_was_taken_stays_taken() -> None:
    event = Event(initial=True)
    wait = HandleWait([event], any_of)
    assert wait.is_done
    event.set()
    assert wait.is_done
    assert event.is_signalled  # the second signal is for the next wait
    assert wait.index == 0


def test_apcs_end_a_wait_where_no_handle_does() -> None:
    apcs, event, waiter = Apcs(), Event(), Waiter()
    wait = HandleWait([event], any_of, apcs)
    with wait.subscribed(waiter, waiter.watch, waiter.unwatch):
        assert not wait.is_done
        apcs.put(int, ())
        assert waiter.take_wake()
        assert wait.is_done
    assert wait.index == WAIT_IO_COMPLETION
    event.set()
    assert HandleWait([event], any_of, apcs).is_done
