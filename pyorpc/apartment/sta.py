"""Sta: one thread, one queue. Calls run one at a time, in order; every accepted call is answered.

While its thread waits, for a reply or for handles, it serves what `admission` lets in. Nothing but
that thread runs items; any thread may submit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final, NamedTuple, Protocol
from weakref import WeakSet

from pyorpc.apartment.admission import ItemKind, Waiting, may_enter
from pyorpc.apartment.apartment import Apartment, ApartmentKind, Awaitable, Inbox, WorkItem
from pyorpc.apartment.apartment_state import ApartmentEvent
from pyorpc.apartment.message_filter import RegisteredFilter
from pyorpc.errors import HRESULT, CallCanceledError
from pyorpc.ids import CausalityId, Oxid


class Never:
    """An Awaitable that is never done: the message loop waits for it."""

    is_done = False


# So many items are run before the loop looks at its sockets again.
IN_A_ROW: Final = 64


class Gate(Protocol):
    """What a loop that is not the STA's own lets in."""

    @property
    def waiting(self) -> Waiting:
        """What its thread is doing, as admission sees it."""
        ...

    def own(self, causality: CausalityId | None) -> CausalityId | None:
        """The causality, where something that is under way in the STA has it."""


class Quit(NamedTuple):
    """The request to end a message loop, with its exit code."""

    code: int


class Sta(Apartment):
    """The apartment of the thread that makes it."""

    kind = ApartmentKind.STA

    def __init__(self, oxid: Oxid, inbox: Inbox, *, is_main: bool, max_queue: int) -> None:
        super().__init__(oxid, "main STA" if is_main else "STA")
        self.inbox = inbox
        self.is_main = is_main
        self.thread_id = threading.get_ident()
        self.is_foreign = False  # a foreign event loop decides when it pumps
        self.is_pumping = False  # its thread is in the message loop, or in what that runs
        self._max_queue = max_queue
        self._lock = threading.Lock()  # guards is_closed, _queue (appending) and _quit
        self._queue: deque[WorkItem] = deque()
        self._quit: Quit | None = None
        self.filtered: RegisteredFilter | None = None  # its own thread sets it, and asks it
        self._seen: WeakSet[WorkItem] = WeakSet()  # posted items that it was told of

    # ---- any thread ------------------------------------------------------------------------

    def submit(self, item: WorkItem) -> None:
        with self._lock:
            if self.is_closed:
                raise self.closed_error()
            if len(self._queue) >= self._max_queue and item.kind is not ItemKind.RUNTIME:
                raise self.full_error(self._max_queue)
            self._queue.append(item)
        if threading.get_ident() != self.thread_id or self.is_foreign:
            self.inbox.wake()

    def post_quit(self, code: int) -> None:
        """End the message loop, once the items before have run."""
        with self._lock:
            self._quit = Quit(code)
        self.inbox.wake()

    def is_current_thread(self) -> bool:
        return threading.get_ident() == self.thread_id

    def queue_length(self) -> int:
        return len(self._queue)

    # ---- its own thread --------------------------------------------------------------------

    def pump(self) -> int:
        """The message loop: run items until a quit request; returns its code."""
        was_pumping, self.is_pumping = self.is_pumping, True
        try:
            return self._pump()
        finally:
            self.is_pumping = was_pumping

    def _pump(self) -> int:
        queue = self._queue
        run_in_a_row = 0
        while True:
            if queue and run_in_a_row < IN_A_ROW:
                run_in_a_row += 1
                # In no variable: an idle STA would keep the last call, and what it returned.
                if self.filtered is None:
                    queue.popleft().run()
                else:
                    self._screen(queue.popleft(), Waiting.PUMPING, None)
                continue
            run_in_a_row = 0
            if queue:
                self.inbox.receive(0)  # items that post items must not starve the sockets
            elif self._quit is not None:
                with self._lock:
                    code, self._quit = self._quit.code, None
                return code
            else:
                self.inbox.receive(None)

    def fileno(self) -> int:
        """For a foreign event loop: readable from now on while there is something to pump."""
        if not self.is_foreign:
            self.is_foreign = True
            self.inbox.serve_foreign_loop()
        return self.inbox.fileno()

    def pump_waiting(self) -> int:
        """Run what is there and return how many items that were; never blocks for more."""
        try:
            return self._pump_waiting()
        finally:
            self._tell_foreign_loop()  # of what an item left that was torn out of its work

    def _pump_waiting(self) -> int:
        count = 0
        while True:
            self.inbox.receive(0)
            item = self._take(Waiting.PUMPING, None)
            if item is None:
                if self.inbox.has_unread:
                    continue
                return count
            self._screen(item, Waiting.PUMPING, None)
            count += 1

    def run_some(self, limit: int, gate: Gate) -> int:
        """Look at the sockets, then run at most `limit` items that `gate` lets in; never blocks."""
        self.inbox.receive(0)
        for count in range(limit):
            item = self._take_at(gate)
            if item is None:
                return count
            self._screen(item, gate.waiting, gate.own(item.causality))
        return limit

    def wait_for(
        self,
        what: Awaitable,
        timeout_s: float | None,
        *,
        waiting: Waiting = Waiting.FOR_REPLY,
        causality: CausalityId | None = None,
    ) -> bool:
        """Wait until `what` is done, running admitted items meanwhile. False: time ran out.

        Whoever completes `what` must wake the inbox afterwards. Raises RPC_E_CALL_CANCELED where
        the message filter does not want to wait any more.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        count = 0
        while not what.is_done:
            item = self._take(waiting, causality) if self._queue else None
            if item is not None:
                self._screen(item, waiting, causality, what)
                count += 1
                is_late = bool(timeout_s) and deadline is not None and time.monotonic() >= deadline
                if is_late or count % IN_A_ROW == 0:
                    self.inbox.receive(0)  # a flood of items must not starve the reply
                if is_late:
                    break
            elif self._queue and self._is_given_up(what):
                self._tell_foreign_loop()
                raise _cancelled(what)
            else:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                self.inbox.receive(left)
        if self.is_foreign:
            self._tell_foreign_loop()
        return what.is_done

    def _tell_foreign_loop(self) -> None:
        """Items that were held while the thread waited are not for it to miss."""
        if self.is_foreign and self._queue:
            self.inbox.wake()

    def close(self) -> None:
        """Refuse what waits and all that comes later. Its own thread, or after that has ended."""
        with self._lock:
            self.apply(ApartmentEvent.LEAVE)
            refused = list(self._queue)
            self._queue.clear()
        self.filtered = None
        for item in refused:
            # Before it leaves, the apartment does its own errands: references die on its thread.
            if item.kind is ItemKind.RUNTIME:
                item.run()
            else:
                item.refuse(self.gone_error())

    def _take(self, waiting: Waiting, own: CausalityId | None) -> WorkItem | None:
        """The first item that may enter now, taken out of the queue."""
        if waiting is Waiting.PUMPING:
            return self._queue.popleft() if self._queue else None
        is_filtered = self.filtered is not None and self.filtered.screens_calls
        with self._lock:
            for index, item in enumerate(self._queue):
                is_new = is_filtered and not getattr(item, "is_continuation", False)
                if may_enter(item.kind, item.causality, waiting, own, is_filtered=is_new):
                    del self._queue[index]
                    return item
        return None

    def _take_at(self, gate: Gate) -> WorkItem | None:
        waiting = gate.waiting
        if waiting is Waiting.PUMPING:
            return self._take(waiting, None)
        is_filtered = self.filtered is not None and self.filtered.screens_calls
        with self._lock:
            for index, item in enumerate(self._queue):
                is_new = is_filtered and not getattr(item, "is_continuation", False)
                own = gate.own(item.causality)
                if may_enter(item.kind, item.causality, waiting, own, is_filtered=is_new):
                    del self._queue[index]
                    return item
        return None

    # ---- where there is a message filter ---------------------------------------------------

    def _screen(
        self,
        item: WorkItem,
        waiting: Waiting,
        own: CausalityId | None,
        what: Awaitable | None = None,
    ) -> None:
        """Run an item that was taken, unless it is a call and the filter refuses it."""
        filtered = self.filtered
        if filtered is None:
            item.run()
            return
        refusal = None
        is_new = item.kind is ItemKind.CALL and not getattr(item, "is_continuation", False)
        if is_new and filtered.screens_calls:
            refusal = filtered.refusal(item, waiting, own, _since(what))
        if refusal is None:
            item.run()
        else:
            item.refuse(refusal)

    def _is_given_up(self, what: Awaitable) -> bool:
        """Ask the filter about a posted item that has come while a call's reply is waited for."""
        filtered = self.filtered
        if filtered is None or not filtered.watches_waits:
            return False
        if not getattr(what, "is_cancellable", False):
            return False
        with self._lock:
            posted = [item for item in self._queue if item.kind is ItemKind.POSTED]
        news = [item for item in posted if item not in self._seen]
        self._seen.update(news)
        callee, since = getattr(what, "callee_thread", 0), _since(what)
        # Asked of each, whatever the first answer is.
        answers = [filtered.cancels_wait(callee, since) for _ in news]
        return any(answers)


def _since(what: object) -> float:
    """When what a thread waits for was made."""
    since: float | None = getattr(what, "started", None)
    return time.monotonic() if since is None else since


def _cancelled(what: object) -> CallCanceledError:
    return CallCanceledError(
        HRESULT.RPC_E_CALL_CANCELED,
        f"the wait for {what!r} was cancelled: MessagePending of the message filter said so",
        outcome="unknown",
    )
