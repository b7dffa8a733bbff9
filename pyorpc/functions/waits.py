"""Waiting for handles: events, semaphores, begun calls, sockets. Any thread, also outside COM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from pyorpc.apartment.apcs import apcs_of_thread
from pyorpc.apartment.descriptor import Descriptor, HasFileno
from pyorpc.apartment.handle import Handle, all_of, any_of
from pyorpc.arguments import member_of, refuse_no_function, refuse_no_timeout
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import COWAIT, INFINITE
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.handle_waits import wait_for_handles
from pyorpc.services.synchronize import handle_of
from pyorpc.unknown import IUnknown

Waitable = Handle | IUnknown | HasFileno
"""An Event, a Semaphore, a call object, an event object, or anything with a `fileno()`."""


def wait_for_multiple_handles(
    handles: Sequence[Waitable], timeout_ms: int = INFINITE, flags: COWAIT | int = COWAIT.DEFAULT
) -> int:
    """Wait until one of `handles` is signalled; returns its index, the lowest if several are.

    A thread in an STA serves calls meanwhile. With WAITALL it takes all of them at once, or none,
    and returns 0. With ALERTABLE it runs APCs (`queue_user_apc`) and returns 0xC0 if one comes
    first. The other flags change nothing.

    Raises RPC_S_CALLPENDING when the time is over, RPC_E_CALL_CANCELED where the message filter
    ends the wait, E_INVALIDARG for what is no handle, RPC_E_NO_SYNC for an empty list.
    """
    found = _handles(handles)
    if not found:
        raise ComError(HRESULT.RPC_E_NO_SYNC, "handles: empty", outs=(0,))
    try:
        refuse_no_timeout(timeout_ms)
        how = member_of(COWAIT, flags, "flags")
    except ComError as error:
        raise _invalid(error.description) from None
    choose = any_of
    if how & COWAIT.WAITALL:
        choose = all_of
        if len({id(each) for each in found}) < len(found):
            raise _invalid("handles: the same one twice cannot be taken twice at once")
    return wait_for_handles(found, choose, timeout_ms, how, thread_state())


def _handles(waitables: object) -> list[Handle]:
    if not isinstance(waitables, Iterable):
        raise _invalid(f"handles: {waitables!r:.80} is no list")
    return [_handle(each) for each in cast("Iterable[Waitable]", waitables)]


def _handle(waitable: Waitable) -> Handle:
    if isinstance(waitable, Handle):
        return waitable
    try:
        if isinstance(waitable, IUnknown):
            return handle_of(waitable)
        if callable(getattr(waitable, "fileno", None)):
            return Descriptor(waitable)
    except ComError as error:
        raise _invalid(error.description) from None
    raise _invalid(
        f"handles: {waitable!r:.80} is none: expected an Event, a Semaphore, a call object, an "
        "object with ISynchronizeHandle or something with a fileno()"
    )


def _invalid(text: str) -> InvalidArgumentError:
    return InvalidArgumentError(HRESULT.E_INVALIDARG, text, outs=(0,))


def queue_user_apc(thread_id: int, fn: Callable[..., object], *args: Any) -> None:
    """Have a thread run `fn(*args)` in its next alertable wait, or in the one that it is in.

    What it raises is logged. Raises E_INVALIDARG where there is no such thread.
    """
    refuse_no_function(fn, "fn")
    apcs_of_thread(thread_id).put(fn, args)
