"""Mta: a pool of threads that wait on the sockets themselves; calls overlap.

A pool thread receives, passes the wake-up on if more is waiting, runs the call and replies. A pool
thread that blocks in an outgoing call or a wait is replaced, so that callbacks find a thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.apartment import Apartment, ApartmentKind, Inbox, WorkItem
from pyorpc.apartment.apartment_state import ApartmentEvent
from pyorpc.ids import Oxid

_log = logging.getLogger(__name__)


class Mta(Apartment):
    """The one multithreaded apartment of a Runtime."""

    kind = ApartmentKind.MTA

    def __init__(  # noqa: PLR0913  # the pool's three numbers
        self,
        oxid: Oxid,
        inbox: Inbox,
        *,
        threads: int,
        threads_max: int,
        max_queue: int,
        enter_thread: Callable[[], None],
    ) -> None:
        super().__init__(oxid, "MTA")
        self.inbox = inbox
        self._wanted = threads
        self._max = threads_max
        self._max_queue = max_queue
        self._enter_thread = enter_thread
        self._lock = threading.Lock()  # guards is_closed, _queue (appending) and the counts
        self._queue: deque[WorkItem] = deque()
        self._threads: dict[int, threading.Thread] = {}  # by ident; all of the pool
        self._readers: set[int] = set()  # threads that wait for work or are just reading it
        self._blocked = 0  # in an outgoing call or a wait: replaced

    # ---- any thread ------------------------------------------------------------------------

    def submit(self, item: WorkItem) -> None:
        with self._lock:
            if self.is_closed:
                raise self.closed_error()
            if len(self._queue) >= self._max_queue and item.kind is not ItemKind.RUNTIME:
                raise self.full_error(self._max_queue)
            self._queue.append(item)
            self._replace_locked()
        # A reader takes it by itself, as soon as it has read.
        if threading.get_ident() not in self._readers:
            self.inbox.wake()

    def start(self) -> None:
        """Have the pool read the sockets from now on. Idempotent."""
        with self._lock:
            if not self.is_closed:
                self._replace_locked()

    def is_current_thread(self) -> bool:
        return threading.get_ident() in self._threads

    def queue_length(self) -> int:
        return len(self._queue)

    def thread_count(self) -> int:
        return len(self._threads)

    def pass_on(self) -> None:
        """Wake a thread for what another one read but will not run."""
        if self._queue or self.inbox.has_unread:
            self.inbox.wake()

    @contextmanager
    def blocked(self) -> Generator[None]:
        """Around a pool thread's own waiting: another thread takes its place meanwhile."""
        if threading.get_ident() not in self._threads:
            yield
            return
        with self._lock:
            self._blocked += 1
            if not self.is_closed:
                self._replace_locked()
        self.pass_on()
        try:
            yield
        finally:
            with self._lock:
                self._blocked -= 1

    def close(self) -> None:
        """Refuse what waits and all that comes later; pool threads end when they are through."""
        with self._lock:
            self.apply(ApartmentEvent.LEAVE)
        self.inbox.wake()
        # One by one: pool threads may still be taking items, and each is answered once.
        while self._queue:
            try:
                item = self._queue.popleft()
            except IndexError:
                break
            if item.kind is ItemKind.RUNTIME:
                item.run()
            else:
                item.refuse(self.gone_error())

    def join(self, timeout_s: float) -> bool:
        """Wait for the pool to end; False if a thread is still running somebody's method."""
        me = threading.get_ident()
        deadline = time.monotonic() + timeout_s
        for thread in list(self._threads.values()):
            if thread.ident != me:
                self.inbox.wake()
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in list(self._threads.values()))

    # ---- pool threads ----------------------------------------------------------------------

    def _replace_locked(self) -> None:
        """Start a thread if fewer than wanted are free to work."""
        free = len(self._threads) - self._blocked
        if self._readers or free >= self._wanted or len(self._threads) >= self._max:
            return
        thread = threading.Thread(target=self._serve, name=f"pyorpc-mta-{self.oxid:x}", daemon=True)
        thread.start()
        assert thread.ident is not None
        self._threads[thread.ident] = thread

    def _serve(self) -> None:
        try:
            self._enter_thread()
            while self._serve_once():
                pass
        except Exception:  # a dying thread says so
            _log.exception("a pool thread of %r died", self)
        finally:
            if self.is_closed:
                self.inbox.wake()  # the next one: several wake-ups may wake one thread only
            with self._lock:
                self._threads.pop(threading.get_ident(), None)

    def _serve_once(self) -> bool:
        """Run one item or wait for one. False: this thread is to end."""
        try:
            item = self._queue.popleft()
        except IndexError:
            return self._wait_once()
        # Before this item is run, so that what was drained beyond it does not wait for it.
        self.pass_on()
        if not self._readers:
            self.start()  # somebody reads while this one runs
        item.run()
        return True

    def _wait_once(self) -> bool:
        me = threading.get_ident()
        with self._lock:
            if self.is_closed:
                return False
            if self._readers and len(self._threads) - self._blocked > self._wanted:
                # One too many, and another one reads. It counts no more from this moment: who
                # blocks before it has quite ended would take it for the one that goes on reading.
                self._threads.pop(me, None)
                return False
            self._readers.add(me)
        try:
            self.inbox.receive(None, 1)
        finally:
            with self._lock:
                self._readers.discard(me)
        return True
