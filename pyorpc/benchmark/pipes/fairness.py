"""Fairness: how long a small call takes beside a saturated pipe of the same object.

One thread of this process's MTA pings an object of another process; a second one empties a pipe of
it as fast as it can. Idle and busy stretches alternate, so that a busy machine is busy for both.
"""

import threading
from contextlib import ExitStack
from time import monotonic, perf_counter
from typing import NamedTuple

from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.benchmark.pipes.flood_idl import IFlood
from pyorpc.benchmark.workload import DEADLINE_S
from pyorpc.enumerations import COINIT
from pyorpc.functions.marshaling import unmarshal_interface
from pyorpc.runtime import Runtime

CHUNK = 256 * 1024
STRETCHES = 4  # of each kind
# What is promised: a call beside a saturated pipe is so much slower at most.
MOST_TIMES_SLOWER = 3.0
MOST_S = 0.005


class Fairness(NamedTuple):
    """Times in seconds; the rate of the pipe in bytes a second."""

    apartment: str
    idle_p50_s: float
    idle_p99_s: float
    busy_p50_s: float
    busy_p99_s: float
    rate: float

    @property
    def is_kept(self) -> bool:
        """Whether the promise is."""
        return self.busy_p99_s <= min(MOST_S, MOST_TIMES_SLOWER * self.idle_p99_s)

    def __str__(self) -> str:
        return (
            f"{self.apartment} callee: ping p50 {self.idle_p50_s * 1e6:.0f} us, "
            f"p99 {self.idle_p99_s * 1e6:.0f} us idle; beside the pipe p50 "
            f"{self.busy_p50_s * 1e6:.0f} us, p99 {self.busy_p99_s * 1e6:.0f} us; "
            f"the pipe carries {self.rate / 1e6:.0f} MB/s"
        )


class Drain:
    """A thread that empties a pipe while it is told to."""

    def __init__(self, runtime: Runtime, flood: IFlood) -> None:
        self._runtime = runtime
        self._flood = flood
        self._flows = threading.Event()
        self._is_over = False
        self.taken = 0
        self._thread = threading.Thread(target=self._run, name="drain")
        self._thread.start()

    def _run(self) -> None:
        with (
            self._runtime.enter_apartment(COINIT.MULTITHREADED),
            self._flood.Flow(CHUNK) as content,
        ):
            while self._flows.wait() and not self._is_over:
                self.taken += len(content.Pull(CHUNK))

    def start(self) -> None:
        self._flows.set()

    def stop(self) -> None:
        self._flows.clear()

    def close(self) -> None:
        self._is_over = True
        self._flows.set()
        self._thread.join(DEADLINE_S)


def measure_fairness(apartment: str, seconds: float) -> Fairness:
    """Measure for that long, half of the time beside the pipe."""
    stretch_s = seconds / STRETCHES / 2
    idle: list[float] = []
    busy: list[float] = []
    with ExitStack() as stack:
        peer = PeerProcess("-m", "pyorpc.benchmark.pipes.flood", apartment)
        stack.callback(peer.close)
        runtime = stack.enter_context(Runtime())
        stack.enter_context(runtime.enter_apartment(COINIT.MULTITHREADED))
        flood = unmarshal_interface(bytes.fromhex(peer.ready_line()), IFlood)
        drain = Drain(runtime, flood)
        stack.callback(drain.close)
        _ping(flood, stretch_s)  # a warm-up
        flowing_s = 0.0
        for _ in range(STRETCHES):
            idle += _ping(flood, stretch_s)
            since = monotonic()
            drain.start()
            busy += _ping(flood, stretch_s)
            drain.stop()
            flowing_s += monotonic() - since
        rate = drain.taken / flowing_s
    idle.sort()
    busy.sort()
    return Fairness(
        apartment, _at(idle, 0.5), _at(idle, 0.99), _at(busy, 0.5), _at(busy, 0.99), rate
    )


def _ping(flood: IFlood, seconds: float) -> list[float]:
    times: list[float] = []
    end = monotonic() + seconds
    while monotonic() < end:
        since = perf_counter()
        flood.Ping(1)
        times.append(perf_counter() - since)
    return times


def _at(times: list[float], share: float) -> float:
    return times[int(len(times) * share)]
