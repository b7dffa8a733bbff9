"""How a thread waits for handles, as its apartment does: an STA serves calls, the MTA blocks.

The one way below wait_for_multiple_handles, ISynchronize and its container. The waiting thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import current_thread
from typing import TYPE_CHECKING, Any

from pyorpc.apartment.admission import Waiting
from pyorpc.apartment.apcs import WAIT_IO_COMPLETION, apcs_of
from pyorpc.apartment.handle import Choice, Handle
from pyorpc.apartment.handle_wait import HandleWait
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.sta import Sta
from pyorpc.context.deadline import is_sooner, sooner, spent
from pyorpc.enumerations import COWAIT, INFINITE
from pyorpc.errors import HRESULT, ComError

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


def wait_for_handles(
    handles: Sequence[Handle], choose: Choice, timeout_ms: int, flags: int, state: ThreadState
) -> int:
    """The index of what was taken, or 0xC0 where an alertable wait has run APCs.

    Raises RPC_S_CALLPENDING when time runs out, RPC_E_TIMEOUT when that of `deadline` does before,
    RPC_E_CALL_CANCELED where a message filter ends the wait, RPC_E_CANTCALLOUT_INASYNCCALL where it
    would stop a trio loop; then nothing was taken.
    """
    apcs = apcs_of(current_thread()) if flags & COWAIT.ALERTABLE else None
    wait = HandleWait(handles, choose, apcs)
    timeout_s = None if timeout_ms == INFINITE else timeout_ms / 1000
    is_bounded = is_sooner(state.deadline, timeout_s)
    if not wait.is_done:
        _wait(wait, sooner(timeout_s, state.deadline), state)
    if wait.index is None:
        if is_bounded:
            raise spent(f"the wait for {wait!r}")
        raise ComError(
            HRESULT.RPC_S_CALLPENDING,
            f"{wait!r}: not signalled within {timeout_ms} ms",
            outs=(0,),
        )
    # After the wait: they may wait themselves.
    if wait.index == WAIT_IO_COMPLETION and apcs is not None:
        apcs.run()
    return wait.index


def _wait(wait: HandleWait, timeout_s: float | None, state: ThreadState) -> None:
    home: Any = state.home
    if state.runs_loop and timeout_s != 0:
        raise ComError(
            HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL,
            f"{wait!r}: this thread runs a trio loop, which the wait would stop. Await it: "
            "`await pyorpc.trio.wait(handle)`",
            executed="no",
            outs=(0,),
        )
    if isinstance(home, Sta):
        with wait.subscribed(home.inbox, home.inbox.watch, home.inbox.unwatch):
            home.wait_for(wait, timeout_s, waiting=Waiting.FOR_HANDLES, causality=state.causality)
        return
    waiter = state.waiter

    def watch(descriptor: int, _: Callable[[], None]) -> None:
        waiter.also_watch(descriptor)  # the wait itself drains it

    with wait.subscribed(waiter, watch, waiter.unwatch):
        if not isinstance(home, Mta):
            waiter.wait_reading(wait, timeout_s, _nothing)
        elif any(each.needs_reader for each in wait.handles):
            # Somebody must read the reply, also where all pool threads wait.
            home.lines.wait_shared(wait, timeout_s, state)
        else:
            with home.blocked():
                waiter.wait_reading(wait, timeout_s, _nothing)


def _nothing() -> None:
    """Looking at the handles is all that there is to do."""
