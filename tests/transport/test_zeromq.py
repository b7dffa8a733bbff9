"""Sockets are made with every default changed that must not be left as it is."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator

import pytest
import zmq

from pyorpc.transport import zeromq
from pyorpc.transport.zeromq import (
    EVENTS,
    NOBLOCK,
    POLLIN,
    SNDMORE_NOBLOCK,
    RawSocket,
    ZmqSocket,
    make_context,
    make_socket,
    set_heartbeat,
)
from tests.support.waiting import DEADLINE_S, wait_until

Make = Callable[[int], ZmqSocket]


@pytest.fixture
def make() -> Iterator[Make]:
    context = make_context()
    sockets: list[ZmqSocket] = []

    def make_one(kind: int) -> ZmqSocket:
        sockets.append(make_socket(context, kind, max_message_bytes=1000, handshake_s=2.5))
        return sockets[-1]

    yield make_one
    for socket in sockets:
        socket.close(linger=0)
    context.term()


def test_a_context_allows_thousands_of_links() -> None:
    with make_context() as context:
        assert context.get(zmq.MAX_SOCKETS) == zeromq.MAX_SOCKETS


@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.ROUTER])
def test_no_default_that_hurts_is_left(make: Make, kind: int) -> None:
    socket = make(kind)
    assert socket.getsockopt(zmq.LINGER) == 500
    assert socket.getsockopt(zmq.MAXMSGSIZE) == 1000 + 65_536
    assert socket.getsockopt(zmq.SNDHWM) == socket.getsockopt(zmq.RCVHWM) == 50_000
    assert socket.getsockopt(zmq.HANDSHAKE_IVL) == 2500
    assert socket.getsockopt(zmq.RECONNECT_IVL) == 100
    assert socket.getsockopt(zmq.IMMEDIATE) == 0
    assert socket.getsockopt(zmq.ROUTING_ID) == b""


def test_a_router_refuses_what_nobody_can_get(make: Make) -> None:
    router = make(zmq.ROUTER)
    with pytest.raises(zmq.ZMQError) as failure:
        router.send_multipart([b"nobody", b""], zmq.NOBLOCK)
    assert failure.value.errno == zmq.EHOSTUNREACH


def test_a_heartbeat_is_missed_after_two_periods(make: Make) -> None:
    socket = make(zmq.DEALER)
    set_heartbeat(socket, 2.0)
    assert socket.getsockopt(zmq.HEARTBEAT_IVL) == 2000
    assert socket.getsockopt(zmq.HEARTBEAT_TIMEOUT) == 4000


def test_plain_numbers_stand_for_the_flags() -> None:
    assert (NOBLOCK, POLLIN, EVENTS) == (zmq.NOBLOCK, zmq.POLLIN, zmq.EVENTS)
    assert SNDMORE_NOBLOCK == zmq.NOBLOCK | zmq.SNDMORE


# ---- RawSocket ------------------------------------------------------------------------------


@pytest.fixture
def pair(make: Make) -> tuple[RawSocket, RawSocket]:
    left, right = make(zmq.PAIR), make(zmq.PAIR)
    left.bind("inproc://pair")
    right.connect("inproc://pair")
    return RawSocket(left, None), RawSocket(right, None)


@pytest.mark.parametrize(
    "frames", [[b"one"], [b"", b""], [b"a", b"b" * 100_000, b"", b"\0\xff"], [b"x"] * 100]
)
def test_a_message_arrives_with_all_its_frames(
    pair: tuple[RawSocket, RawSocket], frames: list[bytes]
) -> None:
    left, right = pair
    for frame in frames[:-1]:
        left.send(frame, SNDMORE_NOBLOCK)
    left.send(frames[-1], NOBLOCK)
    assert right.get(EVENTS) & POLLIN
    assert right.receive() == frames
    with pytest.raises(zmq.Again):
        right.receive()


def test_a_raw_socket_knows_its_descriptor(pair: tuple[RawSocket, RawSocket]) -> None:
    for raw in pair:
        assert raw.descriptor == raw.socket.getsockopt(zmq.FD)
        assert not raw.is_closed
        assert not raw.is_unread


def test_a_raw_socket_closes_once(pair: tuple[RawSocket, RawSocket]) -> None:
    for raw in pair:
        raw.close()
        raw.close()
        assert raw.is_closed
        assert raw.socket.closed
        with pytest.raises(zmq.ZMQError):
            raw.send(b"", NOBLOCK)


# ---- descriptors ----------------------------------------------------------------------------


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def soft_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_context_raises_a_low_limit_of_descriptors(limits: tuple[int, int]) -> None:
    _, hard = limits
    wanted = zeromq.DESCRIPTORS if hard == -1 else min(zeromq.DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    make_context().term()
    assert soft_limit() == wanted
    make_context().term()
    assert soft_limit() == wanted


def test_a_context_lowers_no_limit(
    limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    soft = min(limits[0], 512)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, limits[1]))
    monkeypatch.setattr(zeromq, "DESCRIPTORS", soft - 10)
    make_context().term()
    assert soft_limit() == soft


def test_a_message_over_the_limit_cuts_the_connection(make: Make) -> None:
    """The last line of defence: the sender checks first."""
    receiver, sender = make(zmq.DEALER), make(zmq.DEALER)
    receiver.bind("tcp://127.0.0.1:*")
    endpoint = receiver.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    monitor = receiver.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    sender.connect(endpoint.decode())
    sender.send(b"x" * (1000 + 65_536))
    assert receiver.poll(int(DEADLINE_S * 1000))
    receiver.recv()
    sender.send(b"x" * (1000 + 65_537))
    started = time.monotonic()
    wait_until(lambda: monitor.poll(10))
    assert time.monotonic() - started < DEADLINE_S
    assert not receiver.poll(0)
    receiver.disable_monitor()
    monitor.close()
