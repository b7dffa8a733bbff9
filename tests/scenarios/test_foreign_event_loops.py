"""An STA in another event loop: apartment_fileno() is readable while there is something to do."""

from __future__ import annotations

import asyncio
import select
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

import pyorpc
from pyorpc import COINIT, Runtime
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.gate import Gate
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.recorder import Recorder
from tests.support.recorder_idl import IRecorder
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
MESSAGES = 10_000
SENDERS = 4
Until = Callable[[Callable[[], bool]], None]


def run_asyncio(is_done: Callable[[], bool]) -> None:
    """asyncio's loop, which is level-triggered, serves this thread's STA."""

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def serve() -> None:
            pyorpc.pump_waiting_messages()
            if is_done():
                done.set()

        descriptor = pyorpc.apartment_fileno()
        loop.add_reader(descriptor, serve)
        loop.call_soon(serve)  # what came before
        try:
            await asyncio.wait_for(done.wait(), DEADLINE_S)
        finally:
            loop.remove_reader(descriptor)

    asyncio.run(main())


def run_edge_triggered(is_done: Callable[[], bool]) -> None:
    """A loop that is told once of each change."""
    with select.epoll() as loop:
        loop.register(pyorpc.apartment_fileno(), select.EPOLLIN | select.EPOLLET)
        give_up_at = time.monotonic() + DEADLINE_S
        pyorpc.pump_waiting_messages()
        while not is_done():
            assert loop.poll(give_up_at - time.monotonic()), "a wake-up was lost"
            pyorpc.pump_waiting_messages()


both_loops = pytest.mark.parametrize("run_until", [run_asyncio, run_edge_triggered])


@contextmanager
def senders(runtime: Runtime, recorder: Recorder) -> Generator[list[Task]]:
    """Threads of `runtime` that each send their part of the messages to this thread's STA."""
    threads = [ApartmentThread(runtime, coinit) for coinit in (STA, MTA) * (SENDERS // 2)]
    packets = [pyorpc.marshal_interface(recorder, IRecorder) for _ in threads]

    def send(packet: bytes, who: int) -> None:
        pointer = pyorpc.unmarshal_interface(packet, IRecorder)
        for number in range(MESSAGES // SENDERS):
            if number % 100 == 0:
                pointer.Note(who, number)
            else:
                pointer.Tell(who, number, 0, b"")
        pointer.Note(who, -1)

    try:
        yield [
            thread.begin(send, packet, who)
            for who, (thread, packet) in enumerate(zip(threads, packets, strict=True))
        ]
    finally:
        for thread in threads:
            thread.close()


@both_loops
@pytest.mark.parametrize("is_far", [True, False])
def test_no_wake_up_is_lost_among_ten_thousand_messages(run_until: Until, is_far: bool) -> None:
    with in_apartment(STA) as near, Runtime() as far:
        recorder = Recorder()
        with senders(far if is_far else near, recorder) as tasks:
            run_until(lambda: len(recorder.heard) == MESSAGES + SENDERS)
            for task in tasks:
                task.join()
        assert recorder.threads == {threading.get_ident()}
        for who in range(SENDERS):
            numbers = [number for each, number in recorder.heard if each == who]
            assert numbers == [*range(MESSAGES // SENDERS), -1]


@both_loops
def test_a_loop_that_calls_others_itself_misses_nothing(run_until: Until) -> None:
    with in_apartment(STA), Runtime() as far, ApartmentThread(far, MTA) as home:
        probe = Probe()
        packet = home.run(pyorpc.marshal_interface, probe, IProbe)
        other = pyorpc.unmarshal_interface(packet, IProbe)
        recorder = Recorder()
        own = threading.get_ident()
        rounds: list[int] = []

        def next_round() -> bool:
            """Outside the pump: a call of its own, which takes others' messages off the socket."""
            rounds.append(other.Add(1, len(rounds)))
            if len(rounds) % 10 == 0:
                pyorpc.post_work(own, rounds.__len__)  # from the STA's own thread
            return len(recorder.heard) == MESSAGES + SENDERS

        with senders(far, recorder) as tasks:
            run_until(next_round)
            for task in tasks:
                task.join()


@both_loops
def test_what_the_thread_posts_to_itself_wakes_its_loop(run_until: Until) -> None:
    with in_apartment(STA):
        done: list[int] = []
        own = threading.get_ident()
        pyorpc.post_work(own, done.append, 1)  # before the loop watches

        def post_again() -> bool:
            if len(done) < 5:
                pyorpc.post_work(own, done.append, 1)
            return len(done) == 5

        run_until(post_again)


@both_loops
def test_a_call_that_was_held_runs_when_the_loop_comes_to_it(run_until: Until) -> None:
    with in_apartment(STA), Runtime() as far, ApartmentThread(far, MTA) as home:
        recorder, gate = Recorder(), Gate()

        class Stopping(Probe):
            def ThreadId(self) -> int:
                gate.stop_here()
                return 7

        probe = Stopping()
        other = pyorpc.unmarshal_interface(
            home.run(pyorpc.marshal_interface, probe, IProbe), IProbe
        )
        packet = pyorpc.marshal_interface(recorder, IRecorder)
        pyorpc.apartment_fileno()

        def note() -> None:
            # 1. this STA waits for ThreadId; 2. another causality's call comes, and is held
            gate.wait_until_reached()
            pointer = pyorpc.unmarshal_interface(packet, IRecorder)
            pointer.Tell(1, 1, 0, b"")
            gate.open()

        with ApartmentThread(far, MTA) as sender:
            sent = sender.begin(note)
            assert other.ThreadId() == 7  # 3. the reply comes; what was held is still in the queue
            run_until(lambda: recorder.heard == [(1, 1)])
            sent.join()
