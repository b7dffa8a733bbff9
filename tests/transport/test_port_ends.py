"""What dies on a Port, and its own end: told once, and nothing is left behind."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import pytest
import zmq

from pyorpc.errors import DisconnectedError
from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import BURST, Port
from pyorpc.transport.zeromq import ZmqSocket
from tests.support.sockets import (
    End,
    Ends,
    Sockets,
    number,
    receive_until,
)
from tests.support.waiting import DEADLINE_S
from tests.support.work import Running, no_sockets

# ---- breaking -------------------------------------------------------------------------------


def await_end_of(monitor: ZmqSocket) -> None:
    """What had arrived on a connection has arrived before its end does."""
    event = 0
    while event != zmq.EVENT_DISCONNECTED:
        assert monitor.poll(int(DEADLINE_S * 1000))
        event = int.from_bytes(monitor.recv_multipart()[0][:2], "little")


def test_a_break_delivers_what_had_arrived_before_it_tells(made: Sockets) -> None:
    ends, end = Ends(), End()
    listening, connecting, connection = made.pair(ends, end)
    connection.send((b"hello",))
    receive_until(listening, lambda: ends.messages)
    accepted = ends.all[0].connection
    assert accepted is not None
    order: list[object] = []

    def note(frames: list[bytes]) -> None:
        order.append(number(frames[0]))

    end.answer = note
    end.breaks = order  # type: ignore[assignment]  # both in one list
    for index in range(3 * BURST):
        accepted.send((index.to_bytes(2, "big"),))
    listening.close()
    await_end_of(made.monitors[0])
    connection.break_off(Break.CUT)
    assert connecting.has_breaks
    receive_until(connecting, lambda: Break.CUT in order)
    assert order == [*range(3 * BURST), Break.CUT]
    assert connection.broken is Break.CUT
    assert connection.raw.is_closed
    with pytest.raises(zmq.ZMQError):
        connection.send((b"too late",))


def test_a_break_reported_by_another_thread_ends_the_wait(made: Sockets) -> None:
    end, is_waiting = End(), threading.Event()
    connections: list[Connection] = []

    def wait() -> None:
        port = made.own_port()
        connections.append(made.connect(port, made.endpoint(), end))
        is_waiting.set()
        while not end.breaks:
            port.receive(None)

    waiting = Running(wait)
    assert is_waiting.wait(DEADLINE_S)
    connections[0].break_off(Break.REFUSED)
    waiting.join()
    assert end.breaks == [Break.REFUSED]


def test_a_wait_returns_after_a_break_though_nothing_else_comes(made: Sockets) -> None:
    """What the caller waited for may have ended with the connection."""
    _, connecting, connection = made.pair(Ends(), End())
    connection.break_off(Break.CUT)
    connecting.receive(None)
    assert connection.broken is Break.CUT


def test_a_broken_peer_of_a_router_is_forgotten_and_the_others_are_not(made: Sockets) -> None:
    ends = Ends()
    listening, connecting = made.own_port(ends), made.own_port()
    endpoint = listening.bind(made.endpoint())
    one, other = (made.connect(connecting, endpoint) for _ in range(2))
    for connection in (one, other):
        connection.send((b"hello",))
        receive_until(listening, lambda: ends.messages and not listening.has_unread)
    receive_until(listening, lambda: len(ends.all) == 2)
    accepted = ends.all[0].connection
    assert accepted is not None
    listening.report_break(accepted, Break.PEER_ENDED)
    listening.receive(0)
    assert ends.all[0].breaks == [Break.PEER_ENDED]
    assert ends.all[1].breaks == []
    for connection in (one, other):
        connection.send((b"again",))
    receive_until(listening, lambda: len(ends.messages) == 4)
    # The broken one's End hears nothing any more: whoever speaks there is somebody new.
    assert [end.messages for end in ends.all] == [
        [[b"hello"]],
        [[b"hello"], [b"again"]],
        [[b"again"]],
    ]


def test_a_connection_without_an_end_may_break(made: Sockets) -> None:
    port = made.own_port()
    connection = made.connect(port, made.endpoint())
    connection.break_off(Break.CUT)
    port.receive(0)
    assert connection.broken is Break.CUT


# ---- closing --------------------------------------------------------------------------------


def test_closing_ends_the_wait_of_another_thread(port: Port) -> None:
    """Its calls ended with the Port: it is told so where it would wait again."""

    def wait() -> None:
        for _ in range(10):
            port.receive(None)

    is_shared = port._shared
    waiting = Running(port.receive if is_shared else wait, *([None] if is_shared else []))
    port.close()
    if is_shared:
        waiting.join()
    else:
        with pytest.raises(DisconnectedError, match="has ended"):
            waiting.join()


def test_a_port_closes_once_and_all_its_sockets_with_it(made: Sockets) -> None:
    ends = Ends()
    listening, connecting, connection = made.pair(ends, End())
    connection.send((b"hello",))
    receive_until(listening, lambda: ends.messages)
    for port in (listening, connecting):
        port.close()
        port.close()
        assert port.is_closed
    assert all(socket.closed for socket in made.made)
    connection.close()


def test_a_closed_port_opens_no_socket_any_more(made: Sockets) -> None:
    port = made.own_port()
    port.close()
    for refuse in (port.connect, port.bind):
        with pytest.raises(DisconnectedError):
            refuse(made.endpoint())
    pair = made.make_socket(zmq.PAIR)
    with pytest.raises(DisconnectedError):
        port.adopt(pair, End())
    pair.close()
    assert all(socket.closed for socket in made.made)


@pytest.mark.parametrize("endpoint", ["nonsense", "tcp://nowhere", "ipc://" + "x" * 200])
def test_an_endpoint_that_cannot_be_dialled_leaves_no_socket_open(
    made: Sockets, endpoint: str
) -> None:
    with pytest.raises(zmq.ZMQError):
        made.own_port().connect(endpoint, heartbeat_s=1.0)
    assert all(socket.closed for socket in made.made)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_wake_up_that_comes_after_the_close_goes_to_no_other_file() -> None:
    port = Port(no_sockets)
    before = open_descriptors()
    port.close()
    others = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(4)]
    port.wake()
    for other in others:
        with pytest.raises(BlockingIOError):
            os.eventfd_read(other)
        os.close(other)
    assert open_descriptors() <= before


def test_a_port_gives_its_descriptors_back_when_nobody_has_it_any_more() -> None:
    gc.collect()
    before = open_descriptors()
    for _ in range(10):
        Port(no_sockets).close()
    assert open_descriptors() == before
