"""Calling: a workload that calls through pyorpc, on a thread of its own."""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

from pyorpc.benchmark.calls.apartment_thread import ApartmentThread
from pyorpc.benchmark.calls.board import QUOTE
from pyorpc.benchmark.calls.board_idl import AsyncIBoard, IBoard
from pyorpc.benchmark.round import Round, time_calls
from pyorpc.benchmark.workload import Subject, Workload
from pyorpc.enumerations import COINIT
from pyorpc.functions.calls import create_call
from pyorpc.runtime import Runtime

APARTMENTS = {"STA": COINIT.APARTMENTTHREADED, "MTA": COINIT.MULTITHREADED}


class Calling(Workload):
    """Has a Runtime of its own, so that it is opened and closed like any other workload."""

    def __init__(self, subject: Subject, caller: str, **settings: Any) -> None:
        super().__init__(subject)
        self._caller_kind = APARTMENTS[caller]
        self._settings = settings
        self.stack = ExitStack()
        self._caller: ApartmentThread | None = None

    def open(self) -> Callable[[], object]:
        runtime = self.stack.enter_context(Runtime(**self._settings))
        source = self.source(runtime)
        self._caller = caller = self.thread(runtime, self._caller_kind)
        return caller.run(lambda: self.calls(source()))

    def close(self) -> None:
        self.stack.close()

    def round(self, call: Callable[[], object], samples: int) -> Round:
        assert self._caller is not None, "it was opened"
        return self._caller.run(lambda: time_calls(call, samples))

    def thread(self, runtime: Runtime, kind: COINIT) -> ApartmentThread:
        return self.stack.enter_context(closing(ApartmentThread(runtime, kind)))

    @abstractmethod
    def source(self, runtime: Runtime) -> Callable[[], IBoard]:
        """Export the object; returns what unmarshals the pointer, on the caller's thread."""

    def calls(self, board: IBoard) -> Callable[[], object]:
        """What makes the calls of one sample."""
        post, count = board.Post, range(self.subject.calls_per_sample)
        if len(count) == 1:
            return lambda: post(*QUOTE)

        def call_many() -> None:
            for _ in count:
                post(*QUOTE)

        return call_many


def pipelined(board: IBoard, outstanding: int) -> Callable[[], object]:
    """Begins so many calls, then finishes them; the call objects are used again and again."""
    calls = [create_call(board, AsyncIBoard) for _ in range(outstanding)]

    def call_many() -> None:
        for each in calls:
            each.Begin_Post(*QUOTE)
        for each in calls:
            each.Finish_Post()

    return call_many
