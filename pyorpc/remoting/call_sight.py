"""The calls in flight of a Runtime, as records. Takes no lock and waits for nothing; any thread."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from pyorpc.remoting.peer import Identity
from pyorpc.wire.sight import CallSeen, shown

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.peer import PeerProcess
    from pyorpc.remoting.resolver import Resolver

OUTGOING: Final = "outgoing"
INCOMING: Final = "incoming"
WAITING: Final = "waiting for the reply"
QUEUED: Final = "queued"
RUNNING: Final = "running"


def calls_seen(resolver: Resolver) -> list[CallSeen]:
    """Both sides of the calls that have not ended, the oldest first; some may just have."""
    now = monotonic()
    own = resolver.identity
    seen: list[CallSeen] = []
    # Copies, made in one step: other threads change the tables meanwhile.
    for call in list(resolver.table.outgoing.values()):
        seen.append(_outgoing(call, own, now))
        if call.incoming is not None:
            key = own.process_id, call.id
            seen.append(_incoming(call.incoming, key, own, now))
    for key, incoming in resolver.table.incoming.copy().items():
        seen.append(_incoming(incoming, key, resolver.peers.get(key[0]), now))
    return sorted(seen, key=lambda record: -record.since_s)


def _outgoing(call: OutgoingCall, own: Identity, now: float) -> CallSeen:
    # A question to another process's housekeeping has its process link only.
    peer = getattr(call.peer, "process", None) or getattr(call.line, "peer", None)
    return CallSeen(
        direction=OUTGOING,
        method=shown(call.method.name),
        state=WAITING,
        since_s=now - call.started,
        causality=str(call.causality),
        thread_id=call.thread_id,
        apartment="",
        peer="" if peer is None else repr(peer),
        peer_id=(peer or own).process_id,
        peer_pid=(peer or own).pid,
        oxid=_oxid_called(call),
        caller=own.process_id,
        call_id=call.id,
        is_cancelled=call.is_cancel_sent,
    )


def _oxid_called(call: OutgoingCall) -> str:
    if call.incoming is not None:
        return f"{call.incoming.manager.apartment.oxid:016x}"
    return "" if call.peer is None else f"{call.peer.oxid:016x}"


def _incoming(
    call: IncomingCall, key: tuple[str, int], peer: Identity | PeerProcess | None, now: float
) -> CallSeen:
    name = f"<process {key[0][:8]}>" if peer is None else repr(peer)
    return CallSeen(
        direction=INCOMING,
        method=shown(call.method_name),
        state=RUNNING if call.thread_id else QUEUED,
        since_s=now - call.arrived,
        causality=str(call.causality),
        thread_id=call.thread_id,
        apartment=repr(call.manager.apartment),
        peer="" if isinstance(peer, Identity) else name,
        peer_id=key[0],
        peer_pid=0 if peer is None else peer.pid,
        oxid=f"{call.manager.apartment.oxid:016x}",
        caller=key[0],
        call_id=key[1],
        is_cancelled=call.is_cancelled,
    )
