"""Line: a data link, one connection between two apartments. Requests and replies go both ways.

Read by the thread that waits on its Port. It turns frames into packets and packets into frames.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, get_args

import zmq

from pyorpc.apartment.waits import Waker
from pyorpc.errors import HRESULT, ComError, Executed, Outcome
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.introduction import no_hello
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.remote_traceback import show
from pyorpc.transport.connection import Break, Connection
from pyorpc.wire.error_info import LONGEST_TEXT, info_in, sendable
from pyorpc.wire.packets import (
    VERSION,
    Fault,
    Goodbye,
    Hello,
    Kind,
    Packet,
    Release,
    Reply,
    Welcome,
    decode_header,
    decode_prefix,
    encode_header,
)

if TYPE_CHECKING:
    from pyorpc.remoting.lines import Lines
    from pyorpc.remoting.peer import PeerApartment

_log = logging.getLogger(__name__)
_EMPTY_BODY = b"\x90"
# Plain numbers: an enumeration's member is looked up and encoded far more slowly.
_REPLY: Final = int(Kind.REPLY)
_REQUEST: Final = int(Kind.REQUEST)
# What is never answered: two processes would answer each other for ever.
ANSWERS: Final = frozenset({Kind.REPLY, Kind.FAULT, Kind.WELCOME, Kind.CANCEL_ACK})
OUTCOMES: Final = get_args(Outcome)


class Line:
    """A LinkEnd. `oxid` and `process_id` are the peer's, once they are known."""

    __slots__ = (
        "_table",
        "connection",
        "in_flight",
        "is_welcomed",
        "lines",
        "oxid",
        "port",
        "process_id",
        "refusal",
        "token",
        "welcome_waiters",
    )

    def __init__(self, connection: Connection, lines: Lines, table: CallTable) -> None:
        self.connection = connection
        self.port = connection.port
        self.lines = lines
        self._table = table
        self.oxid = 0
        self.process_id = ""
        self.token = b""
        self.is_welcomed = False
        self.welcome_waiters: list[Waker] = []
        self.in_flight: set[int] = set()  # of the peer process, whichever line its calls came over
        # What requests get that come over it; None: they are taken.
        self.refusal = None if connection.identity is None else no_hello()

    # ---- sending ---------------------------------------------------------------------------

    def send(self, call: OutgoingCall, frames: tuple[bytes, ...]) -> None:
        """Send a request and enter its call in the table. Raises with executed `no`."""
        call.line = self
        self._table.outgoing[call.id] = call
        self._table.requests_sent += 1
        try:
            if self.connection.broken is not None:
                raise lost(self.connection.broken, sent=False)
            self.connection.send(frames)
        except zmq.Again:
            self._table.unsent(call)
            raise _full(call.method.name) from None
        except (zmq.ZMQError, ComError) as error:
            self._table.unsent(call)
            raise lost(Break.REFUSED, sent=False) from error

    def send_one_way(self, name: str, frames: tuple[bytes, ...]) -> ComError | None:
        """Send a request that gets no answer. Returns what kept it from being handed over."""
        try:
            if self.connection.broken is not None:
                return lost(self.connection.broken, sent=False, what=name)
            self.connection.send(frames)
        except zmq.Again:
            return _full(name)
        except (zmq.ZMQError, ComError):
            return lost(Break.REFUSED, sent=False, what=name)
        return None

    def send_fence(self, fence: int) -> bool:
        """Mark how far its one-way calls have come. False: the line is dead, or takes no more."""
        if self.connection.broken is not None:
            return False
        try:
            self.connection.send((encode_header(Release(VERSION, Kind.RELEASE, fence, [])),))
        except zmq.ZMQError:
            return False
        return True

    def leads_to(self, peer: PeerApartment) -> bool:
        """Whether the other end is of that process; any process can call itself any apartment."""
        return self.process_id == peer.process.process_id

    def reply(
        self, call_id: int, hresult: int, body: bytes, extensions: dict[bytes, bytes] | None = None
    ) -> bool:
        """Answer a request with its results. Never raises; False: the connection is dead."""
        header = encode_header(Reply(VERSION, _REPLY, call_id, hresult, extensions))
        return self._send_answer(header, body)

    def fault(
        self,
        call_id: int,
        error: ComError,
        traceback: str | None = None,
        extensions: dict[bytes, bytes] | None = None,
    ) -> None:
        """Answer a request with a failure. Never raises."""
        header = Fault(
            VERSION,
            Kind.FAULT,
            call_id,
            int(error.hresult),
            error.executed,
            sendable(error.description, LONGEST_TEXT),
            None if traceback is None else sendable(traceback, LONGEST_TEXT),
            error.outcome,
            extensions,
            error.callee,
        )
        self._send_answer(encode_header(header), _EMPTY_BODY)

    def send_header(self, header: bytes) -> None:
        """Send a packet without a body; lost with the connection if that has just died."""
        self._send_answer(header, _EMPTY_BODY)

    def _send_answer(self, header: bytes, body: bytes) -> bool:
        if self.connection.broken is not None:
            return False  # its socket may still take it, and nobody would read it
        try:
            self.connection.send((header, body))
            return True
        except zmq.ZMQError as error:
            # It takes no more, or is gone: its caller must not wait for this answer for ever.
            _log.warning("an answer to process %s could not be sent: %s", self.process_id, error)
            self.connection.break_off(Break.CUT)
            self.lines.network.answer_lost(self)
            return False

    # ---- receiving -------------------------------------------------------------------------

    def received(self, frames: list[bytes]) -> None:
        prefix = decode_prefix_or_log(frames[0], self.process_id)
        if prefix is None:
            return
        try:
            header = decode_header(prefix, frames[0])
            body = frames[1] if len(frames) == 2 else body_of(frames)
            if prefix.kind == _REPLY:
                self._replied(header, body)
            elif prefix.kind == _REQUEST:
                if self.refusal is None:
                    self.lines.dispatcher.request(self, header, body)
                else:
                    self._refuse(prefix, self.refusal)
            else:
                self._received_other(header)
        except ComError as error:
            self._refuse(prefix, error)

    def _refuse(self, prefix: Packet, error: ComError) -> None:
        """Answer what is no proper packet; a proper answer to it could only be a FAULT."""
        _log.warning("process %s: %s", self.process_id or "?", error)
        if prefix.kind not in ANSWERS:
            self.fault(prefix.call_id, error)
            return
        call = self._table.outgoing.get(prefix.call_id)
        if call is not None and call.line is self:
            self._table.finish(call, ComError(error.hresult, f"the answer: {error.description}"))

    def _received_other(self, header: object) -> None:
        if isinstance(header, Fault):
            self._failed(header)
        elif isinstance(header, Hello):
            self._greeted(header)
        elif isinstance(header, Welcome) and self.connection.identity is None:
            self.lines.welcomed(self, header)
        elif isinstance(header, Goodbye):
            self.connection.break_off(Break.CUT)
        elif isinstance(header, Release) and not header.counts and self.refusal is None:
            self.lines.network.fence_read(self, header.call_id)
        else:
            raise ComError(
                HRESULT.RPC_E_INVALID_HEADER,
                f"{type(header).__name__} does not belong on this end of a data link",
                executed="no",
            )

    def _greeted(self, hello: Hello) -> None:
        if self.process_id:
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, "a second HELLO", executed="no")
        try:
            self.lines.greeted(self, hello)
        except ComError as error:
            self.refusal = error
            raise
        self.refusal = None

    def _replied(self, header: Reply, body: bytes) -> None:
        call = self._table.outgoing.get(header.call_id)
        if call is None or call.line is not self:
            self.lines.late_reply(self, header.call_id, body)
            return
        limits = self._table.limits
        if len(body) > limits.harmless:
            limits.check(body, call.method.result_growth, f"{call.method.name}: the results")
        if header.extensions is not None:
            call.received(header.extensions)
        if self._table.replied(header.call_id, header.hresult, body) is None:
            self.lines.late_reply(self, header.call_id, body)  # given up in this moment

    def _failed(self, header: Fault) -> None:
        call = self._table.outgoing.get(header.call_id)
        if call is not None and call.extent is not None and header.extensions is not None:
            call.extent.received = header.extensions
        if call is not None and call.line is self and self._table.finish(call, self._told(header)):
            return
        call = self._table.abandoned.get(header.call_id)
        if call is not None and call.line is self:
            self._table.abandoned.pop(header.call_id, None)
            self._table.cancels.forget(call)
            if header.executed == "no":
                self.lines.network.release_arguments(call)
            elif header.executed == "yes":
                call.learn("yes", _outcome(header) or "finished anyway")
        elif header.call_id == 0 and self.connection.identity is None and not self.is_welcomed:
            _log.warning("process %s refused the hello: %s", self.process_id, header.description)
            self.connection.break_off(Break.REFUSED)

    def _told(self, header: Fault) -> ComError:
        error = error_of(header)
        if self._table.has_tracebacks:
            show(error)
        return error

    def broke(self, why: Break) -> None:
        for call in list(self._table.outgoing.values()):
            if call.line is self:
                self._table.finish(call, self._lost(why, call.method.name))
        self._table.forget_owed(self)
        self.lines.forget(self)
        self.wake_waiters()

    def _lost(self, why: Break, what: str) -> ComError:
        error = lost(why, sent=True, what=what)
        if why is Break.PEER_ENDED and not self.is_welcomed:
            # It never answered anything on this line: most likely it was gone before.
            error.hresult = HRESULT.RPC_S_SERVER_UNAVAILABLE
        return error

    def wake_waiters(self) -> None:
        for waiter in list(self.welcome_waiters):
            waiter.wake()


def decode_prefix_or_log(frame: bytes, process_id: str) -> Packet | None:
    """The prefix of a header; a message without one cannot be answered, only logged."""
    try:
        return decode_prefix(frame)
    except ComError as error:
        _log.warning("dropped a message of process %s: %s", process_id or "?", error.description)
        return None


def body_of(frames: list[bytes]) -> bytes:
    """The body of a message. Raises RPC_E_INVALID_HEADER for more frames than anybody knows."""
    if len(frames) <= 2:
        return frames[1] if len(frames) == 2 else _EMPTY_BODY
    raise ComError(
        HRESULT.RPC_E_INVALID_HEADER,
        f"a message of {len(frames)} frames; there are a header and a body",
        executed="no",
    )


def error_of(fault: Fault) -> ComError:
    """The error that a FAULT carries, as the caller raises it."""
    executed: Executed = fault.executed if fault.executed in ("no", "yes") else "unknown"  # type: ignore[assignment]
    code = HRESULT(fault.hresult & 0xFFFFFFFF)
    if code is HRESULT.RPC_X_BAD_STUB_DATA and executed == "no":
        # What only the callee could check was wrong with the caller's arguments.
        code = HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    error = ComError(code, fault.description, executed=executed)
    error.outcome = _outcome(fault)
    error.remote_traceback = fault.traceback
    error.callee = fault.thread
    if fault.extensions is not None:
        error.error_info = info_in(fault.extensions)
    return error


def _outcome(fault: Fault) -> Outcome | None:
    return fault.outcome if fault.outcome in OUTCOMES else None  # type: ignore[return-value]


def _full(name: str) -> ComError:
    text = f"{name}: the queue to the peer is full; try later"
    return ComError(HRESULT.RPC_E_SERVERCALL_RETRYLATER, text, executed="no")


def lost(why: Break, *, sent: bool, what: str = "the call") -> ComError:
    """What a call ends with when its connection is dead."""
    if why is Break.REFUSED or not sent:
        return ComError(
            HRESULT.RPC_S_SERVER_UNAVAILABLE,
            f"{what}: {Break.REFUSED.value}: the server has ended or was never there",
            executed="no",
        )
    return ComError(HRESULT.RPC_S_CALL_FAILED, f"{what}: {why.value} during the call")
