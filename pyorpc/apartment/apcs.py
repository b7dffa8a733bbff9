"""Apcs: functions queued to a thread, which runs them in its next alertable wait.

A thread has them whether it is in COM or not, so they are the process's. They go with their thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from pyorpc.apartment.handle import Handle
from pyorpc.errors import HRESULT, InvalidArgumentError

_log = logging.getLogger(__name__)

WAIT_IO_COMPLETION: Final = 0xC0
"""The index that a wait gives which was ended by an APC."""


class Apcs(Handle):
    """One thread's. Signalled while any is there; an alertable wait is woken by it."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def put(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        """Any thread."""
        self._queue.append((fn, args))
        self.announce()

    @property
    def is_signalled(self) -> bool:
        return bool(self._queue)

    def run(self) -> None:
        """The thread itself: run those that are there now; what they raise is logged."""
        for _ in range(len(self._queue)):
            fn, args = self._queue.popleft()
            try:
                fn(*args)
            except Exception:
                _log.exception("an APC failed: %r", fn)


_lock: Final = threading.Lock()  # guards _APCS
_APCS: Final[WeakKeyDictionary[threading.Thread, Apcs]] = WeakKeyDictionary()


def apcs_of(thread: threading.Thread) -> Apcs:
    """A thread's own, made at the first use."""
    with _lock:
        return _APCS.setdefault(thread, Apcs())


def apcs_of_thread(thread_id: int) -> Apcs:
    """By `threading.get_ident()`. Raises E_INVALIDARG where no such thread lives."""
    for thread in threading.enumerate():
        if thread.ident == thread_id:
            return apcs_of(thread)
    raise InvalidArgumentError(
        HRESULT.E_INVALIDARG, f"thread_id: there is no thread {thread_id!r} in this process"
    )
