"""Disconnect: take objects from their clients, one by one or a context at a time.

New calls are refused at once; running calls finish and keep their own results. An object is dropped
when the last of them has left it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pyorpc.apartment.waits import Waker
from pyorpc.context.context import Context
from pyorpc.remoting.exporter import FREE_THREADED, Exporter
from pyorpc.remoting.in_process_wait import waker_of
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.remoting.stub_state import StubEvent

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


class Disconnection:
    """Of some objects; done when every one of them is out of the tables and dropped.

    `find` names the objects: first now, and again whenever those found were dropped, until it finds
    no new ones. Calls that were running may have handed out more.
    """

    def __init__(
        self, exporter: Exporter, find: Callable[[], Sequence[StubManager]], waker: Waker
    ) -> None:
        self._exporter = exporter
        self._find = find
        self._waker = waker
        self._found: set[StubManager] = set()
        self._left: list[int] = []
        self.is_done = False
        self._begin_next()

    def _begin_next(self) -> None:
        managers = [manager for manager in self._find() if manager not in self._found]
        self._found.update(managers)
        # list.pop is atomic: of several threads exactly one takes the last.
        self._left = list(range(len(managers)))
        if not managers:
            self.is_done = True
            self._waker.wake()
        for manager in managers:
            self._begin(manager)

    def _begin(self, manager: StubManager) -> None:
        with manager.lock:
            is_busy = manager.running > 0
            manager.apply(StubEvent.DISCONNECT)
            if is_busy:
                manager.on_drained.append(lambda: self._drained(manager))
        if is_busy:
            self._exporter.unname(manager)
        else:
            self._drained(manager)

    def _drained(self, manager: StubManager) -> None:
        # Its last client may have retired it before: dropped or not, it is when this item has run.
        self._exporter.retire(manager)
        self._exporter.drop_from_here(manager, self)

    def wake(self) -> None:
        """One object less. Called by whoever dropped it."""
        if self._left.pop() == 0:
            self._begin_next()


def disconnect(exporter: Exporter, obj: object, state: ThreadState) -> None:
    """Take one object from all its clients; returns at once. Agile ones are not taken."""
    manager = exporter.manager_of(obj)
    if manager is not None and not getattr(obj, FREE_THREADED, False):
        Disconnection(exporter, lambda: [manager], waker_of(state))


def that_go_with(context: Context) -> list[StubManager]:
    """The objects to disconnect with a context; also those that no client holds any more.

    A call may still be inside.
    """
    with context.lock:
        return [manager for manager in context.managers if manager.goes_with_context]
