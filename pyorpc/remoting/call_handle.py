"""CallHandle: a call object as a handle, signalled once the reply of the pending call is there.

A wait takes nothing: Finish does. Between Finish and the next Begin it is not signalled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from pyorpc.apartment.handle import Handle
from pyorpc.apartment.waits import Waker

if TYPE_CHECKING:
    from pyorpc.remoting.call_object import CallObject
    from pyorpc.remoting.outgoing_call import OutgoingCall


class CallHandle(Handle):
    """A call object's own. It is told of the call's end, and so knows which call ended first."""

    def __init__(self, call_object: CallObject) -> None:
        super().__init__()
        self._call_object = ref(call_object)  # weak: that one has this one
        self._heard: OutgoingCall | None = None

    @property
    def _pending(self) -> OutgoingCall | None:
        call_object = self._call_object()
        return None if call_object is None else call_object.pending

    @property
    def is_signalled(self) -> bool:
        pending = self._pending
        return pending is not None and pending.is_done

    def subscribe(self, waker: Waker) -> None:
        super().subscribe(waker)
        self.listen()

    def listen(self) -> None:
        """Be told when the pending call is done; a call that was begun later needs another one."""
        call = self._pending
        with self.lock:
            if call is None or call is self._heard:
                return
            self._heard = call
            self.rank = 0
        call.listen(self.announce)
        if call.is_done:
            self.announce()  # perhaps it was done before
