"""CallerGone: a handle, signalled once nobody waits for a call from another process any more.

What waits in such a call for long waits for this too: else a dead caller's wait would keep a thread
of the pool for ever. Used by the thread that runs the call, for one wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.apartment.handle import Handle
from pyorpc.apartment.waits import Waker
from pyorpc.errors import HRESULT, CallCanceledError

if TYPE_CHECKING:
    from pyorpc.remoting.remote_incoming_call import RemoteIncomingCall


class CallerGone(Handle):
    """The call was cancelled, its caller's connection is dead, or this apartment has ended."""

    def __init__(self, call: RemoteIncomingCall) -> None:
        super().__init__()
        self._call = call

    @property
    def is_signalled(self) -> bool:
        line = self._call.line
        return self._call.is_cancelled or line.connection.broken is not None or line.port.is_closed

    def subscribe(self, waker: Waker) -> None:
        super().subscribe(waker)
        self._call.on_cancel = self.announce
        self._call.line.welcome_waiters.append(waker)  # woken also when the line breaks

    def unsubscribe(self, waker: Waker) -> None:
        self._call.line.welcome_waiters.remove(waker)
        self._call.on_cancel = None
        super().unsubscribe(waker)

    def error(self) -> CallCanceledError:
        """What the call ends with; most likely nobody hears it."""
        return CallCanceledError(
            HRESULT.RPC_E_CALL_CANCELED,
            f"{self._call.method_name}: its caller waits no more",
            outcome="stopped",
        )
