"""The ways to wait and to share sockets that were not taken, beside the one that was.

`python bench/alternatives.py` measures the prototypes in one interleaved run against a blocking
DEALER and ROUTER, and prints ratios. What it gave, and what was chosen, stands in
docs/decisions/0007-no-io-thread-on-the-call-path.md.
"""

import os
import tempfile
import threading
from array import array
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter_ns

import click
import prototypes
import zmq
from prototypes import (
    POOL,
    Call,
    Caller,
    Context,
    bare_caller,
    blocking_caller,
    end_io_thread,
    epoll_caller,
    io_thread_caller,
    one_router_caller,
    poller_caller,
    port_caller,
)
from rich.console import Console

from pyorpc.benchmark.interleaving import chosen, measure
from pyorpc.benchmark.machine import this_machine
from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.benchmark.report import Report
from pyorpc.benchmark.round import Round, time_calls
from pyorpc.benchmark.workload import Group, Subject, Workload

OUTSTANDING = 100
FLOORS = {1: "blocking/blocking", OUTSTANDING: "blocking/blocking x100", -POOL: "bare/epoll by 8"}


class Pair(Workload):
    """A caller here, a callee in another process. `calls` outstanding at a time make a sample."""

    def __init__(self, caller: Caller, callee: str, calls: int = 1) -> None:
        name = f"{caller.__name__.removesuffix('_caller').replace('_', '-')}/{callee}"
        name += {1: "", -POOL: f" by {POOL}"}.get(calls, f" x{calls}")
        group = Group.TWO_PROCESSES if calls == 1 else Group.PIPELINED
        floor = FLOORS[calls]
        is_floor = name == floor
        super().__init__(
            Subject(
                name=name,
                title=name,
                group=Group.FLOOR if is_floor else group,
                vs=None if is_floor else floor,
                calls_per_sample=max(1, calls),
            )
        )
        self._stack = ExitStack()
        self._caller = caller
        self._callee = callee

    def open(self) -> Call:
        directory = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="pyorpc-"))
        peer = PeerProcess(prototypes.__file__, self._callee, f"ipc://{directory}/r")
        self._stack.callback(peer.close)
        endpoint = peer.ready_line()
        context: Context = zmq.Context()
        self._stack.callback(context.destroy, linger=0)
        self._stack.callback(end_io_thread, context)
        return self._connected(context, endpoint)

    def close(self) -> None:
        self._stack.close()

    def _connected(self, context: Context, endpoint: str) -> Call:
        send, take = self._caller(context, endpoint)
        outstanding = range(self.subject.calls_per_sample)
        if len(outstanding) > 1:
            return lambda: ([send() for _ in outstanding], [take() for _ in outstanding])
        return lambda: (send(), take())


class ManyCallers(Pair):
    """Eight threads here, each with its own DEALER, each with one call outstanding."""

    def __init__(self, caller: Caller, callee: str) -> None:
        super().__init__(caller, callee, -POOL)

        self._calls: list[Call] = []

    def _connected(self, context: Context, endpoint: str) -> Call:
        connected = super()._connected
        self._calls = [connected(context, endpoint) for _ in range(POOL)]
        return self._calls[0]

    def round(self, call: Call, samples: int) -> Round:
        del call  # each thread has its own
        taken = array("q")

        def run(own_call: Call) -> None:
            taken.extend(time_calls(own_call, -(-samples // POOL)).samples_ns)

        started = perf_counter_ns()
        threads = [threading.Thread(target=run, args=[each]) for each in self._calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Round(taken, perf_counter_ns() - started)


def alternatives() -> list[Workload]:
    return [
        *(Pair(blocking_caller, each) for each in ("blocking", "bare", "poller", "epoll")),
        *(Pair(each, "blocking") for each in (bare_caller, poller_caller, epoll_caller)),
        *(Pair(each, "epoll") for each in (epoll_caller, port_caller, one_router_caller)),
        Pair(epoll_caller, "io-thread"),
        Pair(io_thread_caller, "io-thread"),
        Pair(epoll_caller, "shared-epoll"),
        Pair(epoll_caller, "io-thread-pool"),
        Pair(blocking_caller, "blocking", OUTSTANDING),
        *(Pair(each, "epoll", OUTSTANDING) for each in (port_caller, one_router_caller)),
        Pair(io_thread_caller, "io-thread", OUTSTANDING),
        *(
            ManyCallers(bare_caller, each)
            for each in ("epoll", "shared-epoll", "eager-shared-epoll", "io-thread-pool")
        ),
    ]


@click.command()
@click.option("--seconds", default=20.0, show_default=True)
@click.option("--rounds", default=10, show_default=True)
@click.option("--sessions", default=3, show_default=True)
@click.option("--only", multiple=True, metavar="NAME")
@click.option("--one-core", is_flag=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(  # noqa: PLR0913 - a command takes as many arguments as it has options
    *,
    seconds: float,
    rounds: int,
    sessions: int,
    only: tuple[str, ...],
    one_core: bool,
    json_path: Path | None,
) -> None:
    """A name is CALLER/CALLEE; x100: a hundred outstanding, by 8: eight threads that call."""
    if one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    machine = this_machine()
    report = Report(
        benchmark="alternatives",
        title="Ways to wait and to share sockets, ipc, two processes",
        machine=machine,
        seconds=seconds,
        rounds=rounds,
        sessions=sessions,
        figures=measure(
            lambda: chosen(alternatives(), only), seconds=seconds, rounds=rounds, sessions=sessions
        ),
    )
    Console(width=120).print(report.table())
    if json_path is not None:
        report.write_json(json_path)


if __name__ == "__main__":
    main()
