"""Cancellation: how another thread cancels a call, blocking or begun.

`cancel` marks the call at the callee, gives it time to end by itself, then ends it at the caller.
What became of it is told truthfully: `no` only where the callee had not started it.
"""

from __future__ import annotations

from pyorpc.context.deadline import LONGEST_S
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.outgoing_call import OutgoingCall, cancelled
from pyorpc.remoting.resolver import Resolver


class Cancellation:
    """Of one call. Any thread."""

    def __init__(self, call: OutgoingCall, resolver: Resolver) -> None:
        self._call = call
        self._cancels = resolver.cancels
        self._table = resolver.table

    def cancel(self, seconds: float, state: ThreadState) -> HRESULT:
        """S_OK: the call has ended, or the callee has obeyed.

        RPC_E_CALL_COMPLETE: it was over, or ended within `seconds` all by itself;
        RPC_E_CALL_CANCELED: it was cancelled before; E_INVALIDARG for no number of seconds.
        """
        call = self._call
        if not seconds >= 0:
            return HRESULT.E_INVALIDARG
        if call.is_cancel_sent:
            return HRESULT.RPC_E_CALL_CANCELED
        if call.is_done:
            return HRESULT.RPC_E_CALL_COMPLETE
        if not self._table.first_cancel(call):
            return HRESULT.RPC_E_CALL_CANCELED
        if seconds > 0:
            return self._give_time(None if seconds >= LONGEST_S else seconds, state)
        is_first = self._cancels.end(call, cancelled)
        return HRESULT.S_OK if is_first else HRESULT.RPC_E_CALL_COMPLETE

    def test(self) -> HRESULT:
        """Whether it was cancelled, pends, or is over."""
        if self._call.is_cancel_sent:
            return HRESULT.RPC_E_CALL_CANCELED
        return HRESULT.RPC_E_CALL_COMPLETE if self._call.is_done else HRESULT.RPC_S_CALLPENDING

    def _give_time(self, timeout_s: float | None, state: ThreadState) -> HRESULT:
        call = self._call
        call.is_cancel_awaited = True
        wake = waker_of(state).wake
        call.listen(wake)
        try:
            self._cancels.tell_callee(call)
            if call.incoming is not None and call.outcome == "not started":
                self._table.abandon(call, cancelled(call))
            if not await_done(call, timeout_s, state):
                self._table.abandon(call, cancelled(call))
                return HRESULT.S_OK
        finally:
            call.unlisten(wake)
        self._cancels.forget(call)
        return HRESULT.S_OK if _has_obeyed(call) else HRESULT.RPC_E_CALL_COMPLETE


def _has_obeyed(call: OutgoingCall) -> bool:
    """Whether a cancelled call that is done ended because of it, or its method knew at least."""
    if call.outcome in ("not started", "stopped"):
        return True
    return call.is_cancel_seen if call.incoming is None else call.incoming.is_cancel_seen


def test_cancel(state: ThreadState) -> HRESULT:
    """Whether the call that this thread runs was cancelled; returned, never raised."""
    call = state.incoming
    if call is None:
        return HRESULT.RPC_E_CALL_COMPLETE
    return HRESULT.RPC_E_CALL_CANCELED if call.see_cancel() else HRESULT.RPC_S_CALLPENDING
