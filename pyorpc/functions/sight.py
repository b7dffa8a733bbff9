"""Seeing what goes on in this process: the calls in flight.

Takes no lock and waits for nothing, so it works on any thread, also outside COM and in a signal
handler, while apartments are stuck.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from time import monotonic

from pyorpc.context.thread_state import thread_state
from pyorpc.default_runtime import default_runtime_or_none
from pyorpc.ids import CausalityId
from pyorpc.remoting.incoming_call import IncomingCall, RemoteIncomingCall
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.runtime import Runtime


class CallState(Enum):
    """Where a call is. An outgoing one waits; an incoming one is queued, then runs."""

    WAITING = "waiting for the reply"
    QUEUED = "queued"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInFlight:
    """One side of a call that has not ended; a call inside the process shows both its sides."""

    direction: str
    """`outgoing`: made here; `incoming`: to an object of this process."""
    method: str
    state: CallState
    since_s: float
    """How long ago it was made, or arrived."""
    causality: CausalityId
    """What its lines in the log of `pyorpc.calls` begin with, in every process."""
    thread_id: int
    """`threading.get_ident()` of who waits for it, or runs it; 0: nobody runs it yet."""
    apartment: str
    """Of an incoming call: the apartment that its object lives in."""
    peer: str
    """The process called, or that calls; empty: this one."""
    is_cancelled: bool

    def __str__(self) -> str:
        where = f" thread {self.thread_id:#018x}" if self.thread_id else ""
        where += f" in {self.apartment}" if self.apartment else ""
        where += f" peer {self.peer}" if self.peer else ""
        return (
            f"{self.causality} {self.direction} {self.method} {self.state.value} "
            f"for {self.since_s:.3f} s{where}{' cancelled' if self.is_cancelled else ''}"
        )


def calls_in_flight() -> list[CallInFlight]:
    """The calls that have not ended, the oldest first. Empty where there is no Runtime yet.

    Any thread, also outside COM; never blocks. It is a look at what moves: a call may just have
    ended.
    """
    runtime = thread_state().runtime or default_runtime_or_none()
    if not isinstance(runtime, Runtime):
        return []
    now = monotonic()
    records: list[CallInFlight] = []
    # list(): in one step, so that no other thread changes the table meanwhile.
    for call in list(runtime.table.outgoing.values()):
        records.append(_outgoing(call, now))
        if call.incoming is not None:
            records.append(_incoming(call.incoming, "", now))
    records += [
        _incoming(call, _caller_of(call, runtime), now)
        for call in list(runtime.table.incoming.values())
    ]
    return sorted(records, key=lambda record: -record.since_s)


def _outgoing(call: OutgoingCall, now: float) -> CallInFlight:
    return CallInFlight(
        direction="outgoing",
        method=call.method.name,
        state=CallState.WAITING,
        since_s=now - call.started,
        causality=call.causality,
        thread_id=call.thread_id,
        apartment="",
        peer="" if call.peer is None else repr(getattr(call.peer, "process", call.peer)),
        is_cancelled=call.is_cancel_sent,
    )


def _incoming(call: IncomingCall, peer: str, now: float) -> CallInFlight:
    assert call.causality is not None
    return CallInFlight(
        direction="incoming",
        method=call.method_name,
        state=CallState.RUNNING if call.thread_id else CallState.QUEUED,
        since_s=now - call.arrived,
        causality=call.causality,
        thread_id=call.thread_id,
        apartment=repr(call.manager.apartment),
        peer=peer,
        is_cancelled=call.is_cancelled,
    )


def _caller_of(call: IncomingCall, runtime: Runtime) -> str:
    process_id = call.key[0] if isinstance(call, RemoteIncomingCall) else ""
    peer = runtime.resolver.peers.get(process_id)
    return f"<process {process_id[:8]}>" if peer is None else repr(peer)
