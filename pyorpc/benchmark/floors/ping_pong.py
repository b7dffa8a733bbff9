"""PingPong: two threads of one process that wake each other in turn, by four primitives.

In-process calls between apartments are held against eventfd and epoll, the only one by which a
thread can wait for its sockets as well. Reading the eventfd is faster: so waits a thread that has
no socket. All have two speeds (6 and 50 microseconds on a virtual machine), as the kernel puts the
threads on one core or on two, and may keep to one for a whole run: compare with `--one-core`.
"""

import os
import select
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack, closing
from queue import SimpleQueue

from pyorpc.benchmark.workload import DEADLINE_S, Group, Subject, Workload


class _PingPong(Workload):
    """`_partner` runs on the second thread until `_closing` is set and it is woken once more."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(Subject(name=name, title=title, group=Group.FLOOR))
        self._closing = False
        self._thread = threading.Thread(target=self._partner, name=name, daemon=True)

    def open(self) -> Callable[[], object]:
        self._thread.start()
        return self._caller()

    def close(self) -> None:
        self._closing = True
        if self._thread.ident is not None:
            self._wake_partner()
            self._thread.join(DEADLINE_S)

    @abstractmethod
    def _caller(self) -> Callable[[], object]: ...

    @abstractmethod
    def _partner(self) -> None: ...

    @abstractmethod
    def _wake_partner(self) -> None: ...


class EventfdPingPong(_PingPong):
    """Each thread waits in epoll on an eventfd, edge-triggered, as an apartment does."""

    def __init__(self, name: str = "ping-pong", title: str = "ping-pong, eventfd + epoll") -> None:
        super().__init__(name, title)
        self._stack = ExitStack()
        self._ends: list[_Eventfd] = []

    def open(self) -> Callable[[], object]:
        self._ends = [self._stack.enter_context(closing(_Eventfd())) for _ in range(2)]
        return super().open()

    def close(self) -> None:
        super().close()
        self._stack.close()

    def _caller(self) -> Callable[[], object]:
        ping, pong = self._ends

        def call() -> None:
            os.eventfd_write(ping.descriptor, 1)
            if not pong.kept_set.poll(DEADLINE_S):
                raise TimeoutError("the other thread did not answer")

        return call

    def _partner(self) -> None:
        ping, pong = self._ends
        while True:
            ping.kept_set.poll()
            if self._closing:
                return
            os.eventfd_write(pong.descriptor, 1)

    def _wake_partner(self) -> None:
        os.eventfd_write(self._ends[0].descriptor, 1)


class ReadPingPong(EventfdPingPong):
    """Each thread waits in the read of an eventfd. No deadline: there is no peer that could die."""

    def __init__(self) -> None:
        super().__init__("ping-pong-read", "ping-pong, eventfd read")

    def _caller(self) -> Callable[[], object]:
        ping, pong = (end.descriptor for end in self._ends)

        def call() -> None:
            os.eventfd_write(ping, 1)
            os.eventfd_read(pong)

        return call

    def _partner(self) -> None:
        ping, pong = (end.descriptor for end in self._ends)
        while True:
            os.eventfd_read(ping)
            if self._closing:
                return
            os.eventfd_write(pong, 1)


class LockPingPong(_PingPong):
    """Each thread waits in the acquire of a lock that the other one releases."""

    def __init__(self) -> None:
        super().__init__("ping-pong-lock", "ping-pong, threading.Lock")
        # These guard nothing: a lock that is held is a thread that waits.
        self._ping = threading.Lock()
        self._pong = threading.Lock()
        self._ping.acquire()
        self._pong.acquire()

    def _caller(self) -> Callable[[], object]:
        ping, pong = self._ping, self._pong

        def call() -> None:
            ping.release()
            if not pong.acquire(timeout=DEADLINE_S):
                raise TimeoutError("the other thread did not answer")

        return call

    def _partner(self) -> None:
        while True:
            self._ping.acquire()
            if self._closing:
                return
            self._pong.release()

    def _wake_partner(self) -> None:
        self._ping.release()


class QueuePingPong(_PingPong):
    """Each thread waits in `SimpleQueue.get`."""

    def __init__(self) -> None:
        super().__init__("ping-pong-queue", "ping-pong, SimpleQueue")
        self._ping: SimpleQueue[int] = SimpleQueue()
        self._pong: SimpleQueue[int] = SimpleQueue()

    def _caller(self) -> Callable[[], object]:
        ping, pong = self._ping, self._pong

        def call() -> None:
            ping.put(1)
            pong.get(timeout=DEADLINE_S)

        return call

    def _partner(self) -> None:
        while True:
            ball = self._ping.get()
            if self._closing:
                return
            self._pong.put(ball)

    def _wake_partner(self) -> None:
        self._ping.put(0)


class _Eventfd:
    """Edge-triggered: it need not be read."""

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_CLOEXEC)
        self.kept_set = select.epoll()
        self.kept_set.register(self.descriptor, select.EPOLLIN | select.EPOLLET)

    def close(self) -> None:
        self.kept_set.close()
        os.close(self.descriptor)
