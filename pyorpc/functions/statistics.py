"""Statistics: what pyorpc counts in this process, and how much there is of what now."""

from __future__ import annotations

from dataclasses import dataclass

from pyorpc.context.thread_state import thread_state
from pyorpc.functions.apartments import current_runtime
from pyorpc.wakeups import WAKEUPS


@dataclass(frozen=True, slots=True)
class Statistics:
    """The counters at one moment; also as items, `statistics()["wakeups"]`.

    `requests_sent`: requests to other processes that await a reply; no pings or releases.
    `wakeups`: how often a thread came out of a wait of the runtime's. `one_way_sent`: one-way calls
    handed over; `one_way_lost`: those that could not be; `one_way_failed`: those of others that
    were refused here, or raised. Of this moment: `calls_outgoing`, `calls_incoming`, `objects` that
    are exported, `peers`.
    """

    requests_sent: int
    wakeups: int
    one_way_sent: int
    one_way_lost: int
    one_way_failed: int
    calls_outgoing: int
    calls_incoming: int
    objects: int
    peers: int

    def __getitem__(self, name: str) -> int:
        if name not in self.__slots__:
            raise KeyError(name)
        value: int = getattr(self, name)
        return value


def statistics() -> Statistics:
    """Counters of this process. Raises CO_E_NOTINITIALIZED outside COM."""
    runtime = current_runtime(thread_state())
    table = runtime.table
    return Statistics(
        requests_sent=table.requests_sent,
        wakeups=WAKEUPS.count,
        one_way_sent=table.one_way.sent,
        one_way_lost=table.one_way.lost,
        one_way_failed=table.one_way.failed,
        calls_outgoing=len(table.outgoing),
        calls_incoming=len(table.incoming),
        objects=len(runtime.exporter.managers()),
        peers=len(runtime.resolver.peers),
    )
