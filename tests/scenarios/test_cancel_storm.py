"""Many calls, cancelled at any moment: each ends, what is told is true, and nothing is left."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CALLERS = 4
PLACES = [
    (where, caller, callee)
    for where in ("another apartment", "another process")
    for caller, callee in product((STA, MTA), repeat=2)
    # In one process there is one MTA: such a caller has the object itself.
    if where == "another process" or (caller, callee) != (MTA, MTA)
]


class Recorder(Probe):
    """Notes what became of each call; obeys a cancel that it sees."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self.begun: set[str] = set()
        self.stopped: set[str] = set()
        self.finished: set[str] = set()

    def Same(self, other: IProbe | None) -> IProbe | None:
        self.Echo("")
        return Probe()

    def Echo(self, text: str) -> str:
        self.begun.add(text)
        for _ in range(self._random.randrange(4)):
            if pyorpc.test_cancel() == HRESULT.RPC_E_CALL_CANCELED:
                self.stopped.add(text)
                raise ComError(HRESULT.RPC_E_CALL_CANCELED, "seen")
            time.sleep(self._random.random() * 0.002)
        self.finished.add(text)
        if self._random.random() < 0.1:
            raise ComError(HRESULT.E_ABORT, "of its own")
        return text


class Storm:
    """Callers that call, and one who cancels."""

    def __init__(self, calls: int, seed: int) -> None:
        self.calls = calls
        self.seed = seed
        self.ends: dict[str, ComError | None] = {}
        self.is_over = threading.Event()

    def call(self, runtime: Runtime, packet: bytes, who: int) -> None:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        pyorpc.enable_call_cancellation()
        dice = random.Random(self.seed + who)
        for number in range(self.calls // CALLERS):
            text = f"{who}.{number}"
            try:
                with pyorpc.deadline(dice.choice((0.001, 0.003, 1e9, 1e9))):
                    self.call_once(probe, text)
            except ComError as error:
                self.ends[text] = error
            else:
                self.ends[text] = None
        pyorpc.disable_call_cancellation()

        def all_is_read() -> bool:
            if runtime.sta_of(threading.get_ident()) is not None:
                pyorpc.pump_waiting_messages()
            return not runtime.table.abandoned

        wait_until(all_is_read, "late replies are read")

    def call_once(self, probe: IProbe, text: str) -> None:
        assert probe.Echo(text) == text

    def cancel(self, threads: list[int]) -> None:
        dice = random.Random(self.seed)
        while not self.is_over.is_set():
            time.sleep(dice.random() * 0.002)
            try:
                pyorpc.cancel_call(dice.choice(threads), dice.choice((0, 0, 0.001, 5)))
            except ComError as error:
                if error.hresult != HRESULT.E_NOINTERFACE:  # it waits for nothing now
                    raise

    def assert_truthful(self, servant: Recorder) -> None:
        for text, error in self.ends.items():
            if error is None:
                assert text in servant.finished
                continue
            assert error.hresult in (
                HRESULT.RPC_E_CALL_CANCELED,
                HRESULT.RPC_E_TIMEOUT,
                HRESULT.E_ABORT,
            )
            if error.executed != "unknown":
                assert (text in servant.begun) == (error.executed == "yes"), (text, error)
            if error.outcome == "stopped":
                assert text in servant.stopped
            if error.outcome == "finished anyway":
                assert text in servant.finished | servant.stopped
            assert (error.outcome == "not started") <= (error.executed == "no")


class StormOfObjects(Storm):
    """Its calls take an object along and bring one back."""

    def call_once(self, probe: IProbe, text: str) -> None:
        assert probe.Same(Probe()) is not None

    def assert_truthful(self, servant: Recorder) -> None:
        """What became of each call is not to be told apart here."""


@contextmanager
def serving(
    where: str, coinit: COINIT, servant: Probe, near: Runtime
) -> Generator[tuple[list[bytes], Runtime]]:
    """A packet of the servant for each caller, and the Runtime that it is in."""
    if where == "another process":
        with FarRuntime(coinit, servant) as far:
            yield [far.packet() for _ in range(CALLERS)], far.runtime
    else:
        with ApartmentThread(near, coinit) as thread:
            inproc = servant, IProbe, pyorpc.MSHCTX.INPROC
            yield (
                [thread.run(pyorpc.marshal_interface, *inproc) for _ in range(CALLERS)],
                near,
            )


def rage(where: str, caller: COINIT, callee: COINIT, storm: Storm) -> None:
    servant, calls = Recorder(storm.seed), storm.calls
    with ExitStack() as stack:
        near = stack.enter_context(Runtime())
        packets, far = stack.enter_context(serving(where, callee, servant, near))
        stack.enter_context(near.enter_apartment(MTA))
        callers = [stack.enter_context(ApartmentThread(near, caller)) for _ in range(CALLERS)]
        tasks = [each.begin(storm.call, near, packets[n], n) for n, each in enumerate(callers)]
        canceller = stack.enter_context(ApartmentThread(near, MTA))
        cancelling = canceller.begin(storm.cancel, [each.ident for each in callers])
        try:
            for task in tasks:
                task.join()
        finally:
            storm.is_over.set()
            cancelling.join()
        for runtime in (near, far):
            table = runtime.table
            wait_until(lambda: table.incoming == {}, "all calls are answered")  # noqa: B023
            wait_until(lambda: table.early_cancels == {}, "no cancel is remembered")  # noqa: B023
            assert (table.outgoing, table.abandoned) == ({}, {})

        def held() -> set[int]:
            gc.collect()  # errors, and the frames that they went through
            return {id(each) for runtime in (near, far) for each in runtime.exporter.managers()}

        wait_until(lambda: len(held()) <= 1, "only the servant is held")
        assert len(storm.ends) == calls // CALLERS * CALLERS
        storm.assert_truthful(servant)


@pytest.mark.parametrize(("where", "caller", "callee"), PLACES)
def test_calls_that_are_cancelled_at_any_moment_end_and_tell_the_truth(
    where: str, caller: COINIT, callee: COINIT
) -> None:
    rage(where, caller, callee, Storm(160, 1))


@pytest.mark.parametrize(("where", "caller", "callee"), PLACES)
def test_what_such_calls_take_along_and_bring_back_is_released(
    where: str, caller: COINIT, callee: COINIT
) -> None:
    rage(where, caller, callee, StormOfObjects(120, 2))


@pytest.mark.nightly
@pytest.mark.parametrize(("where", "caller", "callee"), PLACES)
def test_ten_thousand_of_them(where: str, caller: COINIT, callee: COINIT) -> None:
    for round_number in range(10):
        rage(where, caller, callee, Storm(10_000 // len(PLACES) // 10, round_number))
