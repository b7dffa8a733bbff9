"""Who keeps the objects of a Runtime alive, as records.

Takes no lock that is held while anything is called out, runs no user code; any thread. It is a look
at what moves: what is on its way from one holder to another may show with neither, or with both.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from pyorpc.remoting.hand_packets import SORF_TABLESTRONG
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import name_of
from pyorpc.wire.sight import ReferenceSeen, shown

if TYPE_CHECKING:
    from pyorpc.context.context import Context
    from pyorpc.remoting.git import GlobalInterfaceTable
    from pyorpc.remoting.peer import PeerProcess
    from pyorpc.remoting.resolver import Resolver


class Process(Protocol):
    """What is needed of the Runtime."""

    interface_table: GlobalInterfaceTable
    resolver: Resolver

    def contexts(self) -> list[Context]: ...


class Holders:
    """Everybody who holds anything, at the moment when this was made."""

    def __init__(self, process: Process) -> None:
        self._peers = list(process.resolver.peers.values())
        self._local: dict[tuple[int, int], list[tuple[str, Any]]] = {}  # by OXID and OID
        for context in process.contexts():
            for manager in _proxy_managers(context):
                key = manager.oxid, manager.oid
                self._local.setdefault(key, []).append((_place_of(context), manager))
        self._table = Counter[bytes]()
        for ref in process.interface_table.packets():
            self._table[ref.ipid.bytes] += ref.public_refs

    def of(self, manager: StubManager) -> list[ReferenceSeen]:
        """The holders of one object; those outside first."""
        holders = _HoldersOfOne(manager)
        now, monotonic = time.time(), time.monotonic()
        for peer in self._peers:
            pinged = None if peer.last_ping is None else now - (monotonic - peer.last_ping)
            holders.add_peer(peer, pinged)
        for where, proxies in self._local.get((manager.apartment.oxid, manager.oid), ()):
            for ipid, count in proxies.counts.copy().items():
                since = proxies.since
                holders.add("apartment", ipid.bytes, count, where=where, since=since)
        for ipid in holders.names:
            holders.add("interface table", ipid, self._table.get(ipid, 0))
        return holders.with_the_rest()


class _HoldersOfOne:
    """The list for one object, as it grows."""

    def __init__(self, manager: StubManager) -> None:
        self._manager = manager
        self._left = manager.public_refs
        self._found: list[ReferenceSeen] = []
        self.names: dict[bytes, str] = {}
        for iid, ipid in manager.ipids.copy().items():
            self.names.setdefault(ipid.bytes, name_of(iid))

    def add_peer(self, peer: PeerProcess, last_ping: float | None) -> None:
        who: dict[str, Any] = {"process_id": peer.process_id, "pid": peer.pid}
        for ipid, count in peer.holdings.copy().items():
            since = peer.since.get(ipid)
            self.add("process", ipid, count, **who, since=since, last_ping=last_ping)
        for ipid, count in peer.in_transit.copy().items():
            self.add("transit", ipid, count, **who)

    def add(
        self, kind: str, ipid: bytes, count: int, *, since: float | None = None, **more: Any
    ) -> None:
        """Note so many references; nothing if they are another object's."""
        if count > 0 and ipid in self.names:
            self._left -= count
            self._note(kind, self.names[ipid], count, since=since, **more)

    def with_the_rest(self) -> list[ReferenceSeen]:
        """The whole list: also what nobody has unpacked yet, and what is no reference."""
        manager = self._manager
        every = ", ".join(self.names.values())
        self._note("packets", every, self._left)
        strong = sum(
            count for (_, flag), count in manager.packets.copy().items() if flag == SORF_TABLESTRONG
        )
        self._note("table packets", every, strong)
        self._note("locks", every, manager.locks)
        self._note("runtime", every, manager.strong_packets - strong - manager.locks)
        return self._found

    def _note(
        self, kind: str, interface: str, count: int, since: float | None = None, **more: Any
    ) -> None:
        if count > 0:
            manager = self._manager
            self._found.append(
                ReferenceSeen(
                    type_name=shown(manager.type_name),
                    oid=f"{manager.oid:016x}",
                    interface=shown(interface),
                    kind=kind,
                    count=count,
                    since=manager.since if since is None else since,
                    **more,
                )
            )


def holders_of_all(process: Process, managers: Iterable[StubManager]) -> list[ReferenceSeen]:
    """Who holds these objects; those that were exported first come first."""
    holders = Holders(process)
    return [
        record
        for manager in sorted(managers, key=lambda each: each.since)
        for record in holders.of(manager)
    ]


def _place_of(context: Context) -> str:
    return repr(context.apartment) if context.is_default else repr(context)


def _proxy_managers(context: Context) -> list[Any]:
    # The references, in one step: looking at the objects one by one, others would change it.
    found = (reference() for reference in context.proxies.valuerefs())
    return [manager for manager in found if manager is not None]
