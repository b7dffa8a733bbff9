"""A Port keeps so many strangers, and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import zmq

from pyorpc.remoting.strangers import Strangers
from pyorpc.transport.connection import Connection
from pyorpc.transport.port import Port
from pyorpc.transport.zeromq import RawSocket, ZmqContext, make_context, make_socket


@pytest.fixture
def connections() -> Iterator[list[Connection]]:
    context: ZmqContext = make_context()
    port = Port(
        lambda kind: make_socket(context, kind, max_message_bytes=1024, handshake_s=1),
        owner=threading.get_ident(),
    )
    router = RawSocket(make_socket(context, zmq.ROUTER, max_message_bytes=1, handshake_s=1), None)
    yield [Connection(port, router, bytes([n])) for n in range(5)]
    router.close()
    port.close()
    context.term()


def test_the_first_one_is_forgotten_for_one_too_many(connections: list[Connection]) -> None:
    strangers = Strangers(3)
    for number, connection in enumerate(connections):
        strangers.add(connection)
        assert len(strangers) == min(3, number + 1)


def test_who_said_its_name_is_no_stranger(connections: list[Connection]) -> None:
    strangers = Strangers(3)
    strangers.add(connections[0])
    strangers.discard(connections[0])
    strangers.discard(connections[0])
    assert len(strangers) == 0
