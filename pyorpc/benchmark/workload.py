"""Workload: one way to make a call, as something that can be measured in rounds.

A workload is opened once, runs rounds between those of other workloads, and is closed by who opened
it. Every wait in it has a deadline (`DEADLINE_S`): a peer that died ends the run with an error.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum

import msgspec

from pyorpc.benchmark.round import Round, time_calls

DEADLINE_S = 10.0


class Group(StrEnum):
    """Which workloads stand together in the table and in the picture."""

    FLOOR = "floors"
    ONE_PROCESS = "one process"
    TWO_PROCESSES = "two processes"
    PIPELINED = "pipelined"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a workload measures, what it is held against, and what it should reach."""

    name: str
    title: str
    group: Group
    vs: str | None = None
    aim_ratio: float | None = None
    aim_p50_us: float | None = None
    calls_per_sample: int = 1


class Workload(ABC):
    """The default runs its calls on the thread that asks for a round."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @abstractmethod
    def open(self) -> Callable[[], object]:
        """Start what the calls need, and only now; return what makes one sample's calls."""

    @abstractmethod
    def close(self) -> None:
        """End what `open` started, also if it failed half-way; a dead peer is no error here."""

    def round(self, call: Callable[[], object], samples: int) -> Round:
        return time_calls(call, samples)
