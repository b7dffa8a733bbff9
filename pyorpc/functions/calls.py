"""Calls as objects: begin and finish them, cancel them, ask whether one was cancelled."""

from __future__ import annotations

from typing import TypeVar

from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.default_runtime import default_runtime
from pyorpc.errors import HRESULT, ComError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICallFactory
from pyorpc.remoting import cancel
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.cancel import Cancellation
from pyorpc.services.channel_hook import IChannelHook, refuse_no_hook
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


def register_channel_hook(extension_guid: Guid | str, hook: IChannelHook | None) -> HRESULT:
    """Let a hook add data to every call of this process, and read what others add under that GUID.

    Any thread; from the next call on. One hook for a GUID: another replaces it, None takes it away.
    Raises E_INVALIDARG for what is no hook or no GUID.
    """
    if hook is not None:
        refuse_no_hook(hook)
    state = thread_state()
    runtime = state.runtime if state.home is not None else default_runtime()
    runtime.table.register_hook(Guid(extension_guid), hook)
    return HRESULT.S_OK


def create_call(proxy: IUnknown, async_iface: type[T]) -> T:
    """A call object of `proxy`: Begin_X sends, Finish_X takes the results. Reusable.

    Raises E_NOINTERFACE where `async_iface` is not the asynchronous form of an interface of the
    proxy's. An object at home answers for itself: E_NOINTERFACE where it is no ICallFactory.
    """
    call = proxy.QueryInterface(ICallFactory).CreateCall(async_iface)
    if call is None:
        raise ComError(HRESULT.E_UNEXPECTED, f"{proxy!r} made no call object, and did not say why")
    return call


class CancelObject:
    """Of one pending call: ICancelMethodCalls. Results are returned, never raised."""

    def __init__(self, cancellation: Cancellation, owner: ThreadState | None) -> None:
        self._cancellation = cancellation
        self._owner = owner

    def Cancel(self, seconds: float) -> HRESULT:
        """Cancel the call, giving it `seconds` to stop by itself.

        S_OK; CO_E_CANCEL_DISABLED where its thread has not enabled cancellation;
        RPC_E_CALL_COMPLETE where it was over; RPC_E_CALL_CANCELED where it was cancelled before.
        """
        if self._owner is not None and self._owner.cancel_enabled <= 0:
            return HRESULT.CO_E_CANCEL_DISABLED
        return self._cancellation.cancel(seconds, thread_state())

    def TestCancel(self) -> HRESULT:
        return test_cancel()


def get_cancel_object(thread_id: int = 0) -> CancelObject:
    """The cancel object of the innermost call that a thread waits for. 0: the calling thread.

    Raises E_NOINTERFACE where that thread waits for none.
    """
    state = thread_state()
    runtime = current_runtime(state)
    owner = state if thread_id == 0 else runtime.thread(thread_id)
    waits = [] if owner is None else list(owner.outgoing)
    # CAN-10: calls that were begun have cancel objects of their own.
    call = next((each for each in reversed(waits) if not each.is_async), None)
    if owner is None or call is None:
        raise ComError(
            HRESULT.E_NOINTERFACE, f"thread {thread_id or state.thread_id} waits for no call"
        )
    return CancelObject(Cancellation(call, runtime.resolver), owner)


def cancel_call(thread_id: int = 0, timeout_s: float = 0) -> HRESULT:
    """get_cancel_object and Cancel in one. Raises E_NOINTERFACE where the thread waits for none."""
    return get_cancel_object(thread_id).Cancel(timeout_s)


def cancel_object_of(call: CallObject) -> CancelObject:
    """The cancel object of a call that was begun. Raises RPC_E_CALL_COMPLETE if none was."""
    pending = call.pending
    if pending is None:
        raise ComError(HRESULT.RPC_E_CALL_COMPLETE, "no call is pending on this call object")
    return CancelObject(Cancellation(pending, current_runtime(thread_state()).resolver), None)


def test_cancel() -> HRESULT:
    """In a method: was this call cancelled? RPC_S_CALLPENDING: no; RPC_E_CALL_CANCELED: yes.

    RPC_E_CALL_COMPLETE outside any call. Returned, never raised.
    """
    return cancel.test_cancel(thread_state())


def enable_call_cancellation() -> HRESULT:
    """Let other threads cancel this thread's blocking calls. Counted; also outside COM."""
    thread_state().cancel_enabled += 1
    return HRESULT.S_OK


def disable_call_cancellation() -> HRESULT:
    """Undo one enable. Raises CO_E_CANCEL_DISABLED where there is none to undo."""
    state = thread_state()
    if state.cancel_enabled <= 0:
        raise ComError(HRESULT.CO_E_CANCEL_DISABLED, "call cancellation is not enabled here")
    state.cancel_enabled -= 1
    return HRESULT.S_OK
