"""wait: the awaited form of a wait for one handle."""

from __future__ import annotations

import math

from pyorpc.apartment.handle import Handle, any_of, take
from pyorpc.context.deadline import left_s, spent
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.call_object import CallObject
from pyorpc.trio.library import trio
from pyorpc.trio.loop import TrioLoop
from pyorpc.trio.task_waker import TaskWaker


async def wait(handle: object) -> None:
    """Return when `handle` is signalled; other tasks and calls run meanwhile.

    `handle` is a call object whose Begin was called: afterwards Finish does not wait; or an event
    or semaphore, from which it takes what a wait takes. A cancelled scope ends the wait, not the
    call, and takes nothing. Raises RPC_E_CALL_COMPLETE for a call object without a call,
    RPC_E_TIMEOUT when the time of `deadline` is over, E_INVALIDARG for what signals nothing,
    CO_E_NOT_SUPPORTED outside a trio apartment.
    """
    loop = own_loop()
    await trio.lowlevel.checkpoint_if_cancelled()
    left = left_s(thread_state().deadline)
    with trio.move_on_after(math.inf if left is None else left) as scope:
        await _signalled(handle, loop)
    if scope.cancelled_caught:
        raise spent(f"the wait for {handle!r:.80}")


async def _signalled(handle: object, loop: TrioLoop) -> None:
    if isinstance(handle, CallObject):
        pending = handle.pending
        if pending is None:
            raise ComError(HRESULT.RPC_E_CALL_COMPLETE, "no call was begun, or it was finished")
        done = loop.watch(pending)
        loop.pump.look()
        await done.wait()
    elif isinstance(handle, Handle):
        await _taken(handle, loop)
    else:
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"handle: {handle!r:.80} is nothing that signals"
        )


def own_loop() -> TrioLoop:
    """The loop of this thread's apartment. Raises CO_E_NOT_SUPPORTED."""
    home = thread_state().home
    loop = None if home is None else home.loop
    if not isinstance(loop, TrioLoop):
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            "this thread is in no trio apartment: use `async with pyorpc.trio.open_apartment()`",
        )
    return loop


async def _taken(handle: Handle, loop: TrioLoop) -> None:
    waker = TaskWaker(loop.pump)
    handle.subscribe(waker)
    try:
        while take([handle], any_of) is None:
            await waker.woken.wait()
            waker.woken = trio.Event()  # before the look: what signals after it wakes again
    finally:
        handle.unsubscribe(waker)
