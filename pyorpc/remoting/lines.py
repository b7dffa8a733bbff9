"""Lines: the connections of one apartment, to reach others and to be reached.

An STA's thread waits on one Port with all of them; an MTA caller takes a connection of its own for
the time of a call. What both share is here: listening, opening, greeting, forgetting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

import zmq

from pyorpc.apartment.waits import Waker
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Oxid
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.line import Line, lost
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.peer import Identity, PeerApartment, PeerProcess
from pyorpc.remoting.strangers import Strangers
from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import Port
from pyorpc.transport.run_directory import forget_endpoint
from pyorpc.transport.zeromq import ZmqSocket
from pyorpc.wire.objref import Binding, Tower
from pyorpc.wire.packets import VERSION, Goodbye, Hello, Kind, Welcome, encode_header

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.dispatcher import Dispatcher

_log = logging.getLogger(__name__)
_GOODBYE: Final = encode_header(Goodbye(VERSION, Kind.GOODBYE, 0))


class Network(Protocol):
    """What a Runtime provides to all of its apartments' lines."""

    identity: Identity
    table: CallTable
    dispatcher: Dispatcher
    handshake_s: float
    max_peers: int

    def listen_endpoints(self) -> tuple[str, ...]:
        """Fresh endpoints that an apartment of this process is to bind."""
        ...

    def process_bindings(self) -> tuple[Binding, ...]:
        """How a packet names this process and its housekeeping. Starts it."""
        ...

    def process_endpoints(self) -> list[str]: ...
    def reachable(self, peer: PeerApartment) -> str:
        """The best endpoint of a peer. Raises OR_INVALID_OXID with a text that says why."""
        ...

    def watch(self, connection: Connection, monitor: ZmqSocket) -> None:
        """Have the housekeeping thread notice the death of a connection."""
        ...

    def greeted(self, hello: Hello) -> PeerProcess:
        """A peer process has shown itself. Raises for one that is not taken."""
        ...

    def answer_lost(self, line: Line) -> None:
        """An answer could not be sent: tell the other end that the line is dead."""
        ...

    def await_late(self, line: Line, give_back: Callable[[Line], None]) -> None:
        """Have the replies read that nobody waits for on that line; then it is given back."""
        ...

    def release_arguments(self, call: OutgoingCall) -> None:
        """A call that nobody waits for has not started: take back the references in it."""

    def fence_read(self, line: Line, fence: int) -> None:
        """All before the fence was accepted: a release may have waited for that."""
        ...

    def line_ended(self, line: Line) -> None:
        """No fence comes over it any more."""
        ...

    def release_late(self, call: OutgoingCall, body: bytes) -> None:
        """Nobody waits for this reply any more: release the references in it."""
        ...


class Lines:
    """Of one apartment. `take`, `wait` and `give_back` belong to its kinds."""

    def __init__(self, oxid: Oxid, network: Network) -> None:
        self.oxid = oxid
        self.network = network
        self.table = network.table
        self.dispatcher = network.dispatcher
        self._lock = threading.Lock()  # guards _listening and opening
        self._listening: tuple[str, ...] = ()
        self.primary: dict[int, Line] = {}  # by the peer's OXID; opened by either side
        self._by_token: dict[bytes, Line] = {}  # accepted ones
        self.strangers = Strangers(network.max_peers)
        self.port: Port

    # ---- being reached ---------------------------------------------------------------------

    def bindings(self) -> tuple[Binding, ...]:
        """What a packet that leaves the process says about this apartment. Binds on first use."""
        with self._lock:
            if not self._listening:
                endpoints = self.network.listen_endpoints()
                self._listening = tuple(self.port.bind(endpoint) for endpoint in endpoints)
        own = tuple(Binding(Tower.APARTMENT, endpoint) for endpoint in self._listening)
        return own + self.network.process_bindings()

    def accept(self, connection: Connection) -> Line:
        """A Port's new identity. Who it is, its HELLO says."""
        self.strangers.add(connection)
        return Line(connection, self, self.table)

    def greeted(self, line: Line, hello: Hello) -> None:
        if not hello.oxid or not hello.token or hello.token in self._by_token:
            text = "this HELLO does not belong on a data link"
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")
        if len(self._by_token) >= LINES_PER_PEER * self.network.max_peers:
            text = f"{len(self._by_token)} connections are open here"
            raise ComError(HRESULT.RPC_E_OUT_OF_RESOURCES, text, executed="no")
        line.in_flight = self.network.greeted(hello).in_flight
        line.oxid, line.process_id, line.token = hello.oxid, hello.process_id, hello.token
        self._by_token[hello.token] = line
        self.strangers.discard(line.connection)
        if hello.is_primary:
            known = self.primary.get(hello.oxid)
            if known is None or known.connection.identity is not None:
                self.primary[hello.oxid] = line  # it dials again where its first one broke
        who = self.network.identity
        welcome = Welcome(
            VERSION, Kind.WELCOME, 0, self.oxid, who.process_id, who.host, who.pid, []
        )
        line.send_header(encode_header(welcome))

    def welcomed(self, line: Line, welcome: Welcome) -> None:
        line.process_id = welcome.process_id
        line.is_welcomed = True
        line.wake_waiters()

    # ---- reaching --------------------------------------------------------------------------

    def open(self, port: Port, peer: PeerApartment, *, is_primary: bool) -> Line:
        """A new connection to `peer`, its HELLO sent. Raises OR_INVALID_OXID if unreachable."""
        connection, monitor = port.connect(self.network.reachable(peer))
        line = Line(connection, self, self.table)
        line.oxid, line.process_id = peer.oxid, peer.process.process_id
        line.in_flight = peer.process.in_flight
        line.token = Guid.new().bytes
        connection.link = line
        self.network.watch(connection, monitor)
        who = self.network.identity
        hello = Hello(
            VERSION,
            Kind.HELLO,
            0,
            self.oxid,
            who.process_id,
            who.host,
            who.pid,
            is_primary,
            line.token,
            self.network.process_endpoints(),
        )
        try:
            connection.send((encode_header(hello),))
        except zmq.ZMQError as error:  # refused, and closed by the Port's reader, in this moment
            raise lost(Break.REFUSED, sent=False, what=f"reaching {peer.process!r}") from error
        return line

    def forget(self, line: Line) -> None:
        """A line is dead."""
        if self.primary.get(line.oxid) is line:
            del self.primary[line.oxid]
        self._by_token.pop(line.token, None)
        self.strangers.discard(line.connection)
        line.connection.close()
        self.network.line_ended(line)

    def named(self, token: bytes) -> Line | None:
        """The line that its opener, there or here, calls by that name."""
        opened = (line for line in self.all_lines() if line.token == token)
        return self._by_token.get(token) or next(opened, None)

    def late_reply(self, line: Line, call_id: int, body: bytes) -> None:
        call = self.table.abandoned.get(call_id)
        if call is None or call.line is not line:
            _log.warning("process %s answered call %d, unknown here", line.process_id, call_id)
            return
        self.table.abandoned.pop(call_id, None)
        self.table.cancels.forget(call)
        call.learn("yes", "finished anyway")
        self.network.release_late(call, body)

    # ---- of each kind ----------------------------------------------------------------------

    def take(self, peer: PeerApartment, state: ThreadState) -> Line:
        """A line for one synchronous call of this thread."""
        raise NotImplementedError

    def take_to_begin(self, peer: PeerApartment, state: ThreadState) -> Line:
        """The line that the thread's asynchronous calls go over."""
        raise NotImplementedError

    def waker_of(self, line: Line, state: ThreadState) -> Waker:
        """What wakes this thread while it waits for a call on that line."""
        raise NotImplementedError

    def wait(self, call: OutgoingCall, line: Line, state: ThreadState) -> bool:
        """Until the call is done, serving what must be served meanwhile. False: it is overdue."""
        raise NotImplementedError

    def wait_begun(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        """Wait for an asynchronous call; any thread of the apartment may. False: time ran out."""
        raise NotImplementedError

    def give_back(self, line: Line) -> None:
        """The call is over."""

    def lines_to(self, process_id: str) -> list[Line]:
        """All lines to that process."""
        return [line for line in self.all_lines() if line.process_id == process_id]

    def all_lines(self) -> list[Line]:
        return [*self.primary.values(), *self._by_token.values()]

    def _say_goodbye(self, lines: Iterable[Line]) -> None:
        """Last of all on each line that was opened here; a ROUTER does not notice their ends."""
        for line in lines:
            if line.connection.identity is None and line.connection.broken is None:
                line.send_header(_GOODBYE)

    def close(self) -> None:
        """Close the connections; calls that still wait for one of them end.

        What has come by then is read: its apartment refuses it, and so its caller knows its fate.
        """
        with suppress(ComError):
            self.port.receive(0)
            while self.port.has_unread:
                self.port.receive(0)
        self._say_goodbye(self.all_lines())
        self.port.close()
        for line in self.all_lines():
            line.wake_waiters()
        for endpoint in self._listening:
            forget_endpoint(endpoint)
        for call in list(self.table.outgoing.values()):
            if call.line is not None and getattr(call.line, "lines", None) is self:
                self.table.finish(call, lost(Break.CUT, sent=True, what=call.method.name))
        for call in list(self.table.abandoned.values()):
            if getattr(call.line, "lines", None) is self:
                self.table.forget_owed(call.line)


# On average: each thread of a peer's MTA that calls has a connection of its own.
LINES_PER_PEER: Final = 16


def unreachable(peer: PeerApartment, why: str) -> ComError:
    return ComError(
        HRESULT.OR_INVALID_OXID,
        f"apartment {peer.oxid:016x} of {peer.process!r} cannot be reached: {why}",
        executed="no",
    )
