"""How a thread waits for what another thread of this process completes, as its apartment does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.apartment.apartment import Awaitable
from pyorpc.apartment.sta import Sta
from pyorpc.apartment.waits import Waker

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


def waker_of(state: ThreadState) -> Waker:
    """What wakes this thread from `await_done`."""
    home = state.home
    return home.inbox if isinstance(home, Sta) else state.waiter


def await_done(what: Awaitable, timeout_s: float | None, state: ThreadState) -> bool:
    """Wait until `what` is done; an STA serves callbacks, a pool thread is replaced."""
    home: Any = state.home
    if isinstance(home, Sta):
        return home.wait_for(what, timeout_s, causality=state.causality)
    if state.is_pool_thread:
        with home.blocked():
            return state.waiter.wait_for(what, timeout_s)
    return state.waiter.wait_for(what, timeout_s)
