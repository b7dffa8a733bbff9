"""Seeing what goes on: the calls in flight of this process, and who holds an object.

What is seen of this process takes no lock and waits for nothing, so it works on any thread, also
outside COM, while apartments are stuck.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.default_runtime import default_runtime_or_none
from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import CausalityId, Guid
from pyorpc.remoting import call_sight
from pyorpc.remoting.holders import Holders
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.remote_link import RemoteLink
from pyorpc.runtime import Runtime
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method
from pyorpc.wire.packets import VERSION, Kind, Look
from pyorpc.wire.sight import REFERENCES, CallSeen, ReferenceSeen, ReferencesSeen

ANSWER_S: Final = 3.0
"""So long `references` waits for another process."""

_LOOK: Final[Method[Any, Any]] = Method("Look", 0, tuple[()], ReferencesSeen)


class CallState(Enum):
    """Where a call is. An outgoing one waits; an incoming one is queued, then runs."""

    WAITING = call_sight.WAITING
    QUEUED = call_sight.QUEUED
    RUNNING = call_sight.RUNNING


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

    Any thread, also outside COM and in a signal handler; never blocks. It is a look at what moves:
    a call may just have ended.
    """
    runtime = _runtime_or_none(thread_state())
    if runtime is None:
        return []
    return [_in_flight(seen) for seen in call_sight.calls_seen(runtime.resolver)]


def _in_flight(seen: CallSeen) -> CallInFlight:
    return CallInFlight(
        direction=seen.direction,
        method=seen.method,
        state=CallState(seen.state),
        since_s=seen.since_s,
        causality=CausalityId(Guid(seen.causality)),
        thread_id=seen.thread_id,
        apartment=seen.apartment,
        peer=seen.peer,
        is_cancelled=seen.is_cancelled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Somebody who keeps an object alive, by one of its interfaces."""

    peer: str
    """A process: `<process 1a2b3c4d pid 77>`. What is in the object's own process is called
    `this process: ...` there, with its apartment; or packets, table packets, locks, interface
    table, runtime. What was sent and has not come yet is `in transit to ...`."""
    interface: str
    """Its name; its IID where no class of it is loaded."""
    count: int
    since: float
    """`time.time()` when the holder came; where nobody noted that, when the object was exported."""
    last_ping: float | None
    """`time.time()` of its latest ping. None: never pinged."""

    def __str__(self) -> str:
        return f"{self.interface} {self.count} {self.peer}"


def references(obj: IUnknown) -> list[Reference]:
    """Who holds an object: the processes outside first. Empty for one that nobody holds.

    Any thread. Of an object of this process it waits for nothing. Of a proxy the object's process
    is asked: raises RPC_E_TIMEOUT if it does not answer within three seconds, and what ends calls.
    """
    if not isinstance(obj, IUnknown):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"obj: {obj!r:.80} is no object")
    state = thread_state()
    runtime = _runtime_or_none(state)
    if runtime is None:
        return []
    if isinstance(obj, InterfaceProxy):
        link = obj.manager.link
        if isinstance(link, RemoteLink):
            return _ask(runtime, link, obj, state)
        manager = runtime.exporter.manager(obj.manager.oid)
    else:
        manager = runtime.exporter.manager_of(obj)
    holders = [] if manager is None else Holders(runtime).of(manager)
    return [_reference(seen, "this process") for seen in holders]


def _ask(
    runtime: Runtime, link: RemoteLink, proxy: InterfaceProxy, state: ThreadState
) -> list[Reference]:
    peer = link.peer.process

    def packet(call_id: int) -> Look:
        return Look(VERSION, Kind.LOOK, call_id, REFERENCES, proxy.manager.oid)

    answer: ReferencesSeen = runtime.resolver.ask(peer, _LOOK, packet, state, ANSWER_S)
    return [_reference(seen, repr(peer)) for seen in answer.references]


def _reference(seen: ReferenceSeen, home: str) -> Reference:
    return Reference(
        peer=seen.holder(home),
        interface=seen.interface,
        count=seen.count,
        since=seen.since,
        last_ping=seen.last_ping,
    )


def _runtime_or_none(state: ThreadState) -> Runtime | None:
    runtime = state.runtime or default_runtime_or_none()
    return runtime if isinstance(runtime, Runtime) else None
