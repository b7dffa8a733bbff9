"""visit: asks processes what goes on in them (LOOK), without a Runtime of one's own.

It has a socket for each process, listens nowhere, says goodbye, and leaves nothing behind. All are
asked at once, so that those who do not answer cost one wait together. One thread.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeAlias

import zmq

from pyorpc.errors import HRESULT, CallTimeoutError, ComError
from pyorpc.remoting.peer import Identity, new_identity
from pyorpc.transport.zeromq import ZmqContext, ZmqSocket
from pyorpc.wire.packets import (
    VERSION,
    Fault,
    Goodbye,
    Hello,
    Kind,
    Look,
    Packet,
    Reply,
    decode_header,
    decode_prefix,
    encode_header,
)
from pyorpc.wire.sight import decode_seen

Answer: TypeAlias = Any
"""A record of wire/sight.py, or the ComError that came instead."""

_EMPTY_BODY: Final = b"\x90"
_LINGER_MS: Final = 200
_THE_CALL: Final = 1


def visit(endpoints: Sequence[str], what: str, timeout_s: float) -> list[Answer]:
    """Ask the processes that listen there, all at once; the answers in the same order.

    Who does not answer within `timeout_s` gives RPC_E_TIMEOUT. Interrupted, it leaves at once.
    """
    identity = new_identity()
    with _visitors(endpoints, identity) as visitors:
        for visitor in visitors:
            visitor.ask(what)
        _await(visitors, timeout_s)
        return [visitor.answer for visitor in visitors]


class _Visitor:
    """At one process's door."""

    def __init__(self, context: ZmqContext, endpoint: str, identity: Identity) -> None:
        self.socket: ZmqSocket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, _LINGER_MS)
        self.answer: Answer = None
        self._what = ""
        with suppress(zmq.ZMQError):  # nobody answers there
            self.socket.connect(endpoint)
        who = identity
        self._send(
            Hello(VERSION, Kind.HELLO, 0, 0, who.process_id, who.host, who.pid, True, b"", [])
        )

    def ask(self, what: str) -> None:
        self._what = what
        self._send(Look(VERSION, Kind.LOOK, _THE_CALL, what))

    def read(self) -> None:
        """Take what has come."""
        with suppress(zmq.Again):
            while self.answer is None:
                self._received(self.socket.recv_multipart(zmq.NOBLOCK))

    def close(self) -> None:
        """Say goodbye: also a process that has not answered may have read the hello."""
        self._send(Goodbye(VERSION, Kind.GOODBYE, 0))
        self.socket.close()

    def _send(self, packet: Packet) -> None:
        with suppress(zmq.ZMQError):  # then there will be no answer
            self.socket.send_multipart((encode_header(packet), _EMPTY_BODY), zmq.NOBLOCK)

    def _received(self, frames: list[bytes]) -> None:
        try:
            header = decode_header(decode_prefix(frames[0]), frames[0])
            body = frames[1] if len(frames) > 1 else b""
            if isinstance(header, Reply):
                self.answer = decode_seen(self._what, body)
            elif isinstance(header, Fault):
                self.answer = ComError(HRESULT(header.hresult), header.description, executed="no")
        except ComError as error:
            self.answer = error


@contextmanager
def _visitors(endpoints: Sequence[str], identity: Identity) -> Generator[list[_Visitor]]:
    context: ZmqContext = zmq.Context()
    visitors: list[_Visitor] = []
    try:
        for endpoint in endpoints:
            visitors.append(_Visitor(context, endpoint, identity))  # noqa: PERF401  # closed below
        yield visitors
    finally:
        for visitor in visitors:
            visitor.close()
        context.term()


def _await(visitors: list[_Visitor], timeout_s: float) -> None:
    give_up_at = time.monotonic() + timeout_s
    poller = zmq.Poller()
    by_socket = {visitor.socket: visitor for visitor in visitors}
    for socket in by_socket:
        poller.register(socket, zmq.POLLIN)
    while by_socket and (left_s := give_up_at - time.monotonic()) > 0:
        for socket, _ in poller.poll(int(left_s * 1000) + 1):
            visitor = by_socket[socket]
            visitor.read()
            if visitor.answer is not None:
                poller.unregister(socket)
                del by_socket[socket]
    for visitor in by_socket.values():
        visitor.answer = CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT, f"does not answer within {timeout_s:g} s"
        )
