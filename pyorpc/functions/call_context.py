"""The call context: what a method sees of the call that it runs in, and what one puts in its place.

Of the calling thread; a context that was switched inside a call goes with that call.
"""

from __future__ import annotations

from typing import TypeVar, cast, overload

from pyorpc.arguments import refuse_no_object
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICancelMethodCalls
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class CallContext(ICancelMethodCalls):
    """Of one incoming call; two of one call are equal."""

    def __init__(self, call: IncomingCall) -> None:
        self._call = call

    def TestCancel(self) -> HRESULT:
        """RPC_E_CALL_CANCELED; RPC_S_CALLPENDING; RPC_E_CALL_COMPLETE once it was answered."""
        if self._call.see_cancel():
            return HRESULT.RPC_E_CALL_CANCELED
        is_over = self._call.is_ended
        return HRESULT.RPC_E_CALL_COMPLETE if is_over else HRESULT.RPC_S_CALLPENDING

    def Cancel(self, seconds: float) -> HRESULT:
        """A callee does not cancel its own call: E_NOTIMPL."""
        return HRESULT.E_NOTIMPL

    def is_of(self, call: object) -> bool:
        return self._call is call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallContext) and other.is_of(self._call)

    def __hash__(self) -> int:
        return hash(id(self._call))


@overload
def get_call_context() -> ICancelMethodCalls: ...
@overload
def get_call_context(iface: type[T]) -> T: ...
@overload
def get_call_context(iface: Guid) -> IUnknown: ...
def get_call_context(iface: type[IUnknown] | Guid = ICancelMethodCalls) -> IUnknown:
    """The context of the call that this thread runs, or what it was switched to.

    Raises RPC_E_CALL_COMPLETE outside a call, E_NOINTERFACE for what the context does not answer.
    """
    current = _current(thread_state())
    if current is None:
        raise ComError(HRESULT.RPC_E_CALL_COMPLETE, "this thread runs no incoming call")
    return current.QueryInterface(iface)


def switch_call_context(new: IUnknown | None) -> IUnknown | None:
    """Put another object, or none, in place of this thread's call context; returns the former one.

    Inside a call until the call returns; outside, until it is switched again.
    """
    if new is not None:
        refuse_no_object(new, "new")
    state = thread_state()
    former = _current(state)
    incoming = state.incoming
    if incoming is None:
        state.call_context = None if new is None else (new,)
    else:
        is_own = isinstance(new, CallContext) and new.is_of(incoming)
        incoming.call_context = None if is_own else (new,)
    return former


def _current(state: ThreadState) -> IUnknown | None:
    incoming = state.incoming
    switched = state.call_context if incoming is None else incoming.call_context
    if switched is not None:
        return cast("IUnknown | None", switched[0])
    return None if incoming is None else CallContext(incoming)
