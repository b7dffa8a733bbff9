"""Gate: stops threads at a named point of the product's code until the test lets them on.

So a race is forced and not hoped for:

    with Gate.before(Sta, "_close_queue") as gate:      # threads stop before Sta._close_queue
        closer = run_in_thread(sta.close)
        gate.wait_until_reached()                       # 1. the closer is about to close the queue
        sta.post(item)                                  # 2. in between, somebody posts
        gate.open()                                     # 3. the closer goes on
        closer.join()
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.support.waiting import DEADLINE_S


class Gate:
    """Closed at first. Threads that come to `stop_here` wait; nobody waits longer than 10 s."""

    def __init__(self, name: str = "gate") -> None:
        self.name = name
        self._changed = threading.Condition()  # guards all below
        self._reached = 0
        self._tickets = 0
        self._is_open = False

    @classmethod
    @contextmanager
    def before(cls, owner: Any, attribute: str) -> Generator[Gate]:
        """Every call of owner.attribute stops first. Opened and taken away at the end."""
        gate = cls(f"before {getattr(owner, '__name__', owner)}.{attribute}")
        is_own = attribute in vars(owner)
        original = getattr(owner, attribute)

        @functools.wraps(original)
        def gated(*args: Any, **kwargs: Any) -> Any:
            gate.stop_here()
            return original(*args, **kwargs)

        setattr(owner, attribute, gated)
        try:
            yield gate
        finally:
            gate.open()
            setattr(owner, attribute, original) if is_own else delattr(owner, attribute)

    def stop_here(self) -> None:
        """Say that the calling thread has come, and wait until it may go on."""
        with self._changed:
            self._reached += 1
            self._changed.notify_all()
            if not self._changed.wait_for(self._may_pass_locked, DEADLINE_S):
                raise AssertionError(f"{self.name}: nobody opened the gate")

    def wait_until_reached(self, times: int = 1) -> None:
        """Wait until `times` threads have come, those counted that went on already."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._reached >= times, DEADLINE_S):
                raise AssertionError(f"{self.name}: reached {self._reached} times, not {times}")

    def let_one_pass(self) -> None:
        with self._changed:
            self._tickets += 1
            self._changed.notify_all()

    def open(self) -> None:
        """Let all pass, now and from now on."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def _may_pass_locked(self) -> bool:
        if self._is_open:
            return True
        if self._tickets == 0:
            return False
        self._tickets -= 1
        return True
