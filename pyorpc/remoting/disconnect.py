"""Disconnect: take objects from their clients, one by one or a context at a time.

New calls are refused at once; running calls finish and keep their own results. An object is dropped
when the last of them has left it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyorpc.remoting.exporter import FREE_THREADED, Exporter
from pyorpc.remoting.in_process_wait import waker_of
from pyorpc.remoting.outgoing_call import Waker
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.remoting.stub_state import StubEvent

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


class Disconnection:
    """Of some objects; done when every one of them is out of the tables and dropped."""

    def __init__(self, exporter: Exporter, managers: Sequence[StubManager], waker: Waker) -> None:
        self._exporter = exporter
        self._waker = waker
        # list.pop is atomic: of several threads exactly one takes the last.
        self._left = list(range(len(managers)))
        self.is_done = not managers
        for manager in managers:
            self._begin(manager)

    def _begin(self, manager: StubManager) -> None:
        with manager.lock:
            is_busy = manager.running > 0
            manager.apply(StubEvent.DISCONNECT)
            if is_busy:
                manager.on_drained.append(lambda: self._drained(manager))
        if not is_busy:
            self._drained(manager)

    def _drained(self, manager: StubManager) -> None:
        # Its last client may have retired it before: dropped or not, it is when this item has run.
        self._exporter.retire(manager)
        self._exporter.drop(manager, self)

    def wake(self) -> None:
        """One object less. Called by whoever dropped it."""
        if self._left.pop() == 0:
            self.is_done = True
            self._waker.wake()


def disconnect(exporter: Exporter, obj: object, state: ThreadState) -> None:
    """Take one object from all its clients; returns at once. Agile ones are not taken."""
    manager = exporter.manager_of(obj)
    if manager is not None and not getattr(obj, FREE_THREADED, False):
        exporter.part(manager)
        Disconnection(exporter, [manager], waker_of(state))
