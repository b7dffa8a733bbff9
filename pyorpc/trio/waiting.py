"""wait: the awaited form of a wait for one handle."""

from __future__ import annotations

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.call_object import CallObject
from pyorpc.trio.loop import TrioLoop


async def wait(handle: object) -> None:
    """Return when `handle` is signalled; other tasks and calls run meanwhile.

    `handle` is a call object whose Begin was called: afterwards Finish does not wait. A cancelled
    scope ends the wait, not the call. Raises RPC_E_CALL_COMPLETE for a call object without a call,
    E_INVALIDARG for anything else, CO_E_NOT_SUPPORTED outside a trio apartment.
    """
    loop = own_loop()
    if not isinstance(handle, CallObject):
        raise InvalidArgumentError(
            HRESULT.E_INVALIDARG, f"handle: {handle!r:.80} is nothing that signals"
        )
    pending = handle.pending
    if pending is None:
        raise ComError(HRESULT.RPC_E_CALL_COMPLETE, "no call was begun, or it was finished")
    done = loop.watch(pending)
    loop.pump.look()
    await done.wait()


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
