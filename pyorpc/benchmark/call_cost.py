"""The benchmark "what a call costs": its workloads, and one run of it."""

from collections.abc import Callable, Sequence

from pyorpc.benchmark.calls import calls
from pyorpc.benchmark.floors import floors
from pyorpc.benchmark.interleaving import measure
from pyorpc.benchmark.machine import this_machine
from pyorpc.benchmark.report import Report
from pyorpc.benchmark.workload import Workload


def call_cost_workloads() -> list[Workload]:
    return [*floors(), *calls()]


def measure_call_cost(
    make: Callable[[], Sequence[Workload]],
    *,
    seconds: float,
    rounds: int,
    sessions: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    machine = this_machine()  # before the run, so that the load is not our own
    return Report(
        benchmark="call-cost",
        title="What a call costs",
        machine=machine,
        seconds=seconds,
        rounds=rounds,
        sessions=sessions,
        figures=measure(make, seconds=seconds, rounds=rounds, sessions=sessions, progress=progress),
    )
