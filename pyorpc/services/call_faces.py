"""What every call object answers beside its asynchronous interface: to wait for it, to cancel it.

Any thread; a face has the call object's identity, and queries lead back to that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar, overload

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICancelMethodCalls, ISynchronize
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.cancel import Cancellation
from pyorpc.remoting.resolver import Resolver
from pyorpc.services.synchronize import wait_result
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)


class CallFace(IUnknown):
    """Base of the faces. Two of one kind and call object are equal."""

    def __init__(self, call: CallObject) -> None:
        self._call = call

    @property
    def call_object(self) -> CallObject:
        return self._call

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """What the call object answers, or its outer."""
        return self._call.QueryInterface(iface)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._call is self._call

    def __hash__(self) -> int:
        return hash((type(self), id(self._call)))


class CallSynchronize(CallFace, ISynchronize):
    """Signalled from the end of a call to the next Begin."""

    def Wait(self, flags: int, timeout_ms: int) -> HRESULT:
        """Wait as for handles: S_OK, or RPC_S_CALLPENDING when the time is over (ruling R-2)."""
        return wait_result(self, self._call.signal, flags, timeout_ms)

    def Signal(self) -> None:
        """End the waits; the call goes on, and Finish waits for it."""
        self._call.signal.set()

    def Reset(self) -> None:
        """Make Wait wait: for the call that is pending, or for a Signal."""
        self._call.signal.reset()


class CallCancel(CallFace, ICancelMethodCalls):
    """Needs no enabling: the call has no thread that waits for it."""

    def __init__(self, resolver: Resolver, call: CallObject) -> None:
        super().__init__(call)
        self._resolver = resolver

    def Cancel(self, seconds: float) -> HRESULT:
        """Cancel the call, giving it `seconds` to stop by itself; Finish raises what it ended with.

        S_OK; RPC_E_CALL_COMPLETE where none is under way; RPC_E_CALL_CANCELED where it was
        cancelled before.
        """
        pending = self._call.pending
        if pending is None:
            return HRESULT.RPC_E_CALL_COMPLETE
        return Cancellation(pending, self._resolver).cancel(seconds, thread_state())

    def TestCancel(self) -> HRESULT:
        """RPC_S_CALLPENDING; RPC_E_CALL_CANCELED; RPC_E_CALL_COMPLETE where none is under way."""
        pending = self._call.pending
        if pending is not None and pending.is_cancel_sent:
            return HRESULT.RPC_E_CALL_CANCELED
        if pending is None or pending.is_done:
            return HRESULT.RPC_E_CALL_COMPLETE
        return HRESULT.RPC_S_CALLPENDING


def call_faces_with(resolver: Resolver) -> dict[Guid, Callable[[CallObject], IUnknown]]:
    """The faces by their IID."""
    return {
        ISynchronize.IID: CallSynchronize,
        ICancelMethodCalls.IID: partial(CallCancel, resolver),
    }
