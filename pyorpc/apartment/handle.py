"""Handle: something that a thread can wait for. A wait takes its signal, whole or not at all.

Each kind says when it is signalled and what a successful wait takes away. Whoever signals wakes all
that wait; each looks again, and one takes. Any thread.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import RLock
from typing import Final

from pyorpc.apartment.waits import Waker

_signals: Final = itertools.count(1)


class Handle(ABC):
    """Base of everything that `wait_for_multiple_handles` takes."""

    rank = 0
    """When it was signalled last, as a number that grows; 0: unknown, or long ago."""
    needs_reader = False
    """Whether it is signalled by what comes over the MTA's sockets: who waits then reads them."""

    def __init__(self) -> None:
        # Guards the signal, rank and _wakers. An RLock: a signal handler may signal the very
        # handle that its thread is looking at.
        self.lock = RLock()
        self._wakers: list[Waker] = []

    @property
    @abstractmethod
    def is_signalled(self) -> bool:
        """Whether a wait would succeed now. With `lock` held what it says stays true."""

    def consume_locked(self) -> None:  # noqa: B027  # many kinds stay as they are
        """A wait has succeeded: take what that takes."""

    def subscribe(self, waker: Waker) -> None:
        """Wake it at every signal from now on; it may already be signalled."""
        with self.lock:
            self._wakers.append(waker)

    def unsubscribe(self, waker: Waker) -> None:
        """Undo one subscribe."""
        with self.lock:
            self._wakers.remove(waker)

    def announce(self) -> None:
        """After it was signalled, and outside the lock: wake who waits."""
        with self.lock:
            self.rank = next(_signals)
            wakers = list(self._wakers)
        for waker in wakers:
            waker.wake()


# ---- choosing: pure ------------------------------------------------------------------------

Choice = Callable[[Sequence[int | None]], Sequence[int]]
"""The indices to take, none: wait on. Of each handle it is told its rank; None: not signalled."""


def any_of(signals: Sequence[int | None]) -> Sequence[int]:
    """The first in the list."""
    return [index for index, rank in enumerate(signals) if rank is not None][:1]


def all_of(signals: Sequence[int | None]) -> Sequence[int]:
    """All or none."""
    return [] if None in signals else range(len(signals))


def earliest_of(signals: Sequence[int | None]) -> Sequence[int]:
    """The one that was signalled first."""
    ready = [(rank, index) for index, rank in enumerate(signals) if rank is not None]
    return [min(ready)[1]] if ready else []


def take(handles: Sequence[Handle], choose: Choice) -> int | None:
    """Take what `choose` says, in one step that no other thread sees half of; the first index."""
    if not any(handle.is_signalled for handle in handles):
        return None  # most looks end here, and need no lock
    with ExitStack() as locks:
        # In one order everywhere: so no two threads hold each what the other one wants.
        for handle in sorted(handles, key=lambda each: id(each.lock)):
            locks.enter_context(handle.lock)
        chosen = choose([each.rank if each.is_signalled else None for each in handles])
        for index in chosen:
            handles[index].consume_locked()
    return chosen[0] if chosen else None
