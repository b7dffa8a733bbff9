"""Levels: how much of everything a process has, so that a test can see that it stays flat."""

from __future__ import annotations

import gc
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import pyorpc
from pyorpc import ComError, Runtime

# What may be more after any number of rounds: a pool's threads come when they are needed, each with
# descriptors to wait on; memory goes the allocator's own ways.
THREADS: Final = 4
DESCRIPTORS: Final = 12
REFERENCES: Final = 50  # a proxy keeps some that it does not need
BLOCKS: Final = 600
RESIDENT_MIB: Final = 12.0  # the latest 65,536 dead IPIDs take the most of it
A_PEER: Final = 40  # blocks of a process that has ended; the latest of them are remembered


class Levels(NamedTuple):
    """Counts of one process; all of them whole and exact, except for the resident memory."""

    threads: int
    descriptors: int
    sockets: int  # files in the run directory: of this home's processes
    objects: int
    calls: int  # in any table
    references: int  # of ours that peers have, and of theirs that we have
    blocks: int  # of Python's allocator, without what is remembered for a limited number
    resident_mib: float
    kinds: str  # what the descriptors are; only for the message


def levels(runtime: Runtime) -> Levels:
    """As they are once the garbage is collected, and this thread's STA has read its replies."""
    with suppress(ComError):  # the MTA has no queue
        pyorpc.pump_waiting_messages()
    for _ in range(3):
        gc.collect()
    table, exporter = runtime.table, runtime.exporter
    peers = list(runtime.resolver.peers.values())
    remembered = len(exporter._retired) + len(table.early_cancels)
    remembered += A_PEER * len(runtime.resolver._obituaries)
    return Levels(
        threading.active_count(),
        sum(1 for _ in Path("/proc/self/fd").iterdir()),
        sum(1 for _ in runtime.network.run_directory().path.iterdir()),
        len(exporter.managers()),
        len(table.outgoing) + len(table.incoming) + len(table.abandoned),
        sum(sum(each.values()) for p in peers for each in (p.holdings, p.in_transit, p.held)),
        sys.getallocatedblocks() - remembered,
        _resident_mib(),
        _kinds(),
    )


def settled(take: Callable[[], Levels], like: Levels | None = None) -> Levels:
    """The levels, once what is released by and by has been; at most four seconds later."""
    give_up_at = time.monotonic() + 4
    found = take()
    while time.monotonic() < give_up_at and like is not None and grown(like, found):
        time.sleep(0.02)
        found = take()
    return found


_COUNTED: Final = Levels._fields[:-1]
_MAY: Final = (THREADS, DESCRIPTORS, 0, 0, 0, REFERENCES, BLOCKS, RESIDENT_MIB)


def grown(before: Levels, after: Levels) -> list[str]:
    """What has grown by more than it may."""
    found = [
        f"{name}: {old} before, {new} after"
        for name, old, new, may in zip(_COUNTED, before[:-1], after[:-1], _MAY, strict=True)
        if new > old + may
    ]
    if after.descriptors > before.descriptors + DESCRIPTORS:
        found.append(f"({before.kinds}) before, ({after.kinds}) after")
    return found


def assert_flat(
    act: Callable[[], object], rounds: int, *takes: Callable[[], Levels], warm_up: int = 100
) -> None:
    """Act so many times; after a warm-up, no level of the processes may grow."""
    for _ in range(warm_up):
        act()
    before = [settled(take) for take in takes]
    time.sleep(0.1)  # what the warm-up gave up by and by is on its way
    before = [take() for take in takes]
    for _ in range(rounds):
        act()
    after = [settled(take, old) for take, old in zip(takes, before, strict=True)]
    leaks = [grown(old, new) for old, new in zip(before, after, strict=True)]
    assert not any(leaks), f"after {rounds} rounds: {leaks}"


def _kinds() -> str:
    kinds: Counter[str] = Counter()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the listing has one of its own
            target = str(each.readlink())
            kinds[re.sub(r"^(socket|pipe):.*", r"\1", target)] += 1
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(6))


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
