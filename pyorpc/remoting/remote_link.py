"""RemoteLink: to an apartment of another process. The calling thread decides over which line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pyorpc.context.deadline import left_s, refuse_spent
from pyorpc.errors import HRESULT, CallCanceledError, ComError
from pyorpc.ids import Guid, Iid, Ipid, Oid
from pyorpc.remoting import call_log
from pyorpc.remoting.channel_hooks import interface_of
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.in_process_link import interrupted
from pyorpc.remoting.line import lost
from pyorpc.remoting.link import Link
from pyorpc.remoting.outgoing_call import NOBODY, OutgoingCall
from pyorpc.remoting.peer import PeerApartment
from pyorpc.remoting.release_queue import ReleaseQueue
from pyorpc.remoting.resolver import Resolver
from pyorpc.transport.connection import Break
from pyorpc.unknown import name_of
from pyorpc.wire.method import Method
from pyorpc.wire.objref import Binding, ObjRef, Tower
from pyorpc.wire.packets import VERSION, Count, Found, Kind, Request, RequestFlag, encode_header

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.lines import Lines
    from pyorpc.remoting.proxy_manager import ProxyManager

# A plain number: an enumeration's member is looked up and encoded far more slowly.
_REQUEST: Final = int(Kind.REQUEST)
_ASYNC: Final = int(RequestFlag.ASYNC)
_ONE_WAY: Final = int(RequestFlag.ONE_WAY)


class RemoteLink(Link):
    """One per peer apartment."""

    is_remote = True

    def __init__(self, peer: PeerApartment, resolver: Resolver, releases: ReleaseQueue) -> None:
        self.peer = peer
        self.receiver = peer.process.process_id
        self._holdings = resolver.holdings
        self._table = resolver.table
        self._releases = releases
        self._max_bytes = resolver.table.max_message_bytes

    # ---- calls -----------------------------------------------------------------------------

    def call(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> Any:
        if state.deadline is not None:
            refuse_spent(state.deadline, method.name)
        body = method.encode_args(args)
        lines: Lines = state.home.lines  # type: ignore[union-attr]  # checked by the channel
        line = lines.take(self.peer, state)
        call = OutgoingCall(
            self._table.new_id(), method, state.own_causality(), lines.waker_of(line, state)
        )
        call.peer = self.peer
        call.args = args
        if self._table.hooks is not None:
            call.extent = self._table.hooks.begin(interface_of(manager.ipids, ipid))
        state.outgoing.append(call)
        try:
            self._send(call, line, ipid, body, state)
            while not lines.wait(call, line, state):
                self._table.cancels.expire(call)
        except CallCanceledError:  # the message filter's word
            self._table.cancels.send(call)
            raise
        finally:
            state.outgoing.pop()
            if not call.is_done:
                self._table.abandon(call, interrupted(call))
            if call_log.is_wanted():
                call_log.done(call)
            lines.give_back(line)
        state.last_hresult = call.hresult
        return call.result()

    def begin(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> OutgoingCall:
        if state.deadline is not None:
            refuse_spent(state.deadline, method.name)
        body = method.encode_args(args)
        lines: Lines = state.home.lines  # type: ignore[union-attr]  # checked by the channel
        line = lines.take_to_begin(self.peer, state)
        call = OutgoingCall(
            self._table.new_id(), method, state.own_causality(), lines.waker_of(line, state)
        )
        call.peer = self.peer
        call.args = args
        call.callee = manager
        call.is_async = True
        if self._table.hooks is not None:
            call.extent = self._table.hooks.begin(interface_of(manager.ipids, ipid))
        self._send(call, line, ipid, body, state)
        if call.deadline is not None:
            self._table.cancels.expire_later(call)
        return call

    def send(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> bool:
        body = method.encode_args(args)
        lines: Lines = state.home.lines  # type: ignore[union-attr]  # checked by the channel
        line = lines.take_to_begin(self.peer, state)
        call = OutgoingCall(self._table.new_id(), method, state.own_causality(), NOBODY)
        call.is_one_way = True
        if self._table.hooks is not None:
            call.extent = self._table.hooks.begin(interface_of(manager.ipids, ipid))
        error = self._send(call, line, ipid, body, state)
        if error is not None:
            self._table.one_way.note_lost(method.name, error)
            return False
        manager.last_line = line
        self._table.one_way.sent += 1
        return True

    def await_call(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        lines: Lines = state.home.lines  # type: ignore[union-attr]  # checked by the channel
        state.outgoing.append(call)
        try:
            is_done = lines.wait_begun(call, timeout_s, state)
        except CallCanceledError as error:  # the message filter's word
            self._table.cancels.send(call)
            self._table.abandon(call, error)
            return True
        finally:
            state.outgoing.pop()
        if is_done and call_log.is_wanted():
            call_log.done(call)
        return is_done

    def _send(
        self, call: OutgoingCall, line: Line, ipid: Ipid, body: bytes, state: ThreadState
    ) -> ComError | None:
        """What kept a one-way call from being handed over is returned, of others raised."""
        if len(body) > self._max_bytes:
            raise ComError(
                HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
                f"{call.method.name}: the arguments take {len(body)} bytes; the limit (setting "
                f"max_message_bytes) is {self._max_bytes}",
                executed="no",
            )
        if self.peer.process.is_dead:
            raise lost(Break.PEER_ENDED, sent=False, what=call.method.name)
        outer = state.incoming
        if outer is not None:
            call.outer = outer
        budget = None
        if state.deadline is not None:
            call.deadline = state.deadline
            budget = left_s(state.deadline)
        header = Request(
            VERSION,
            _REQUEST,
            call.id,
            ipid.bytes,
            call.method.slot,
            _ASYNC if call.is_async else _ONE_WAY if call.is_one_way else 0,
            call.causality.bytes,
            1 if outer is None else outer.depth + 1,
            budget,
            None if call.extent is None else call.extent.sent,
            state.thread_id,
        )
        if call_log.is_wanted():
            call_log.send(call, f"apartment {self.peer.oxid:016x} of {self.peer.process!r}")
        frames = encode_header(header), body
        if call.is_one_way:
            return line.send_one_way(call.method.name, frames)
        line.send(call, frames)
        return None

    # ---- references ------------------------------------------------------------------------

    def query_all(
        self, manager: ProxyManager, ipid: Ipid, iids: Sequence[Iid], state: ThreadState
    ) -> list[tuple[Ipid, int] | ComError]:
        answers = self._holdings.query(self.peer.process, ipid, iids, state)
        found: list[tuple[Ipid, int] | ComError] = []
        for iid, (hresult, known) in zip(iids, answers, strict=True):
            if hresult:
                text = f"{manager!r} does not answer {name_of(iid)}"
                found.append(ComError(HRESULT(hresult), text))
                continue
            self._holdings.took(self.peer.process, known, PUBLIC_REFS, manager.objref_flags)
            found.append((known, PUBLIC_REFS))
        return found

    def add_refs(self, manager: ProxyManager, ipid: Ipid, count: int, state: ThreadState) -> None:
        hresult = self._holdings.add_refs(self.peer.process, ipid, count, state)
        if hresult:
            raise ComError(
                HRESULT.CO_E_OBJNOTCONNECTED, f"{manager!r}: the object is not exported any more"
            )
        self._holdings.took(self.peer.process, ipid, count, manager.objref_flags)

    def query_each(
        self, ipid: Ipid, refs: int, iids: Sequence[Iid], state: ThreadState
    ) -> list[ObjRef | HRESULT]:
        answers = self._holdings.query_each(self.peer.process, ipid, refs, iids, state)
        return [
            HRESULT(found.hresult & 0xFFFFFFFF)
            if found.hresult
            else self._packet_of(found, iid, refs)
            for iid, found in zip(iids, answers, strict=True)
        ]

    def _packet_of(self, found: Found, iid: Iid, refs: int) -> ObjRef:
        oid, ipid = Oid(found.oid), Ipid(Guid(found.ipid))
        return ObjRef(iid, found.flags, refs, self.peer.oxid, oid, ipid, self.peer_bindings())

    def add_each(self, counts: Sequence[tuple[Ipid, int]], state: ThreadState) -> list[HRESULT]:
        answers = self._holdings.add_each(self.peer.process, counts, state)
        for (ipid, count), hresult in zip(counts, answers, strict=True):
            if not hresult:
                self._holdings.took(self.peer.process, ipid, count)
        return [HRESULT(hresult & 0xFFFFFFFF) for hresult in answers]

    def took(self, ref: ObjRef) -> None:
        self._holdings.took(self.peer.process, ref.ipid, ref.public_refs, ref.flags)

    def release(
        self, counts: dict[Ipid, int], state: ThreadState, behind: Line | None = None
    ) -> None:
        self._holdings.release(self.peer.process, counts, state, behind)

    def release_later(self, counts: dict[Ipid, int], behind: Line | None = None) -> None:
        self._releases.put_remote(self.peer.process, counts, behind)

    def abandon_later(self, call: OutgoingCall) -> None:
        self._releases.put_call(call)

    def cut_short(self, call: OutgoingCall, error: ComError) -> None:
        self._table.cancels.end(call, lambda _: error)

    def reference(
        self,
        manager: ProxyManager,
        iid: Any,
        ipid: Ipid,
        state: ThreadState,
        *,
        goes_to: str | None,
    ) -> ObjRef:
        spare = manager.give(ipid)
        if spare == 0:
            self.add_refs(manager, ipid, PUBLIC_REFS, state)
            spare = PUBLIC_REFS
        count = Count(ipid.bytes, spare)
        if goes_to is None or goes_to == self.receiver:
            self._holdings.moved(self.peer.process, count, goes_to or "")
        else:
            self._holdings.passed_on(self.peer.process, count, goes_to, state)
        # Ruling R-11: it says NOPING only where the object's own process does.
        flags, oxid = manager.objref_flags, self.peer.oxid
        return ObjRef(Iid(iid), flags, spare, oxid, manager.oid, ipid, self.peer_bindings())

    def peer_bindings(self) -> tuple[Binding, ...]:
        peer = self.peer
        return (
            *(Binding(Tower.APARTMENT, endpoint) for endpoint in peer.endpoints),
            *(Binding(Tower.PROCESS, endpoint) for endpoint in peer.process.endpoints),
            Binding(Tower.PROCESS_ID, peer.process.process_id),
        )
