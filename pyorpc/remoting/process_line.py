"""ProcessLine: one connection of a process link, between the housekeeping of two processes.

Read by the housekeeping thread; any thread may send. Each kind of packet has one short method.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import zmq

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.acquaintance import expect
from pyorpc.remoting.introduction import no_hello
from pyorpc.remoting.line import ANSWERS, body_of, decode_prefix_or_log, error_of, lost
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.sight import Sight
from pyorpc.transport.connection import Break, Connection
from pyorpc.wire.codec import encode
from pyorpc.wire.packets import (
    MAX_LONG_HEADER,
    VERSION,
    Fault,
    Kind,
    Packet,
    Reply,
    decode_header,
    encode_header,
)

if TYPE_CHECKING:
    from pyorpc.remoting.peer import PeerProcess
    from pyorpc.remoting.reference_desk import ReferenceDesk
    from pyorpc.remoting.resolver import Resolver

_log = logging.getLogger(__name__)
_EMPTY_BODY: Final = b"\x90"


class ProcessLine:
    """A LinkEnd. `peer` is known once either side has said who it is."""

    def __init__(self, connection: Connection, resolver: Resolver, desk: ReferenceDesk) -> None:
        self.connection = connection
        self.peer: PeerProcess | None = None
        self._resolver = resolver
        self._desk = desk
        self._table = resolver.table
        self._handlers: dict[int, Callable[[Any, bytes], None]] = {
            Kind.HELLO: self._hello,
            Kind.WELCOME: self._welcome,
            Kind.REPLY: self._reply,
            Kind.FAULT: self._fault,
            Kind.CLAIM: self._claim,
            Kind.TRANSFER: self._transfer,
            Kind.RELEASE: self._release,
            Kind.ADD_REF: self._add_ref,
            Kind.QUERY_INTERFACE: self._query_interface,
            Kind.PING: self._ping,
            Kind.CANCEL: self._cancel,
            Kind.CANCEL_ACK: self._cancel_ack,
            Kind.GOODBYE: self._goodbye,
            Kind.BOOTSTRAP: self._bootstrap,
            Kind.LINK_BROKEN: self._link_broken,
            Kind.WAIT_PROBE: self._wait_probe,
            Kind.LOOK: self._look,
        }

    # ---- sending ---------------------------------------------------------------------------

    def send(self, packet: Packet, body: bytes = _EMPTY_BODY) -> bool:
        """False: the connection is dead, or the peer takes no more; it is logged."""
        try:
            if self.connection.broken is None:
                self.connection.send((encode_header(packet), body))
                return True
        except zmq.ZMQError as error:
            # A peer that has closed its end is ending, as processes do; who waits will be told.
            level = logging.DEBUG if error.errno == zmq.EHOSTUNREACH else logging.WARNING
            _log.log(level, "%s to %r not sent: %s", type(packet).__name__, self.peer, error)
        return False

    def ask(self, call: OutgoingCall, packet: Packet) -> None:
        """Send a packet that owes a REPLY. Raises with executed `no`."""
        call.line = self  # type: ignore[assignment]  # compared by identity only
        self._table.outgoing[call.id] = call
        if packet.kind != Kind.RELEASE:
            self._table.requests_sent += 1
        if not self.send(packet):
            self._table.unsent(call)
            raise lost(Break.REFUSED, sent=False, what=f"reaching {self.peer!r}")

    # ---- receiving -------------------------------------------------------------------------

    def received(self, frames: list[bytes]) -> None:
        prefix = decode_prefix_or_log(frames[0], self.peer.process_id if self.peer else "")
        if prefix is None:
            return
        try:
            header = decode_header(prefix, frames[0])
            body = body_of(frames)
            handler = self._handlers.get(prefix.kind)
            if handler is None:
                raise ComError(
                    HRESULT.RPC_E_INVALID_HEADER,
                    f"{type(header).__name__} does not belong on a process link",
                    executed="no",
                )
            handler(header, body)
        except ComError as error:
            self._refuse(prefix, error)

    def broke(self, why: Break) -> None:
        for call in list(self._table.outgoing.values()):
            if call.line is self:  # type: ignore[comparison-overlap]
                self._table.finish(call, lost(why, sent=True, what=call.method.name))
        for call_id in list(self._table.abandoned):
            self._abandoned(call_id)
        self._resolver.process_line_broke(self)

    def _refuse(self, prefix: Packet, error: ComError) -> None:
        _log.warning("%r: %s", self.peer, error)
        call = self._table.outgoing.get(prefix.call_id)
        if prefix.kind not in ANSWERS:
            self._fault_for(prefix, error)
        elif call is not None and call.line is self:  # type: ignore[comparison-overlap]
            self._table.finish(call, ComError(error.hresult, f"the answer: {error.description}"))

    def _fault_for(self, prefix: Packet, error: ComError) -> None:
        self.send(
            Fault(VERSION, Kind.FAULT, prefix.call_id, int(error.hresult), "no", error.description)
        )

    def answer(self, call_id: int, value: object, hresult: int = 0) -> None:
        self.send(Reply(VERSION, Kind.REPLY, call_id, hresult), encode(value))

    # ---- packets ---------------------------------------------------------------------------

    def _hello(self, header: Any, body: bytes) -> None:
        if self.peer is not None or header.oxid or header.token:
            text = "a second HELLO, or one that does not belong on a process link"
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")
        self.peer = self._resolver.introduced(header, self)
        self._resolver.strangers.discard(self.connection)
        self.send(self._resolver.welcome())

    def _welcome(self, header: Any, body: bytes) -> None:
        if self.connection.identity is not None:
            text = "a WELCOME from who should have sent a HELLO"
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")
        self._resolver.welcomed(self, header)

    def _reply(self, header: Any, body: bytes) -> None:
        call = self._table.outgoing.get(header.call_id)
        if call is not None and call.line is self:  # type: ignore[comparison-overlap]
            if len(body) > MAX_LONG_HEADER:
                text = f"an answer of {len(body)} bytes"
                raise ComError(HRESULT.RPC_X_BAD_STUB_DATA, text)
            self._table.replied(header.call_id, header.hresult, body)
            return
        call = self._abandoned(header.call_id)
        if call is not None:
            call.body = body
            self._resolver.holdings.granted_late(self.known_peer(), call)

    def _abandoned(self, call_id: int) -> OutgoingCall | None:
        """A question of ours that nobody waits for any more; this is its answer."""
        call = self._table.abandoned.get(call_id)
        if call is None or call.line is not self:  # type: ignore[comparison-overlap]
            return None
        return self._table.abandoned.pop(call_id, None)

    def _fault(self, header: Any, body: bytes) -> None:
        call = self._table.outgoing.get(header.call_id)
        if call is not None and call.line is self:  # type: ignore[comparison-overlap]
            self._table.finish(call, error_of(header))
        elif self._abandoned(header.call_id) is not None:
            return
        elif header.hresult == HRESULT.OR_INVALID_SET and self.peer is not None:
            self._resolver.holdings.claim_again(self.peer, header.call_id)

    def _claim(self, header: Any, body: bytes) -> None:
        peer = self.known_peer()
        if header.call_id:
            self._desk.claimed_again(peer, header.counts)
        else:
            self._desk.claimed(peer, header.counts, header.receiver)

    def _transfer(self, header: Any, body: bytes) -> None:
        peer = self.known_peer()
        if header.receiver:
            expect(self._resolver, header.receiver, header.endpoints)
        self._desk.transferred(peer, header.counts, header.receiver)
        if header.call_id:
            self.answer(header.call_id, [])

    def _release(self, header: Any, body: bytes) -> None:
        if header.fence:
            self._desk.released_behind(self.known_peer(), header, self)
        else:
            self._desk.released(self.known_peer(), header.counts, self, header.call_id)

    def _add_ref(self, header: Any, body: bytes) -> None:
        results = self._desk.add_refs(self.known_peer(), header.counts)
        self.answer(header.call_id, results, HRESULT.S_FALSE if any(results) else HRESULT.S_OK)

    def _query_interface(self, header: Any, body: bytes) -> None:
        self._desk.query(self.known_peer(), header, self)

    def _ping(self, header: Any, body: bytes) -> None:
        if not self._desk.pinged(self.known_peer(), header.references, header.call_id):
            raise ComError(
                HRESULT.OR_INVALID_SET, "this process does not know what you hold", executed="no"
            )

    def _cancel(self, header: Any, body: bytes) -> None:
        self._resolver.cancels.received(self, header)

    def _cancel_ack(self, header: Any, body: bytes) -> None:
        self._resolver.cancels.acknowledged(self.known_peer(), header)

    def _goodbye(self, header: Any, body: bytes) -> None:
        if self.peer is not None:
            self._resolver.peer_ended(self.peer)

    def _bootstrap(self, header: Any, body: bytes) -> None:
        self.known_peer()
        self._resolver.bootstrap(self, header.call_id)

    def _link_broken(self, header: Any, body: bytes) -> None:
        self._resolver.link_broken(self.known_peer(), header.token)

    def _wait_probe(self, header: Any, body: bytes) -> None:
        self._resolver.deadlocks.probed(self.known_peer(), header)

    def _look(self, header: Any, body: bytes) -> None:
        self.answer(header.call_id, Sight(self._resolver.office).answer(header, self.known_peer()))

    def known_peer(self) -> PeerProcess:
        if self.peer is None:
            raise no_hello()
        return self.peer
