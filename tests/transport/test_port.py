"""A Port loses nothing: no message, no wake-up, no break, whoever sends, reads or closes."""

from __future__ import annotations

import os
import threading

import pytest
import zmq

from pyorpc.transport.port import BURST, Port
from pyorpc.transport.zeromq import SNDHWM
from tests.support.gate import Gate
from tests.support.sockets import (
    End,
    Ends,
    Sockets,
    is_readable,
    receive_until,
)
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running

# ---- messages -------------------------------------------------------------------------------


def test_a_request_and_its_reply_pass_between_two_threads(made: Sockets) -> None:
    ready = threading.Event()
    endpoint, end = made.endpoint(), End()

    def serve() -> None:
        ends = Ends()
        port = made.own_port(ends)
        port.bind(endpoint)
        ready.set()
        receive_until(port, lambda: ends.messages)
        connection = ends.all[0].connection
        assert connection is not None
        connection.send((b"pong", *ends.messages[0]))

    serving = Running(serve)
    assert ready.wait(DEADLINE_S)
    port = made.own_port()
    made.connect(port, endpoint, end).send((b"ping", b""))
    receive_until(port, lambda: end.messages)
    assert end.messages == [[b"pong", b"ping", b""]]
    serving.join()


def test_one_router_serves_every_endpoint_and_every_peer_has_one_connection(
    made: Sockets,
) -> None:
    ends = Ends()
    listening, connecting = made.own_port(ends), made.own_port()
    endpoints = [listening.bind(made.endpoint()), listening.bind("tcp://127.0.0.1:*")]
    assert endpoints[0].startswith("ipc:///")
    assert not endpoints[1].endswith("*")
    connections = [made.connect(connecting, endpoint) for endpoint in endpoints * 2]
    for text in (b"1", b"2"):
        for index, connection in enumerate(connections):
            connection.send((b"%d" % index, text))
    receive_until(listening, lambda: len(ends.messages) == 8)
    assert len(ends.all) == 4
    sent = {end.messages[0][0]: [text for _, text in end.messages] for end in ends.all}
    assert sent == {b"%d" % index: [b"1", b"2"] for index in range(4)}
    assert {socket.type for socket in made.made} == {zmq.ROUTER, zmq.DEALER}
    assert len(made.made) == 5


def test_messages_that_nobody_takes_are_dropped(made: Sockets) -> None:
    listening, connecting = made.own_port(), made.own_port()
    connection = made.connect(connecting, listening.bind(made.endpoint()))
    connection.send((b"for nobody",))
    receive_until(listening, lambda: listening._accepted)
    (accepted,) = listening._accepted.values()
    accepted.send((b"for nobody",))
    connecting.receive(DEADLINE_S)
    assert connection.link is None


@pytest.mark.parametrize("frames", [(b"",), (b"", b""), (b"x" * 200_000, b"", b"\0")])
def test_odd_messages_arrive_as_they_are(made: Sockets, frames: tuple[bytes, ...]) -> None:
    ends = Ends()
    listening, _, connection = made.pair(ends, End())
    connection.send(frames)
    receive_until(listening, lambda: ends.messages)
    assert ends.messages == [list(frames)]


def test_a_message_that_cannot_be_handled_does_not_hurt_the_next(
    made: Sockets, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(frames: list[bytes]) -> None:
        if frames[0] == b"bad":
            raise ValueError("this cannot be handled")

    end = End(fail)
    listening, connecting = made.own_port(), made.own_port()
    listening.accept_with(lambda _connection: end)
    connection = made.connect(connecting, listening.bind(made.endpoint()))
    for frame in (b"bad", b"good", b"bad", b"good"):
        connection.send((frame,))
    receive_until(listening, lambda: len(end.messages) == 4)
    assert [frames[0] for frames in end.messages] == [b"bad", b"good", b"bad", b"good"]
    assert caplog.text.count("a packet could not be handled") == 2


def test_a_message_to_nobody_is_refused(made: Sockets) -> None:
    ends = Ends()
    listening, connecting, connection = made.pair(ends, End())
    connection.send((b"hello",))
    receive_until(listening, lambda: ends.messages)
    accepted = ends.all[0].connection
    assert accepted is not None
    connecting.close()

    def is_refused() -> bool:
        try:
            accepted.send((b"too late",))
        except zmq.ZMQError as error:
            return error.errno == zmq.EHOSTUNREACH
        return False

    wait_until(is_refused)


def test_a_full_queue_refuses_at_once(made: Sockets) -> None:
    port = made.own_port()
    connection = made.connect(port, made.endpoint())  # nobody listens there
    for _ in range(SNDHWM):
        connection.send((b"",))
    with pytest.raises(zmq.Again):
        connection.send((b"",))
    connection.raw.socket.setsockopt(zmq.LINGER, 0)


# ---- fairness -------------------------------------------------------------------------------


def test_one_peers_many_messages_do_not_starve_another(made: Sockets) -> None:
    """Both have sent before anything is read: the quiet one is heard after two bursts at most."""
    ends, loud, quiet = Ends(), End(), End()
    reading, sending = made.own_port(), made.own_port(ends)
    connections = [
        made.connect(reading, sending.bind(made.endpoint()), end) for end in (loud, quiet)
    ]
    for index, connection in enumerate(connections):
        connection.send((b"%d" % index,))
        receive_until(sending, lambda: len(ends.messages) == index + 1)  # noqa: B023
    accepted = {end.messages[0][0]: end.connection for end in ends.all}
    for name in [b"0"] * 5 * BURST + [b"1"]:
        peer = accepted[name]
        assert peer is not None
        peer.send((b"text",))
    for connection in connections:
        with reading._lock:  # the look eats the edge
            wait_until(lambda: connection.raw.get(zmq.EVENTS) & zmq.POLLIN)  # noqa: B023
            reading._mark_unread_locked(connection.raw)
    receive_until(reading, lambda: quiet.messages)
    assert len(loud.messages) <= 2 * BURST
    receive_until(reading, lambda: len(loud.messages) == 5 * BURST)


def test_one_look_at_one_socket_takes_a_burst_at_most(made: Sockets) -> None:
    ends = Ends()
    listening, _, connection = made.pair(ends, End())
    connection.send((b"first",))
    receive_until(listening, lambda: ends.messages)
    for _ in range(3 * BURST):
        connection.send((b"more",))
    while len(ends.messages) < 1 + 3 * BURST:
        before = len(ends.messages)
        listening.receive(DEADLINE_S)
        assert len(ends.messages) - before <= BURST


# ---- waking ---------------------------------------------------------------------------------


def test_a_wake_up_ends_the_wait_of_another_thread(port: Port) -> None:
    waiting = Running(port.receive, None)
    port.wake()
    waiting.join()


def test_a_wake_up_before_the_wait_ends_it_at_once(port: Port) -> None:
    port.wake()
    port.wake()
    port.receive(None)


def test_of_a_shared_port_one_wake_up_is_under_way_at_a_time(made: Sockets) -> None:
    shared = made.port(shared=True)
    for _ in range(3):
        for _ in range(5):
            shared.wake()
        shared.receive(DEADLINE_S, 1)
        assert not is_readable(shared)
    assert os.eventfd_read(shared._wakeup) == 3


def test_a_wake_up_between_the_look_and_the_wait_is_not_lost(port: Port) -> None:
    done = threading.Event()

    def wait() -> None:
        while not done.is_set():
            gate.stop_here()
            port.receive(None)

    gate = Gate("between the look and the wait")
    waiting = Running(wait)
    gate.wait_until_reached()  # 1. the waiter has looked
    done.set()
    port.wake()  # 2. what it looks for has come
    gate.open()  # 3. the waiter goes to wait
    waiting.join()


def test_waiting_ends_when_time_has_run_out(port: Port) -> None:
    port.receive(0)
    port.receive(0.01)


def test_a_socket_added_by_another_thread_is_waited_for_too(made: Sockets) -> None:
    ends, endpoint, is_waiting = Ends(), made.endpoint(), threading.Event()

    def wait() -> None:
        port = made.own_port(ends)
        is_waiting.set()
        while not ends.messages:
            port.receive(None)

    waiting = Running(wait)
    assert is_waiting.wait(DEADLINE_S)
    made.ports[0].bind(endpoint)
    made.connect(made.own_port(), endpoint).send((b"hello",))
    waiting.join()


def test_a_send_of_another_thread_ends_the_owners_wait(made: Sockets) -> None:
    """It may have eaten the edge of a message that the owner waits for."""
    ends = Ends()
    listening, _, connection = made.pair(ends, End())
    connection.send((b"hello",))
    receive_until(listening, lambda: ends.messages)
    while is_readable(listening) or listening.has_unread:
        listening.receive(0)
    accepted = ends.all[0].connection
    assert accepted is not None
    Running(accepted.send, (b"from elsewhere",)).join()
    assert listening.has_unread
    assert is_readable(listening)


# ---- other descriptors and sockets ----------------------------------------------------------


def test_another_descriptor_is_watched_until_it_is_not(made: Sockets) -> None:
    port, calls = made.own_port(), list[int]()
    reader, writer = os.pipe()

    def read() -> None:
        calls.append(len(os.read(reader, 1)))

    port.watch(reader, read)
    port.receive(0)
    assert calls == []
    os.write(writer, b"ab")
    assert is_readable(port)
    port.receive(None)
    port.receive(None)
    assert calls == [1, 1]
    os.write(writer, b"c")
    port.unwatch(reader)
    port.unwatch(reader)
    port.receive(0.01)
    assert calls == [1, 1]
    for descriptor in (reader, writer):
        os.close(descriptor)


def test_an_adopted_socket_is_read_too(made: Sockets) -> None:
    port, end = made.own_port(), End()
    ours, theirs = made.make_socket(zmq.PAIR), made.make_socket(zmq.PAIR)
    ours.bind("inproc://adopted")
    theirs.connect("inproc://adopted")
    connection = port.adopt(ours, end)
    theirs.send_multipart([b"a", b"b"])
    receive_until(port, lambda: end.messages)
    assert end.messages == [[b"a", b"b"]]
    connection.close()
    assert ours.closed
    theirs.close()
