"""The deadline of a thread's calls: a moment of the monotonic clock, kept in its ThreadState.

The thread sets it, a call that it runs brings its caller's, and what it calls inherits it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, CallTimeoutError

# epoll takes no more than 24 days; who has longer than this has no deadline.
LONGEST_S: Final = 20 * 24 * 3600.0


@contextmanager
def within(seconds: float, state: ThreadState) -> Generator[None]:
    """The calls of the block share a budget; of nested ones the smaller counts. Its own thread."""
    outer = state.deadline
    at = monotonic() + seconds
    if seconds < LONGEST_S and (outer is None or at < outer):
        state.deadline = at
    try:
        yield
    finally:
        state.deadline = outer


def left_s(deadline: float | None) -> float | None:
    """What is left until then, at least 0; None where there is no deadline."""
    return None if deadline is None else max(0.0, deadline - monotonic())


def sooner(timeout_s: float | None, deadline: float | None) -> float | None:
    """The smaller of a time-out and of what is left."""
    left = left_s(deadline)
    if timeout_s is None or left is None:
        return left if timeout_s is None else timeout_s
    return min(timeout_s, left)


def is_sooner(deadline: float | None, timeout_s: float | None) -> bool:
    """Whether it is the deadline that ends a wait which begins now."""
    left = left_s(deadline)
    return left is not None and (timeout_s is None or left < timeout_s)


def spent(what: str) -> CallTimeoutError:
    """For a thread whose time is over while it waits for no call."""
    return CallTimeoutError(
        HRESULT.RPC_E_TIMEOUT,
        f"{what} did not end within the time given to what is around it",
    )


def refuse_spent(deadline: float, what: str) -> None:
    """Raise RPC_E_TIMEOUT where nothing is left: what has not begun never does."""
    if monotonic() >= deadline:
        raise CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT,
            f"{what} was not begun: the time given to it and what is around it is spent",
            executed="no",
        )
