"""The storm of cancels where trio programs and threads are mixed, as callers and as callees."""

# The interface class says what callers get, so an `async def` method is no proper override of it.
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import gc
import queue
import random
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from tests.scenarios.test_cancel_storm import CALLERS, Recorder, Storm
from tests.support.apartment_thread import ApartmentThread
from tests.support.async_probe import in_trio_apartment
from tests.support.far_runtime import FarRuntime
from tests.support.probe_idl import IProbe, IProbeAwaitable
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
TASKS = 6
CALLEES = ["an STA", "the MTA", "a trio program"]
UNSENT = ComError(HRESULT.RPC_E_CALL_CANCELED, "cancelled before", executed="no")


class AsyncRecorder(Recorder):
    """Its calls are tasks, which a cancel ends wherever they wait."""

    async def Echo(self, text: str) -> str:
        self.begun.add(text)
        try:
            for _ in range(self._random.randrange(4)):
                await trio.sleep(self._random.random() * 0.002)
        except trio.Cancelled:
            self.stopped.add(text)
            raise
        self.finished.add(text)
        if self._random.random() < 0.1:
            raise ComError(HRESULT.E_ABORT, "of its own")
        return text


class TrioServer:
    """A trio program on a thread, which offers one object to other Runtimes."""

    def __init__(self, servant: Recorder, packets: int) -> None:
        self._servant = servant
        self._ready: queue.SimpleQueue[tuple[Runtime, list[bytes]]] = queue.SimpleQueue()
        self._stop = trio.Event()
        self._token: trio.lowlevel.TrioToken
        self._thread = threading.Thread(target=trio.run, args=(self._serve, packets))
        self._thread.start()
        self.runtime, self.packets = self._ready.get(timeout=DEADLINE_S)

    async def _serve(self, packets: int) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with in_trio_apartment() as runtime:
            made = [pyorpc.marshal_interface(self._servant, IProbe) for _ in range(packets)]
            self._ready.put((runtime, made))
            await self._stop.wait()

    def close(self) -> None:
        self._token.run_sync_soon(self._stop.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()


@contextmanager
def serving(callee: str, servant: Recorder) -> Generator[tuple[list[bytes], Runtime]]:
    """Packets of the servant, one for each caller, and the Runtime that it is in."""
    if callee == "a trio program":
        server = TrioServer(servant, CALLERS + 1)
        try:
            yield server.packets, server.runtime
        finally:
            server.close()
        return
    with FarRuntime(STA if callee == "an STA" else MTA, servant) as far:
        yield [far.packet() for _ in range(CALLERS + 1)], far.runtime


class Tasks:
    """Calls of a trio program, each in a scope that is cancelled at any moment."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm

    def run(self, packet: bytes) -> None:
        trio.run(self._run, packet)

    async def _run(self, packet: bytes) -> None:
        async with in_trio_apartment(grace_s=DEADLINE_S) as runtime:
            far = IProbeAwaitable(pyorpc.unmarshal_interface(packet, IProbe))
            async with trio.open_nursery() as nursery:
                for who in range(TASKS):
                    nursery.start_soon(self._call, far, who)
            assert runtime.table.outgoing == {}

    async def _call(self, far: IProbeAwaitable, who: int) -> None:
        dice = random.Random(self._storm.seed + 100 + who)
        for number in range(self._storm.calls // TASKS):
            text = f"task {who}.{number}"
            with trio.move_on_after(dice.choice((0, 0.001, 0.003, 0.006, 1e9, 1e9))):
                await self._call_once(far, text)

    async def _call_once(self, far: IProbeAwaitable, text: str) -> None:
        try:
            assert await far.Echo(text) == text
            self._storm.ends[text] = None
        except trio.Cancelled as cancelled:
            cause = cancelled.__cause__
            self._storm.ends[text] = cause if isinstance(cause, ComError) else UNSENT
            raise
        except ComError as error:
            self._storm.ends[text] = error


def rage(callee: str, storm: Storm) -> None:
    servant = (AsyncRecorder if callee == "a trio program" else Recorder)(storm.seed)
    with ExitStack() as stack:
        packets, far = stack.enter_context(serving(callee, servant))
        near = stack.enter_context(Runtime())
        stack.enter_context(near.enter_apartment(MTA))
        callers = [
            stack.enter_context(ApartmentThread(near, coinit)) for coinit in (STA, MTA, STA, MTA)
        ]
        program = threading.Thread(target=Tasks(storm).run, args=(packets[-1],))
        program.start()
        tasks = [each.begin(storm.call, near, packets[n], n) for n, each in enumerate(callers)]
        canceller = stack.enter_context(ApartmentThread(near, MTA))
        cancelling = canceller.begin(storm.cancel, [each.ident for each in callers])
        try:
            for task in tasks:
                task.join()
            program.join(DEADLINE_S)
            assert not program.is_alive()
        finally:
            storm.is_over.set()
            cancelling.join()
        assert_nothing_is_left([near, far])
    expected = storm.calls // CALLERS * CALLERS + storm.calls // TASKS * TASKS
    assert len(storm.ends) == expected
    storm.assert_truthful(servant)


def assert_nothing_is_left(runtimes: list[Runtime]) -> None:
    for runtime in runtimes:
        table = runtime.table
        wait_until(lambda: table.incoming == {}, "all calls are answered")  # noqa: B023
        wait_until(lambda: table.early_cancels == {}, "no cancel is remembered")  # noqa: B023
        assert (table.outgoing, table.abandoned) == ({}, {})

    def held() -> set[int]:
        gc.collect()  # errors, and the frames that they went through
        return {id(each) for runtime in runtimes for each in runtime.exporter.managers()}

    wait_until(lambda: len(held()) <= 1, "only the servant is held")


@pytest.mark.parametrize("callee", CALLEES)
def test_calls_of_tasks_and_threads_end_and_tell_the_truth(callee: str) -> None:
    rage(callee, Storm(120, 5))


@pytest.mark.nightly
@pytest.mark.parametrize("callee", CALLEES)
def test_ten_thousand_of_them(callee: str) -> None:
    for round_number in range(5):
        rage(callee, Storm(10_000 // len(CALLEES) // 2 // 5, round_number))
