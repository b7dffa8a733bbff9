"""ControllingUnknown: the outer that an object's own call objects are aggregated by.

Any thread. Signal says that the method is through; TestCancel, whether its caller still wants it.
"""

from __future__ import annotations

from typing import TypeVar, overload

from pyorpc.errors import HRESULT
from pyorpc.ids import Guid
from pyorpc.interfaces.call_idl import ICancelMethodCalls, ISynchronize
from pyorpc.remoting.pending_call import PendingCall
from pyorpc.services.synchronize import wait_result
from pyorpc.unknown import IUnknown, iid_of

T = TypeVar("T", bound=IUnknown)


class ControllingUnknown(ISynchronize, ICancelMethodCalls):
    """Of one call. Signals after the first do nothing more."""

    def __init__(self, pending: PendingCall) -> None:
        self._pending = pending

    @overload
    def QueryInterface(self, iface: type[T]) -> T: ...
    @overload
    def QueryInterface(self, iface: Guid) -> IUnknown: ...
    def QueryInterface(self, iface: type[IUnknown] | Guid) -> IUnknown:
        """Also the asynchronous interface, which the call object has."""
        call = self._pending.call_object
        if call is not None and iid_of(iface) == self._pending.async_iface.IID:
            return call
        return super().QueryInterface(iface)

    def Wait(self, flags: int, timeout_ms: int) -> HRESULT:
        """Wait for Signal: S_OK, or RPC_S_CALLPENDING when the time is over."""
        return wait_result(self, self._pending.signal, flags, timeout_ms)

    def Signal(self) -> None:
        """Have Finish_X run in the object's apartment, and the caller answered."""
        self._pending.signalled()

    def Reset(self) -> None:
        """Make Wait wait again; a call that was signalled goes on to its end."""
        self._pending.signal.reset()

    def Cancel(self, seconds: int) -> HRESULT:
        """A callee does not cancel its own call: E_NOTIMPL."""
        return HRESULT.E_NOTIMPL

    def TestCancel(self) -> HRESULT:
        """RPC_E_CALL_CANCELED; RPC_S_CALLPENDING; RPC_E_CALL_COMPLETE once it was answered."""
        call = self._pending.incoming
        if call.see_cancel():
            return HRESULT.RPC_E_CALL_CANCELED
        return HRESULT.RPC_E_CALL_COMPLETE if call.is_ended else HRESULT.RPC_S_CALLPENDING
