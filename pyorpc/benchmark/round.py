"""Round: the times of some calls made one after the other, and how they are taken.

Called by a workload on the thread that makes its calls. A sample is one call, or for calls that are
shorter than the clock is fine, or that overlap, the mean of a fixed number of them.
"""

from array import array
from collections.abc import Callable
from time import perf_counter_ns
from typing import NamedTuple


class Round(NamedTuple):
    """The samples in the order in which they were taken, and the time from first to last."""

    samples_ns: "array[int]"
    elapsed_ns: int


def time_calls(call: Callable[[], object], samples: int) -> Round:
    """Call `samples` times; one reading of the clock ends a sample and begins the next."""
    samples_ns = array("q")
    record = samples_ns.append
    started = before = perf_counter_ns()
    for _ in range(samples):
        call()
        now = perf_counter_ns()
        record(now - before)
        before = now
    return Round(samples_ns, before - started)
