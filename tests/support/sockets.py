"""Ports over real sockets, for tests: one ZeroMQ context that must end with nothing left open."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import Port
from pyorpc.transport.zeromq import ZmqContext, ZmqSocket, make_context, make_socket
from tests.support.waiting import DEADLINE_S
from tests.support.work import Running


class End:
    """A LinkEnd that records what it got; with `answer`, what it does with each message."""

    def __init__(self, answer: Callable[[list[bytes]], object] | None = None) -> None:
        self.connection: Connection | None = None
        self.messages: list[list[bytes]] = []
        self.breaks: list[Break] = []
        self.threads: set[int] = set()
        self.answer = answer

    def received(self, frames: list[bytes]) -> None:
        self.threads.add(threading.get_ident())
        self.messages.append(frames)
        if self.answer is not None:
            self.answer(frames)

    def broke(self, why: Break) -> None:
        self.breaks.append(why)


class Ends:
    """An Accept: a new End for each identity, kept in order."""

    def __init__(self) -> None:
        self.all: list[End] = []

    def __call__(self, connection: Connection) -> End:
        end = End()
        end.connection = connection
        self.all.append(end)
        return end

    @property
    def messages(self) -> list[list[bytes]]:
        return [message for end in self.all for message in end.messages]


class Sockets:
    """Makes Ports and closes them."""

    def __init__(self, context: ZmqContext) -> None:
        self.context = context
        self.ports: list[Port] = []
        self.made: list[ZmqSocket] = []
        self.monitors: list[ZmqSocket] = []
        self._endpoints = 0

    def make_socket(self, kind: int) -> ZmqSocket:
        socket = make_socket(self.context, kind, max_message_bytes=1_000_000, handshake_s=5)
        self.made.append(socket)
        return socket

    def port(self, accept: Any = None, **options: Any) -> Port:
        port = Port(self.make_socket, accept, **options)
        self.ports.append(port)
        return port

    def own_port(self, accept: Any = None) -> Port:
        """A Port that the calling thread reads."""
        return self.port(accept, owner=threading.get_ident())

    def endpoint(self) -> str:
        self._endpoints += 1
        return f"ipc://{os.environ['XDG_RUNTIME_DIR']}/{self._endpoints}"

    def connect(self, port: Port, endpoint: str, end: End | None = None) -> Connection:
        connection, monitor = port.connect(endpoint)
        # Kept open: libzmq says goodbye to its monitor, and would wait for ever to.
        self.monitors.append(monitor)
        connection.link = end
        return connection

    def pair(self, accept: Ends, end: End) -> tuple[Port, Port, Connection]:
        """A Port that listens and one that has connected, both read by the calling thread."""
        listening, connecting = self.own_port(accept), self.own_port()
        connection = self.connect(connecting, listening.bind(self.endpoint()), end)
        return listening, connecting, connection


def is_readable(port: Port, timeout_s: float = 0.0) -> bool:
    return bool(select.select([port.fileno()], [], [], timeout_s)[0])


def number(frame: bytes) -> int:
    return int.from_bytes(frame, "big")


def receive_until(port: Port, condition: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < give_up_at, "it has not come"
        port.receive(0.1)


@contextmanager
def sockets() -> Generator[Sockets]:
    """At the end every Port is closed, and no socket of the context may be open any more."""
    context = make_context()
    made = Sockets(context)
    try:
        yield made
    finally:
        for port in made.ports:
            port.close()
        left_open = [socket for socket in made.made if not socket.closed]
        for socket in left_open:
            socket.close(linger=0)
        for monitor in made.monitors:
            monitor.close()
        Running(context.term).join()
    assert left_open == []
    assert context.closed
