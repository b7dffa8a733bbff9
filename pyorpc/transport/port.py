"""Port: the sockets one apartment owns, in one kept epoll set, with an eventfd for posts.

A waiting thread waits on its own sockets: `receive` is the only wait, and no thread sits between
the socket and the object. Sends may come from any thread; the lock makes each socket operation
whole. ZMQ_FD is edge-triggered and any operation may consume the edge, so a socket that was used
is *unread* until its EVENTS were looked at again, and nobody waits before that.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from threading import get_ident
from typing import Final

import zmq

from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.transport.connection import Break, Connection, LinkEnd
from pyorpc.transport.zeromq import (
    EVENTS,
    MONITORED,
    NOBLOCK,
    POLLIN,
    SNDMORE_NOBLOCK,
    RawSocket,
    ZmqSocket,
    set_heartbeat,
)
from pyorpc.wakeups import WAKEUPS

_log = logging.getLogger(__name__)

# More than this many messages of one socket in a row would starve the others.
BURST: Final = 64
LAST_BURSTS: Final = 1000
_EDGE: Final = select.EPOLLIN | select.EPOLLET


def _nothing() -> None:
    """For a descriptor that was unwatched after it became readable."""


Accept = Callable[[Connection], LinkEnd]
MakeSocket = Callable[[int], ZmqSocket]


class Port:
    """One ROUTER, one DEALER per peer, one eventfd. Satisfies the apartments' Inbox.

    `owner` is the thread that alone receives, where there is one. A `shared` Port is read by a
    pool: there a socket counts as unread only if it certainly is, since each one wakes a thread.
    """

    def __init__(
        self,
        make_socket: MakeSocket,
        accept: Accept | None = None,
        *,
        owner: int | None = None,
        shared: bool = False,
        on_break: Callable[[Connection], None] | None = None,
    ) -> None:
        self._make_socket = make_socket
        self._accept = accept
        self._owner = owner
        self._shared = shared
        self._on_break = on_break  # told by whoever reports a break: perhaps nobody receives
        self._wakeup = -1
        # Held while a shared Port's messages are delivered: two readers would change their order,
        # and a request would overtake the hello before it. No user code runs in there.
        self._delivery = threading.Lock()
        self._lock = threading.Lock()  # guards the sockets, the tables below and is_closed
        self._accepting = threading.Lock()  # guards the look for an identity in _accepted
        self._epoll = select.epoll()
        self._wakeup = os.eventfd(0, os.EFD_CLOEXEC)
        # Edge-triggered, so it need never be read: every write is a new edge.
        self._epoll.register(self._wakeup, _EDGE)
        self._sockets: dict[int, RawSocket] = {}  # by descriptor
        self._callbacks: dict[int, Callable[[], None]] = {}  # by foreign descriptor
        self._is_wake_due = False  # of a shared Port: written, and no thread has seen it yet
        # The owner has nothing to watch but its wake-ups.
        self._is_bare = owner is not None
        self._is_foreign = False
        self._unread: deque[RawSocket] = deque()
        self._accepted: dict[bytes, Connection] = {}
        self._broken: deque[tuple[Connection, Break]] = deque()
        self._router: RawSocket | None = None
        self.is_closed = False

    # ---- waiting ---------------------------------------------------------------------------

    def receive(self, timeout_s: float | None, max_events: int = -1) -> None:
        """Deliver what has arrived; if nothing has, wait for the first arrival or a wake-up.

        May return early and with nothing. Several threads may call it at once if it is shared.
        """
        if self.is_closed and not self._shared:
            raise self._closed_error()
        if self._broken:
            self._deliver_breaks()
            return  # what the caller waits for may have ended with a connection
        if self._unread and self._read_unread():
            return
        if self._is_bare and timeout_s is None:
            self._await_wakeup()
            WAKEUPS.count += 1
            return
        arrived = self._epoll.poll(timeout_s, max_events)
        WAKEUPS.count += timeout_s != 0
        for descriptor, _ in arrived:
            raw = self._sockets.get(descriptor)
            if raw is not None:
                self._read_arrived(raw)
            elif descriptor == self._wakeup:
                self._is_wake_due = False
            else:
                self._callbacks.get(descriptor, _nothing)()

    def accept_with(self, accept: Accept) -> None:
        """Who takes new identities; before the first bind."""
        self._accept = accept

    def wake(self) -> None:
        """End a `receive` in another thread, or the next one to come. Any thread.

        Of a shared Port at most one wake-up is under way: its thread, once awake, looks at all.
        """
        if self._shared:
            if self._is_wake_due:
                return
            self._is_wake_due = True
        os.eventfd_write(self._wakeup, 1)

    def fileno(self) -> int:
        """Readable while `receive(0)` has something to do; for nesting."""
        return self._epoll.fileno()

    def serve_foreign_loop(self) -> None:
        """Be readable also after what the owner does by itself, which may take the edge away."""
        self._is_foreign = True
        self.wake()

    @property
    def has_breaks(self) -> bool:
        return bool(self._broken)

    @property
    def has_unread(self) -> bool:
        return bool(self._unread or self._broken)

    # ---- connecting ------------------------------------------------------------------------

    def bind(self, endpoint: str) -> str:
        """Listen on `endpoint` too; returns it with its wildcards filled in."""
        with self._lock:
            if self.is_closed:
                raise self._closed_error()
            if self._router is None:
                self._router = RawSocket(self._make_socket(zmq.ROUTER), None)
                self._watch_locked(self._router)
            self._router.socket.bind(endpoint)
            bound = self._router.socket.getsockopt(zmq.LAST_ENDPOINT)
            self._mark_unread_locked(self._router)
        self.wake()
        return bound.rstrip(b"\0").decode() if isinstance(bound, bytes) else str(bound)

    def connect(self, endpoint: str, *, heartbeat_s: float = 0.0) -> tuple[Connection, ZmqSocket]:
        """A new connection, and the socket on which its monitor's events can be read."""
        socket = self._make_socket(zmq.DEALER)
        if heartbeat_s:
            set_heartbeat(socket, heartbeat_s)
        monitor: ZmqSocket = socket.get_monitor_socket(MONITORED)
        raw = RawSocket(socket, None)
        raw.connection = Connection(self, raw, None)
        try:
            with self._lock:
                if self.is_closed:
                    raise self._closed_error()
                socket.connect(endpoint)
                self._watch_locked(raw)
        except BaseException:
            raw.close()  # before its monitor, to which it says goodbye
            monitor.close()
            raise
        return raw.connection, monitor

    def adopt(self, socket: ZmqSocket, link: LinkEnd) -> Connection:
        """Read another socket too (a monitor, say), delivering its messages to `link`."""
        raw = RawSocket(socket, None)
        raw.connection = Connection(self, raw, None)
        raw.connection.link = link
        with self._lock:
            if self.is_closed:
                raise self._closed_error()
            self._watch_locked(raw)
        self.wake()
        return raw.connection

    def watch(self, descriptor: int, readable: Callable[[], None]) -> None:
        """Call `readable` from `receive` while `descriptor` is readable. The receiver's thread."""
        self._is_bare = False
        self._callbacks[descriptor] = readable
        self._epoll.register(descriptor, select.EPOLLIN)

    def unwatch(self, descriptor: int) -> None:
        if self._callbacks.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)
            with self._lock:
                self._is_bare = self._owner is not None and not self._sockets | self._callbacks

    def disconnect(self, connection: Connection) -> None:
        """Forget a connection; a DEALER's socket is closed. Idempotent."""
        with self._lock:
            if connection.identity is not None:
                self._accepted.pop(connection.identity, None)
            elif not connection.raw.is_closed:
                self._unwatch_locked(connection.raw)

    # ---- sending ---------------------------------------------------------------------------

    def send(self, raw: RawSocket, frames: tuple[bytes, ...]) -> None:
        """Never blocks. Raises zmq.Again where the peer's queue is full, ZMQError if unroutable."""
        send = raw.send
        with self._lock:
            try:
                for frame in frames[:-1]:
                    send(frame, SNDMORE_NOBLOCK)
                send(frames[-1], NOBLOCK)
            except zmq.ZMQError:
                # A send that fails may take the edge away, too: have somebody look.
                self._mark_unread_locked(raw)
                self.wake()
                raise
            if self._shared:
                if not raw.get(EVENTS) & POLLIN:
                    return
                self._mark_unread_locked(raw)
            elif not raw.is_unread:
                self._mark_unread_locked(raw)
        # Shared: the look at EVENTS took away the edge that would have woken a thread.
        if self._shared or (self._owner is not None and self._owner != get_ident()):
            self.wake()

    def report_break(self, connection: Connection, why: Break) -> None:
        """Any thread: a connection is dead. The next `receive` delivers what came, then tells."""
        self._broken.append((connection, why))
        self.wake()
        if self._on_break is not None:
            self._on_break(connection)

    def close(self) -> None:
        """Close every socket; wakes whoever waits. Idempotent."""
        with self._lock:
            if self.is_closed:
                return
            self.is_closed = True
            for raw in list(self._sockets.values()):
                self._unwatch_locked(raw)
            self._accepted.clear()
            os.eventfd_write(self._wakeup, 1)

    def __del__(self) -> None:
        # Not before: whoever still has this Port may wake it, closed or not, and a descriptor
        # that was given back may be another file's by then.
        if self._wakeup != -1:
            os.close(self._wakeup)

    def _await_wakeup(self) -> None:
        """A wait with no socket to watch: reading the eventfd takes two thirds of an epoll wait.

        Who adds a socket wakes the owner, which then waits for that too.
        """
        try:  # noqa: SIM105  # suppress() would take as long as the rest
            os.eventfd_read(self._wakeup)
        except InterruptedError:
            pass  # by a signal whose handler raised nothing

    def _mark_unread_locked(self, raw: RawSocket) -> None:
        if not raw.is_unread:
            raw.is_unread = True
            self._unread.append(raw)
            if self._is_foreign:
                os.eventfd_write(self._wakeup, 1)

    def _watch_locked(self, raw: RawSocket) -> None:
        self._is_bare = False
        self._sockets[raw.descriptor] = raw
        self._epoll.register(raw.descriptor, _EDGE)
        self._mark_unread_locked(raw)

    def _unwatch_locked(self, raw: RawSocket) -> None:
        self._epoll.unregister(raw.descriptor)
        del self._sockets[raw.descriptor]
        raw.close()

    def _read_unread(self) -> bool:
        """Look at the sockets that were used. False: none had anything, so one may wait now."""
        found = False
        # As many as there are now: reading may append again, and others may read too.
        for _ in range(len(self._unread)):
            with self._lock:
                if not self._unread:
                    break
                raw = self._unread.popleft()
                raw.is_unread = False
                if raw.is_closed or not raw.get(EVENTS) & POLLIN:
                    continue
            found = True
            self._read(raw, BURST)
        return found

    def _read(self, raw: RawSocket, limit: int) -> bool:
        """Take messages of one socket and deliver them. True: more may be there."""
        if not self._shared:
            return self._read_in_order(raw, limit)
        with self._delivery:
            return self._read_in_order(raw, limit)

    def _read_in_order(self, raw: RawSocket, limit: int) -> bool:
        messages: list[list[bytes]] = []
        is_drained = False
        with self._lock:
            try:
                if not raw.is_closed:
                    messages.append(raw.receive())
                    # Being told that there is no more takes twice as long as this look.
                    is_drained = not raw.get(EVENTS) & POLLIN
                while not is_drained and not raw.is_closed and len(messages) < limit:
                    messages.append(raw.receive())
            except zmq.Again:
                is_drained = True  # and the mailbox was just looked at: waiting is safe
            if not is_drained and not raw.is_closed:
                self._mark_unread_locked(raw)
        for frames in messages:
            self._deliver(raw.connection or self._sender(raw, frames), frames)
        return not is_drained and not raw.is_closed

    def _read_arrived(self, raw: RawSocket) -> None:
        """The next message alone: its thread runs it before it looks for more. All, if shared."""
        if self._shared:
            self._read(raw, BURST)
            return
        with self._lock:
            if raw.is_closed:
                return
            try:
                frames = raw.receive()
            except zmq.Again:
                return
            if not raw.is_unread:
                self._mark_unread_locked(raw)
        self._deliver(raw.connection or self._sender(raw, frames), frames)

    def _sender(self, router: RawSocket, frames: list[bytes]) -> Connection:
        """Whose message a ROUTER brought; takes the identity off the frames."""
        identity = frames.pop(0)
        connection = self._accepted.get(identity)
        if connection is not None:
            return connection
        with self._accepting:
            connection = self._accepted.get(identity)
            if connection is None:
                connection = Connection(self, router, identity)
                if self._accept is not None:
                    connection.link = self._accept(connection)
                self._accepted[identity] = connection
        return connection

    def _closed_error(self) -> ComError:
        return DisconnectedError(HRESULT.RPC_E_DISCONNECTED, "this thread's apartment has ended")

    def _deliver(self, connection: Connection, frames: list[bytes]) -> None:
        link = connection.link
        if link is None or connection.broken is not None:
            return
        try:
            link.received(frames)
        except Exception:
            # The one place where a fault of ours in handling a packet ends: the reader lives on.
            _log.exception("a packet could not be handled")

    def _deliver_breaks(self) -> None:
        while self._broken:
            try:
                connection, why = self._broken.popleft()
            except IndexError:
                return
            if connection.broken is not None:
                continue
            # What it sent before; of a ROUTER, others may send for ever.
            any(not self._read(connection.raw, BURST) for _ in range(LAST_BURSTS))
            connection.broken = why
            self.disconnect(connection)
            if connection.link is not None:
                connection.link.broke(why)
