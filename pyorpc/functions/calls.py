"""Calls as objects: begin and finish them, cancel them, ask whether one was cancelled."""

from __future__ import annotations

from typing import Any, TypeVar

from pyorpc.arguments import refuse_no_number, refuse_no_object
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.default_runtime import default_runtime
from pyorpc.errors import HRESULT, AccessDeniedError, ComError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICallFactory, ICancelMethodCalls
from pyorpc.remoting import cancel
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.cancel import Cancellation
from pyorpc.remoting.retry import Pause
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
    refuse_no_object(proxy, "proxy")
    call = proxy.QueryInterface(ICallFactory).CreateCall(async_iface)
    if call is None:
        raise ComError(HRESULT.E_UNEXPECTED, f"{proxy!r} made no call object, and did not say why")
    return call


class CancelObject(ICancelMethodCalls):
    """Of one pending call: ICancelMethodCalls. Results are returned, never raised."""

    def __init__(self, cancellation: Cancellation | Pause, owner: ThreadState | None) -> None:
        self._cancellation = cancellation
        self._owner = owner

    def Cancel(self, seconds: float) -> HRESULT:
        """Cancel the call: its method is told, its caller goes on. Returns once that is so.

        0: the caller goes on at once. More: the method has so many seconds to end by itself, and
        its caller gets what it ends with; INFINITE: however long that takes.
        S_OK; CO_E_CANCEL_DISABLED where its thread has not enabled cancellation;
        RPC_E_CALL_COMPLETE where it was over, or ended in that time without asking whether it was
        cancelled; RPC_E_CALL_CANCELED where it was cancelled before; E_INVALIDARG below 0.
        """
        if not isinstance(seconds, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
            return HRESULT.E_INVALIDARG
        is_disabled = self._owner is not None and self._owner.cancel_enabled <= 0
        if is_disabled and self.TestCancel() == HRESULT.RPC_S_CALLPENDING:
            return HRESULT.CO_E_CANCEL_DISABLED
        return self._cancellation.cancel(seconds, thread_state())

    def TestCancel(self) -> HRESULT:
        """RPC_S_CALLPENDING; RPC_E_CALL_CANCELED; RPC_E_CALL_COMPLETE: over, and not cancelled."""
        return self._cancellation.test()


def get_cancel_object(thread_id: int = 0) -> ICancelMethodCalls:
    """The cancel object of the innermost call that a thread waits for. 0: the calling thread.

    Or what that thread has set since with set_cancel_object. Raises E_NOINTERFACE where there is
    neither.
    """
    refuse_no_number(thread_id, "thread_id")
    state = thread_state()
    runtime = current_runtime(state)
    owner = state if thread_id == 0 else runtime.thread(thread_id)
    depth, own = _own_cancel_object(owner)
    waits = [] if owner is None else owner.outgoing[depth:]
    # CAN-10: calls that were begun have cancel objects of their own.
    call = next((each for each in reversed(waits) if not each.is_async), None)
    if owner is not None and call is not None:
        return CancelObject(Cancellation(call, runtime.resolver), owner)
    if isinstance(own, Pause):
        return CancelObject(own, owner)
    if own is not None:
        return own
    raise ComError(
        HRESULT.E_NOINTERFACE, f"thread {thread_id or state.thread_id} waits for no call"
    )


def set_cancel_object(obj: IUnknown | None) -> HRESULT:
    """Have others find `obj` as this thread's innermost cancel object; None takes it away again.

    For calls that no cancel of pyorpc's reaches: those of an object that travels by IMarshal, say.
    What is set before is found again afterwards. Raises E_NOINTERFACE where `obj` does not answer
    ICancelMethodCalls, E_ACCESSDENIED where None would take away that of a blocking call.
    """
    state = thread_state()
    depth, own = _own_cancel_object(state)
    if obj is not None:
        if not isinstance(obj, IUnknown):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ComError(HRESULT.E_NOINTERFACE, f"{obj!r} is no object of an interface")
        obj.QueryInterface(ICancelMethodCalls)
        state.cancel_objects.append((len(state.outgoing), obj))
    elif own is not None and not isinstance(own, Pause) and depth >= len(state.outgoing):
        state.cancel_objects.pop()
    elif own is not None or state.outgoing:
        raise AccessDeniedError(
            HRESULT.E_ACCESSDENIED, "the innermost cancel object is that of a call, not your own"
        )
    return HRESULT.S_OK


def _own_cancel_object(owner: ThreadState | None) -> tuple[int, ICancelMethodCalls | Pause | None]:
    """The innermost one that the thread has set, and how many calls it waited for then.

    Or the pause before a refused call is tried again.
    """
    if owner is None or not owner.cancel_objects:
        return 0, None
    return owner.cancel_objects[-1]


def cancel_call(thread_id: int = 0, timeout_s: float = 0) -> HRESULT:
    """get_cancel_object and Cancel in one. Raises E_NOINTERFACE where the thread waits for none."""
    found: Any = get_cancel_object(thread_id)  # ours takes fractions of a second, too
    result: HRESULT = found.Cancel(timeout_s)
    return result


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
