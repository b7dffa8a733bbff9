"""Makes ZeroMQ sockets with every default changed that must not be left as it is."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import zmq

if TYPE_CHECKING:
    from pyorpc.transport.connection import Connection

# pyzmq's socket type is generic over what receiving yields.
ZmqContext: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"
ZmqSocket: TypeAlias = "zmq.Socket[bytes]"

LINGER_MS: Final = 500
RECONNECT_IVL_MS: Final = 100
MAX_SOCKETS: Final = 16_384
# A socket takes three descriptors.
DESCRIPTORS: Final = 3 * MAX_SOCKETS
# Above the in-flight limit, so that a reply never finds the pipe full.
SNDHWM: Final = 50_000


# Plain numbers: combining pyzmq's enum members costs more than a send.
NOBLOCK: Final = int(zmq.NOBLOCK)
SNDMORE_NOBLOCK: Final = int(zmq.NOBLOCK) | int(zmq.SNDMORE)
POLLIN: Final = int(zmq.POLLIN)
EVENTS: Final = int(zmq.EVENTS)
# What is to be told of a connection.
MONITORED: Final = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_MONITOR_STOPPED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class RawSocket:
    """A socket with pyzmq's own C methods bound once: its Python wrappers cost twice as much."""

    __slots__ = (
        "_is_router",
        "_receive",
        "_receive_frame",
        "connection",
        "descriptor",
        "get",
        "is_closed",
        "is_unread",
        "send",
        "socket",
    )

    def __init__(self, socket: ZmqSocket, connection: Connection | None) -> None:
        self.socket = socket
        self.connection = connection  # of a DEALER; a ROUTER has one for each identity
        raw: Any = super(zmq.Socket, socket)
        self.send: Callable[[bytes, int], object] = raw.send
        self.get: Callable[[int], int] = raw.get
        self._receive: Callable[[int], bytes] = raw.recv
        self._receive_frame: Callable[[int, bool], zmq.Frame] = raw.recv
        descriptor = socket.getsockopt(zmq.FD)
        assert isinstance(descriptor, int)
        self.descriptor = descriptor
        self._is_router = socket.getsockopt(zmq.TYPE) == zmq.ROUTER
        self.is_unread = False
        self.is_closed = False

    def receive(self) -> list[bytes]:
        """The frames of the next message. Raises zmq.Again where there is none."""
        # A ROUTER puts the sender's identity before a message, so more will come: no Frame is
        # needed to ask.
        frames = [self._receive(NOBLOCK)] if self._is_router else []
        frame = self._receive_frame(NOBLOCK, False)
        frames.append(frame.bytes)
        # Not RCVMORE, which costs as much as receiving a frame.
        while frame.more:
            frame = self._receive_frame(NOBLOCK, False)
            frames.append(frame.bytes)
        return frames

    def close(self) -> None:
        """Idempotent. Under its Port's lock."""
        if not self.is_closed:
            self.is_closed = True
            self.socket.disable_monitor()
            self.socket.close()


def make_context() -> ZmqContext:
    """A context whose limits allow thousands of links."""
    _raise_descriptor_limit()
    context: ZmqContext = zmq.Context()
    context.set(zmq.MAX_SOCKETS, MAX_SOCKETS)
    return context


def make_socket(
    context: ZmqContext, kind: int, *, max_message_bytes: int, handshake_s: float
) -> ZmqSocket:
    socket: ZmqSocket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, LINGER_MS)
    # Per frame, and it cuts the connection: the sender's own check is the first line of defence.
    socket.setsockopt(zmq.MAXMSGSIZE, max_message_bytes + 65_536)
    socket.setsockopt(zmq.SNDHWM, SNDHWM)
    socket.setsockopt(zmq.RCVHWM, SNDHWM)
    socket.setsockopt(zmq.HANDSHAKE_IVL, int(handshake_s * 1000))
    # A positive interval and IMMEDIATE 0: otherwise replies that had arrived are lost on a break.
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_IVL_MS)
    socket.setsockopt(zmq.IMMEDIATE, 0)
    if kind == zmq.ROUTER:
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    return socket


def set_heartbeat(socket: ZmqSocket, period_s: float) -> None:
    """Have libzmq beat: its own thread does, so a busy servant is never taken for dead."""
    socket.setsockopt(zmq.HEARTBEAT_IVL, int(period_s * 1000))
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, int(period_s * 2000))


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
