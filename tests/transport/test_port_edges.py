"""A Port wakes whoever waits, also where ZMQ_FD gave no edge."""

from __future__ import annotations

import random
import threading

from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import Port
from tests.support.gate import Gate
from tests.support.sockets import (
    End,
    Ends,
    Sockets,
    is_readable,
    number,
    receive_until,
)
from tests.support.waiting import DEADLINE_S
from tests.support.work import Running

# ---- the trap of ZMQ_FD ---------------------------------------------------------------------

MESSAGES = 10_000


class Mixer:
    """A LinkEnd that answers requests and now and then sends something of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._mix = random.Random(8)
        self.got: list[int] = []

    def received(self, frames: list[bytes]) -> None:
        self.got.append(number(frames[1]))
        if self._mix.random() < 0.2:
            self._connection.send((b"one-way", frames[1]))
        if frames[0] == b"request":
            self._connection.send((b"reply", frames[1]))

    def broke(self, why: Break) -> None:
        raise AssertionError(why)


class Replies(End):
    """Keeps the numbers of the replies."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[int] = []

    def received(self, frames: list[bytes]) -> None:
        if frames[0] == b"reply":
            self.numbers.append(number(frames[1]))


def mix(port: Port, connection: Connection, replies: Replies) -> list[int]:
    """Send at random one-way messages and requests; the latter wait for their reply."""
    noise = random.Random(7)
    asked: list[int] = []
    for index in range(MESSAGES):
        octets = index.to_bytes(4, "big")
        if noise.random() < 0.6:
            connection.send((b"one-way", octets))
            continue
        asked.append(index)
        connection.send((b"request", octets))
        while not replies.numbers or replies.numbers[-1] != index:
            port.receive(None)
    return asked


def test_a_random_mix_of_one_way_messages_and_requests_loses_nothing(made: Sockets) -> None:
    """ZMQ_FD is edge-triggered and every send may eat the edge of what has arrived.

    Who loses an edge waits for ever, and the deadline tells.
    """
    ready, endpoint = threading.Event(), made.endpoint()
    mixers: list[Mixer] = []

    def accept(connection: Connection) -> Mixer:
        mixers.append(Mixer(connection))
        return mixers[0]

    def serve() -> None:
        port = made.own_port(accept)
        port.bind(endpoint)
        ready.set()
        while not mixers or len(mixers[0].got) < MESSAGES:
            port.receive(None)

    serving = Running(serve)
    assert ready.wait(DEADLINE_S)
    port, replies = made.own_port(), Replies()
    asked = mix(port, made.connect(port, endpoint, replies), replies)
    serving.join()
    assert mixers[0].got == list(range(MESSAGES))
    assert replies.numbers == asked


def read_in_a_pool(shared: Port) -> None:
    while not shared.is_closed:
        shared.receive(None, 1)
        if shared.has_unread or shared.is_closed:
            shared.wake()


def call_often(made: Sockets, endpoint: str, name: int) -> None:
    end, port = End(), made.port()
    connection = made.connect(port, endpoint, end)
    for index in range(500):
        connection.send((b"request", (name << 16 | index).to_bytes(4, "big")))
        while len(end.messages) <= index:
            port.receive(None)


def test_a_shared_port_loses_nothing_either(made: Sockets) -> None:
    """Three threads read; each answers from where it reads, and so eats others' edges."""
    mixers: list[Mixer] = []

    def accept(connection: Connection) -> Mixer:
        mixers.append(Mixer(connection))
        mixers[-1]._mix.random = lambda: 1.0  # type: ignore[method-assign]  # it only replies
        return mixers[-1]

    shared = made.port(accept, shared=True)
    endpoint = shared.bind(made.endpoint())
    readers = [Running(read_in_a_pool, shared) for _ in range(3)]
    for running in [Running(call_often, made, endpoint, name) for name in range(4)]:
        running.join()
    assert len(mixers) == 4
    assert sorted(got for mixer in mixers for got in mixer.got) == [
        name << 16 | index for name in range(4) for index in range(500)
    ]
    shared.close()
    for reader in readers:
        reader.join()


def test_a_send_of_a_shared_port_that_eats_an_edge_wakes_a_reader(made: Sockets) -> None:
    ends = Ends()
    shared = made.port(ends, shared=True)
    connection = made.connect(made.own_port(), shared.bind(made.endpoint()))
    connection.send((b"1",))
    receive_until(shared, lambda: ends.messages)
    while is_readable(shared) or shared.has_unread:
        shared.receive(0)
    connection.send((b"2",))
    assert is_readable(shared, DEADLINE_S)  # 1. a message has arrived, nobody has read it
    accepted = ends.all[0].connection
    assert accepted is not None
    accepted.send((b"something else",))  # 2. another thread sends over the same socket
    assert is_readable(shared, DEADLINE_S)  # 3. a thread that waits is still woken
    receive_until(shared, lambda: len(ends.messages) == 2)


def test_two_readers_of_a_new_peers_messages_accept_it_once(made: Sockets) -> None:
    ends, gate = Ends(), Gate("accepting")

    def accept(connection: Connection) -> End:
        gate.stop_here()
        return ends(connection)

    shared = made.port(accept, shared=True)
    connection = made.connect(made.own_port(), shared.bind(made.endpoint()))
    connection.send((b"1",))
    first = Running(receive_until, shared, lambda: ends.messages)
    gate.wait_until_reached()  # 1. a thread has read the first message and accepts its peer
    connection.send((b"2",))
    second = Running(shared.receive, 0.2)  # 2. another one reads the second message
    second.thread.join(0.1)
    gate.open()  # 3. the first goes on
    first.join()
    second.join()
    receive_until(shared, lambda: len(ends.messages) == 2)
    assert len(ends.all) == 1
