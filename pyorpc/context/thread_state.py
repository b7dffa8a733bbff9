"""ThreadState: the only thread-local. Which apartment, context and call is this thread in?

Every public function and every proxy call begins here; the state leads to the thread's Runtime.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pyorpc.apartment.waits import ThreadWaiter
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, new_causality_id

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Apartment
    from pyorpc.context.context import Context
    from pyorpc.wire.error_info import ErrorInfo


class CurrentCall(Protocol):
    """The call that a thread is running, as its context sees it."""

    causality: CausalityId | None
    depth: int
    is_cancelled: bool

    @property
    def method_name(self) -> str: ...


class ThreadState:
    """What one thread is and does. Read by its own thread; `outgoing` also by cancellers."""

    __slots__ = (
        "__weakref__",
        "_waiter",
        "apartment",
        "call_context",
        "cancel_enabled",
        "cancel_objects",
        "causality",
        "context",
        "deadline",
        "error_info",
        "home",
        "incoming",
        "init_count",
        "is_activating",
        "is_implicit",
        "is_input_synchronous",
        "is_pool_thread",
        "last_hresult",
        "on_thread_end",
        "outgoing",
        "packing",
        "runtime",
        "thread_id",
        "unsettled",
    )

    runs_loop = False  # of coroutines, which a wait would stop

    def __init__(self) -> None:
        self.thread_id = threading.get_ident()
        self.runtime: Any = None  # a Runtime, which is a layer above
        self.apartment: Apartment | None = None  # where it runs now; the NTA while it visits
        self.home: Apartment | None = None  # whose thread it is, which decides how it waits
        self.context: Context | None = None
        self.causality: CausalityId | None = None
        self.deadline: float | None = None  # when the calls that it makes are to be over
        self.incoming: Any = None  # the IncomingCall that it runs; see CurrentCall
        # What switch_call_context put in place of none, outside calls; in a tuple.
        self.call_context: tuple[Any] | None = None
        self.outgoing: list[Any] = []  # the OutgoingCalls that it waits for, innermost last
        # The packets of the call, or the results, that it is putting together, and for whom.
        self.packing: list[tuple[Any, str]] | None = None
        self.init_count = 0
        self.is_implicit = False
        self.is_pool_thread = False
        self.is_activating = False  # it waits for an activation, whatever runs on it otherwise
        self.is_input_synchronous = False
        self.cancel_enabled = 0
        # The application's own, innermost last, each with how many calls the thread waited for.
        self.cancel_objects: list[tuple[int, Any]] = []
        self.last_hresult: HRESULT = HRESULT.S_OK
        # What set_error_info keeps; of the method that it runs, where it runs one.
        self.error_info: ErrorInfo | None = None
        # Peer apartments to which it began calls in the MTA, until a later one has returned.
        self.unsettled: set[int] = set()
        self.on_thread_end: Any = None
        self._waiter: ThreadWaiter | None = None

    @property
    def wait(self) -> Any:
        """The OutgoingCall that the thread waits for now, or None. Any thread may look.

        A call inside which another method runs on this thread, a callback, is not waited for now.
        """
        try:
            call = self.outgoing[-1]
        except IndexError:
            return None
        return call if call.outer is self.incoming and not call.is_done else None

    def own_causality(self) -> CausalityId:
        """The id that ties this thread's calls and their callbacks together."""
        if self.causality is None:
            self.causality = new_causality_id()
        return self.causality

    def refusal_to_wait(self, what: str) -> ComError:
        """Why the thread makes no call now that it would wait for."""
        return ComError(
            HRESULT.RPC_E_CANTCALLOUT_ININPUTSYNCCALL,
            f"{what}: this thread is inside an outgoing call and runs what send_work sent it; "
            "such an item makes no calls. Use post_work, or an asynchronous call",
            executed="no",
        )

    @contextmanager
    def activating(self) -> Generator[None]:
        """The calls inside are the runtime's own: they wait on any thread."""
        before, self.is_activating = self.is_activating, True
        try:
            yield
        finally:
            self.is_activating = before

    @property
    def waiter(self) -> ThreadWaiter:
        """What this thread waits on where it owns no sockets. Its own thread."""
        if self._waiter is None:
            self._waiter = ThreadWaiter()
        return self._waiter

    def leave_if_it_ended(self) -> None:
        """A thread that is in the MTA implicitly is in it only as long as there is that MTA."""
        if self.is_implicit and self.home is not None and self.home.is_closed:
            self.leave()

    def leave(self) -> None:
        """Back to a thread outside COM. Its next calls are another logical thread's."""
        self.runtime = self.apartment = self.home = self.context = self.on_thread_end = None
        self.causality = self.error_info = self.call_context = None
        self.unsettled.clear()
        self.init_count = 0
        self.is_implicit = self.is_pool_thread = False


class _Local(threading.local):
    """Makes a state for each thread that asks, and notices when the thread ends."""

    def __init__(self) -> None:
        self.state = ThreadState()
        self.end = _ThreadEnd(self.state)


class _ThreadEnd:
    """Dies with its thread, on it: a thread that returned without uninitialize is cleaned up."""

    def __init__(self, state: ThreadState) -> None:
        self._state = state
        self._pid = os.getpid()

    def __del__(self) -> None:
        # A fork ends the other threads in the child; their apartments live on in the parent.
        # The end of the interpreter runs this for daemon threads, which are stopped and not ended.
        if sys.is_finalizing() or os.getpid() != self._pid:
            return
        if self._state.on_thread_end is not None:
            self._state.on_thread_end(self._state)
            _forget_dummy(self._state.thread_id)


def _forget_dummy(thread_id: int) -> None:
    """Who joins or logs on a dying thread makes `threading` list it again, and for ever."""
    active: dict[int, threading.Thread] = getattr(threading, "_active", {})
    if type(active.get(thread_id)).__name__ == "_DummyThread":
        active.pop(thread_id, None)


_local = _Local()


def thread_state() -> ThreadState:
    """The calling thread's state."""
    return _local.state
