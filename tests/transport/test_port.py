"""A Port loses nothing: no message, no wake-up, no break, whoever sends, reads or closes."""

from __future__ import annotations

import gc
import os
import random
import select
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from pyorpc.errors import DisconnectedError
from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import BURST, Port
from pyorpc.transport.zeromq import SNDHWM, ZmqSocket
from tests.support.gate import Gate
from tests.support.sockets import End, Ends, Sockets, receive_until, sockets
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running, no_sockets


@pytest.fixture
def made(home: Path) -> Iterator[Sockets]:
    assert home.is_dir()
    with sockets() as made:
        yield made


def is_readable(port: Port, timeout_s: float = 0.0) -> bool:
    return bool(select.select([port.fileno()], [], [], timeout_s)[0])


def number(frame: bytes) -> int:
    return int.from_bytes(frame, "big")


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


# ---- waking ---------------------------------------------------------------------------------


@pytest.fixture(params=["bare", "with a socket", "shared", "of nobody"])
def port(request: pytest.FixtureRequest, made: Sockets) -> Port:
    """A Port in each way of waiting."""
    if request.param == "shared":
        return made.port(shared=True)
    if request.param == "of nobody":
        return made.port()
    port = made.own_port()
    if request.param == "with a socket":
        port.bind(made.endpoint())
        port.receive(0)
    return port


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
