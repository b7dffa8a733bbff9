"""Callers and callees over bare pyzmq: each is one way to wait or to share sockets.

`alternatives.py` measures them; `python bench/prototypes.py KIND ADDRESS` is its child process.
"""

import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import cast

import zmq

from pyorpc.benchmark.floors.message import BODY, HEADER
from pyorpc.benchmark.peer_process import end_with_parent, say_ready
from pyorpc.benchmark.workload import DEADLINE_S

Frames = list[bytes]
Context = zmq.Context[zmq.Socket[bytes]]
Call = Callable[[], object]

# Plain ints: combining the enum's members costs as much as a send.
NOBLOCK, SNDMORE, POLLIN, EVENTS = int(zmq.NOBLOCK), int(zmq.SNDMORE), int(zmq.POLLIN), zmq.EVENTS
EDGE = select.EPOLLIN | select.EPOLLET
MESSAGE = [HEADER, BODY]
POOL = 8


class Socket:
    """A socket by the methods of pyzmq's backend, without the wrappers in Python around them."""

    def __init__(self, context: Context, kind: int) -> None:
        self.own = own = context.socket(kind)
        own.set(zmq.LINGER, 0)
        self._send = super(zmq.Socket, own).send
        self._recv = super(zmq.Socket, own).recv
        self._get = cast(Callable[[int], int], super(zmq.Socket, own).get)

    def send(self, frames: Frames, flags: int = NOBLOCK) -> None:
        last = len(frames) - 1
        for frame in frames[:last]:
            self._send(frame, SNDMORE | flags)
        self._send(frames[last], flags)

    def take(self, count: int, flags: int = NOBLOCK) -> Frames:
        return [self._recv(flags) for _ in range(count)]

    def is_readable(self) -> bool:
        return self._get(EVENTS) & POLLIN != 0


class Waits:
    """A kept epoll set of sockets and one eventfd, edge-triggered; one is enough for a Port."""

    def __init__(self, *sockets: Socket) -> None:
        self._sockets = sockets
        self._set = select.epoll()
        self._eventfd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._set.register(self._eventfd, EDGE)
        for socket in sockets:
            self._set.register(socket.own.fileno(), EDGE)

    def post(self) -> None:
        os.eventfd_write(self._eventfd, 1)

    def wait(self) -> None:
        if not self._set.poll(DEADLINE_S * 6):
            raise TimeoutError("nothing came")


# ---- Callees: each echoes, in its own process ------------------------------------------------


def blocking_callee(router: Socket) -> None:
    while True:
        router.own.send_multipart(router.own.recv_multipart())


def bare_callee(router: Socket) -> None:
    while True:
        router.send(router.take(3, 0), 0)


def poller_callee(router: Socket) -> None:
    eventfd = os.eventfd(0, os.EFD_NONBLOCK)
    poller = zmq.Poller()
    poller.register(router.own, POLLIN)
    poller.register(eventfd, POLLIN)
    while True:
        poller.poll()
        router.send(router.take(3))


def epoll_callee(router: Socket) -> None:
    waits = Waits(router)
    while True:
        while router.is_readable():
            router.send(router.take(3))
        waits.wait()


def io_thread_callee(router: Socket, workers: int = 1) -> None:
    """The main thread owns the socket, workers run the calls; a queue and an eventfd between."""
    waits = Waits(router)
    requests: SimpleQueue[Frames] = SimpleQueue()
    replies: deque[Frames] = deque()

    def work() -> None:
        while True:
            replies.append(requests.get())
            waits.post()

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    while True:
        while replies:
            router.send(replies.popleft())
        while router.is_readable():
            requests.put(router.take(3))
        if not replies:
            waits.wait()


def io_thread_pool_callee(router: Socket) -> None:
    io_thread_callee(router, POOL)


def shared_epoll_callee(router: Socket, *, wakes_for_each: bool = False) -> None:
    """Every thread of the pool waits on the same set, reads and replies itself, one at a time.

    Who takes a request while more are waiting wakes another thread before running it. One wake-up
    under way is enough, for its thread looks again; `wakes_for_each` wakes for every request.
    """
    waits = Waits(router)
    lock = threading.Lock()  # guards router and is_posted
    is_posted = False

    def work() -> None:
        nonlocal is_posted
        reply: Frames = []
        woke = False
        while True:
            with lock:
                if woke or wakes_for_each:
                    is_posted = False
                if reply:
                    router.send(reply)
                request = router.take(3) if router.is_readable() else []
                passes_on = bool(request) and not is_posted and router.is_readable()
                is_posted = is_posted or passes_on
            if passes_on:
                waits.post()
            woke = not request
            if woke:
                waits.wait()
            reply = request

    for _ in range(POOL - 1):
        threading.Thread(target=work, daemon=True).start()
    work()


def eager_shared_epoll_callee(router: Socket) -> None:
    shared_epoll_callee(router, wakes_for_each=True)


CALLEES: dict[str, Callable[[Socket], None]] = {
    "blocking": blocking_callee,
    "bare": bare_callee,
    "poller": poller_callee,
    "epoll": epoll_callee,
    "io-thread": io_thread_callee,
    "shared-epoll": shared_epoll_callee,
    "eager-shared-epoll": eager_shared_epoll_callee,
    "io-thread-pool": io_thread_pool_callee,
}

Caller = Callable[[Context, str], tuple[Call, Call]]

# ---- Callers: each connects, and returns (send one, take one) --------------------------------


def dealer_to(context: Context, endpoint: str) -> Socket:
    dealer = Socket(context, zmq.DEALER)
    dealer.own.set(zmq.RCVTIMEO, int(DEADLINE_S * 1000))
    dealer.own.connect(endpoint)
    return dealer


def blocking_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    own = dealer_to(context, endpoint).own
    return (lambda: own.send_multipart(MESSAGE)), own.recv_multipart


def bare_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    dealer = dealer_to(context, endpoint)
    return (lambda: dealer.send(MESSAGE, 0)), (lambda: dealer.take(2, 0))


def poller_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    dealer = dealer_to(context, endpoint)
    poller = zmq.Poller()
    poller.register(dealer.own, POLLIN)
    poller.register(os.eventfd(0, os.EFD_NONBLOCK), POLLIN)

    def take() -> Frames:
        poller.poll(int(DEADLINE_S * 1000))
        return dealer.take(2)

    return (lambda: dealer.send(MESSAGE)), take


def waiting_on(socket: Socket, waits: Waits, count: int) -> Call:
    def take() -> Frames:
        while not socket.is_readable():
            waits.wait()
        return socket.take(count)

    return take


def epoll_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    dealer = dealer_to(context, endpoint)
    return (lambda: dealer.send(MESSAGE)), waiting_on(dealer, Waits(dealer), 2)


def port_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    """As an apartment waits: also for calls that come in by its own ROUTER."""
    dealer, router = dealer_to(context, endpoint), Socket(context, zmq.ROUTER)
    router.own.bind("tcp://127.0.0.1:*")
    return (lambda: dealer.send(MESSAGE)), waiting_on(dealer, Waits(dealer, router), 2)


def one_router_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    """One ROUTER both for what goes out and for what comes in."""
    router = Socket(context, zmq.ROUTER)
    router.own.set(zmq.CONNECT_ROUTING_ID, b"callee")
    router.own.connect(endpoint)
    message = [b"callee", *MESSAGE]
    return (lambda: router.send(message)), waiting_on(router, Waits(router), 3)


def io_thread_caller(context: Context, endpoint: str) -> tuple[Call, Call]:
    dealer = dealer_to(context, endpoint)
    waits = Waits(dealer)
    requests: deque[Frames] = deque()
    replies: SimpleQueue[Frames] = SimpleQueue()
    closing = threading.Event()

    def serve() -> None:
        with dealer.own:
            while not closing.is_set():
                while requests:
                    dealer.send(requests.popleft())
                while dealer.is_readable():
                    replies.put(dealer.take(2))
                if not requests:
                    waits.wait()

    def send() -> None:
        requests.append(MESSAGE)
        waits.post()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    _IO_THREADS[context] = (closing, waits, thread)
    return send, lambda: replies.get(timeout=DEADLINE_S)


_IO_THREADS: dict[Context, tuple[threading.Event, Waits, threading.Thread]] = {}


def end_io_thread(context: Context) -> None:
    if context in _IO_THREADS:
        closing, waits, thread = _IO_THREADS.pop(context)
        closing.set()
        waits.post()
        thread.join()


def be_callee(kind: str, address: str) -> None:
    end_with_parent()
    router = Socket(zmq.Context(), zmq.ROUTER)
    router.own.bind(address)
    say_ready(address)
    CALLEES[kind](router)


if __name__ == "__main__":
    be_callee(*sys.argv[1:])
