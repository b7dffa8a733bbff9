"""Peers: another process, and another apartment of one, as this process knows them."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Oxid

if TYPE_CHECKING:
    from pyorpc.remoting.process_line import ProcessLine
    from pyorpc.wire.packets import Packet


class Identity(NamedTuple):
    """Who a Runtime is to its peers. Distance is by Runtime, not by pid."""

    process_id: str  # 32 hexadecimal digits, from `secrets`
    host: str  # the machine since its start, and the pid namespace: where a pid means something
    pid: int


def new_identity() -> Identity:
    return Identity(Guid.new().bytes.hex(), _host(), os.getpid())


def refuse_forked(pid: int) -> None:
    """Sockets and threads do not survive a fork: say so instead of hanging."""
    if os.getpid() != pid:
        raise ComError(
            HRESULT.E_UNEXPECTED,
            "this process was forked from one that imported pyorpc; start it with spawn "
            "(multiprocessing.set_start_method('spawn')) or subprocess instead",
            executed="no",
        )


@cache
def _host() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"


class PeerProcess:
    """Another process: how to reach its housekeeping, what it holds of ours, whether it lives.

    Changed by the housekeeping thread, except where a lock of the Resolver's says otherwise.
    """

    def __init__(self, process_id: str, endpoints: tuple[str, ...]) -> None:
        self.process_id = process_id
        self.endpoints = endpoints
        self.host = ""
        self.pid = 0
        self.line: ProcessLine | None = None  # the one that this process dialled
        self.accepted: ProcessLine | None = None  # the one that the peer dialled
        self.unsent: list[Packet] = []  # for a peer that cannot be dialled, until it dials us
        self.is_dead = False
        self.pidfd = -1
        self.in_flight: set[int] = set()  # its calls here that are not answered yet, by their ids
        self.holdings: dict[bytes, int] = {}  # references of ours that it holds, by IPID
        self.references = 0  # the sum of `holdings`
        self.in_transit: dict[bytes, int] = {}  # sent to it in packets, not yet claimed
        self.since: dict[bytes, float] = {}  # when it first claimed that IPID (time.time)
        self.last_ping: float | None = None  # time.monotonic; None: never pinged
        self.last_sequence = 0  # of its pings; older ones are stale
        self.expired: dict[bytes, int] = {}  # what it had and lost by its silence, by IPID
        self.last_heard = time.monotonic()
        self.held: dict[bytes, int] = {}  # references of its objects that we hold, by IPID
        self.ping_sequence = 0  # of our last ping
        self.unpinged: set[bytes] = set()  # those of `held` whose objects are NOPING

    @property
    def is_needed(self) -> bool:
        """Whether anything is held on either side, or goes on."""
        return bool(self.holdings or self.in_transit or self.held or self.line or self.in_flight)

    def __repr__(self) -> str:
        return f"<process {self.process_id[:8]} pid {self.pid or '?'}>"


class PeerApartment(NamedTuple):
    """Another process's apartment: where it listens."""

    oxid: Oxid
    endpoints: tuple[str, ...]
    process: PeerProcess
