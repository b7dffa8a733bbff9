"""Census: what a Runtime still has of calls, objects, references and lines."""

from __future__ import annotations

import gc
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from pyorpc import Runtime
from pyorpc.remoting.mta_lines import MtaLines
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.stub_manager import StubManager
from tests.support.probe import ALIVE


def leftovers(runtime: Runtime, ended: Collection[str], *, is_calm: bool) -> list[str]:
    """One line for each thing that should have gone; `ended` are the ids of dead processes.

    In a run that is not calm some references are lost for good, and their objects stay: those in a
    packet that died in the hands of a killed process, as in a file that was deleted; and those in
    an answer that is on its way to an apartment when that ends.
    """
    gc.collect()
    kept = [
        manager
        for manager in runtime.exporter.managers()
        if is_calm or not _is_only_travelling(manager, runtime)
    ]
    return [
        *_calls(runtime),
        *_objects(runtime, kept),
        *_peers(runtime, ended, is_calm=is_calm),
        *_lines(runtime, ended),
    ]


def _is_only_travelling(manager: StubManager, runtime: Runtime) -> bool:
    ipids = {ipid.bytes for ipid in manager.ipids.values()}
    peers = list(runtime.resolver.peers.values())
    travels = manager.adrift > 0 or any(_of(peer.in_transit, ipids) for peer in peers)
    return travels and manager.strong_packets == 0 and manager.claimed_refs == 0


def _calls(runtime: Runtime) -> Iterator[str]:
    table = runtime.table
    yield from (f"outgoing {call!r}" for call in list(table.outgoing.values()))
    yield from (f"abandoned {call!r}" for call in list(table.abandoned.values()))
    yield from (f"incoming {call.method_name}" for call in list(table.incoming.values()))


def _objects(runtime: Runtime, managers: list[StubManager]) -> Iterator[str]:
    door = runtime.activation.door.ref()
    for manager in managers:
        if door is None or manager.oid != door.oid:  # it stands open while there is an MTA
            yield f"exported {described(manager, runtime)}"
    exported = {id(manager.target) for manager in runtime.exporter.managers()}
    yield from (f"alive {probe!r}" for probe in list(ALIVE) if id(probe) not in exported)


def described(manager: StubManager, runtime: Runtime) -> str:
    """An exported object with all its counts, and who says that it holds what."""
    ipids = {ipid.bytes for ipid in manager.ipids.values()}
    holders = [
        f"{peer!r} holds {_of(peer.holdings, ipids)}, {_of(peer.in_transit, ipids)} in transit"
        for peer in list(runtime.resolver.peers.values())
        if _of(peer.holdings, ipids) or _of(peer.in_transit, ipids)
    ]
    return (
        f"{manager!r} {manager.state.value}: public {manager.public_refs}, "
        f"claimed {manager.claimed_refs}, adrift {manager.adrift}, "
        f"strong {manager.strong_packets}, weak {manager.weak_packets}, "
        f"locks {manager.locks}, running {manager.running}; "
        f"{', '.join(holders) or 'no holders'}"
    )


def _of(counts: dict[bytes, int], ipids: set[bytes]) -> int:
    return sum(count for ipid, count in list(counts.items()) if ipid in ipids)


def _peers(runtime: Runtime, ended: Collection[str], *, is_calm: bool) -> Iterator[str]:
    for peer in list(runtime.resolver.peers.values()):
        if peer.process_id in ended or peer.is_dead:
            yield f"dead peer {peer!r}"
        yield from (f"{peer!r}: {name}" for name in _kept(peer, runtime, is_calm=is_calm))


def _kept(peer: PeerProcess, runtime: Runtime, *, is_calm: bool) -> Iterator[str]:
    door = runtime.activation.door.ref()
    holdings = {
        ipid: count
        for ipid, count in list(peer.holdings.items())
        if door is None or ipid != door.ipid.bytes
    }
    for name, counts in (
        ("holds", holdings),
        ("in transit", peer.in_transit if is_calm else {}),
        ("held", peer.held),
    ):
        if counts:
            yield f"{name} {sum(counts.values())} on {len(counts)} interfaces"
    if peer.references != sum(peer.holdings.values()):
        yield f"counts {peer.references} references, but has {sum(peer.holdings.values())}"
    if peer.in_flight:
        yield f"in flight {sorted(peer.in_flight)}"
    if peer.unsent:
        yield f"unsent {[type(packet).__name__ for packet in peer.unsent]}"


def _lines(runtime: Runtime, ended: Collection[str]) -> Iterator[str]:
    for lines in runtime.all_lines():
        for line in lines.all_lines():
            if line.process_id in ended or line.connection.broken is not None:
                yield f"a line of {lines.oxid:016x} to {line.process_id[:8]}, which has ended"
        if isinstance(lines, MtaLines):
            idle = sum(len(free) for free in list(lines._free.values()))
            if idle != len(lines._leased):
                yield f"{len(lines._leased)} lines were taken of the pool, {idle} given back"


def descriptors() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate())
