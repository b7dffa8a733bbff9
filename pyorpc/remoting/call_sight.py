"""The calls in flight of a Runtime, as records. Takes no lock and waits for nothing; any thread."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from pyorpc.wire.sight import CallSeen, shown

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.resolver import Resolver

OUTGOING: Final = "outgoing"
INCOMING: Final = "incoming"
WAITING: Final = "waiting for the reply"
QUEUED: Final = "queued"
RUNNING: Final = "running"


def calls_seen(resolver: Resolver) -> list[CallSeen]:
    """Both sides of the calls that have not ended, the oldest first; some may just have."""
    now = monotonic()
    own = resolver.identity.process_id
    seen: list[CallSeen] = []
    # Copies, made in one step: other threads change the tables meanwhile.
    for call in list(resolver.table.outgoing.values()):
        seen.append(_outgoing(call, own, now))
        if call.incoming is not None:
            seen.append(_incoming(call.incoming, "", (own, call.id), now))
    for key, incoming in resolver.table.incoming.copy().items():
        seen.append(_incoming(incoming, _name_of(key[0], resolver), key, now))
    return sorted(seen, key=lambda record: -record.since_s)


def _outgoing(call: OutgoingCall, own: str, now: float) -> CallSeen:
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
        caller=own,
        call_id=call.id,
        is_cancelled=call.is_cancel_sent,
    )


def _incoming(call: IncomingCall, peer: str, key: tuple[str, int], now: float) -> CallSeen:
    return CallSeen(
        direction=INCOMING,
        method=shown(call.method_name),
        state=RUNNING if call.thread_id else QUEUED,
        since_s=now - call.arrived,
        causality=str(call.causality),
        thread_id=call.thread_id,
        apartment=repr(call.manager.apartment),
        peer=peer,
        caller=key[0],
        call_id=key[1],
        is_cancelled=call.is_cancelled,
    )


def _name_of(process_id: str, resolver: Resolver) -> str:
    peer = resolver.peers.get(process_id)
    return f"<process {process_id[:8]}>" if peer is None else repr(peer)
