"""CancelObject: how another thread cancels a call, blocking or begun.

`Cancel` marks the call at the callee, gives it time to stop by itself, then ends it at the caller.
What became of it is told truthfully: `no` only where the callee had not started it.
"""

from __future__ import annotations

import time

from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, CallCanceledError, Outcome
from pyorpc.remoting.in_process_wait import await_done
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.resolver import Resolver


class Cancellation:
    """Of one call. Any thread."""

    def __init__(self, call: OutgoingCall, resolver: Resolver) -> None:
        self._call = call
        self._resolver = resolver

    def cancel(self, seconds: float, state: ThreadState) -> HRESULT:
        """S_OK; RPC_E_CALL_COMPLETE: it was over; RPC_E_CALL_CANCELED: it was cancelled before."""
        call = self._call
        if call.is_cancel_sent:
            return HRESULT.RPC_E_CALL_CANCELED
        if call.is_done:
            return HRESULT.RPC_E_CALL_COMPLETE
        call.is_cancel_sent = True
        table = self._resolver.table
        if seconds > 0:
            self._tell_callee()
            self._await(seconds, state)
            table.abandon(call, self._error())
            return HRESULT.S_OK
        # The call ends now, whatever the callee answers when it is told.
        if not table.claim(call):
            return HRESULT.RPC_E_CALL_COMPLETE
        try:
            self._tell_callee()
        finally:
            table.end_claimed(call, self._error())
        return HRESULT.S_OK

    def _tell_callee(self) -> None:
        call = self._call
        if call.incoming is None:
            self._resolver.cancel(call)
        elif call.incoming.cancel():
            call.outcome = "not started"

    def _await(self, seconds: float, state: ThreadState) -> None:
        # The call's own thread is woken by its end, not this one: so look from time to time.
        deadline = time.monotonic() + seconds
        while not self._call.is_done and (left := deadline - time.monotonic()) > 0:
            await_done(self._call, min(left, POLL_S), state)

    def _error(self) -> CallCanceledError:
        outcome: Outcome = self._call.outcome or "unknown"
        return CallCanceledError(
            HRESULT.RPC_E_CALL_CANCELED,
            f"{self._call.method.name} was cancelled",
            executed="no" if outcome == "not started" else "unknown",
            outcome=outcome,
        )


POLL_S = 0.02


def test_cancel(state: ThreadState) -> HRESULT:
    """Whether the call that this thread runs was cancelled; returned, never raised."""
    call = state.incoming
    if call is None:
        return HRESULT.RPC_E_CALL_COMPLETE
    return HRESULT.RPC_E_CALL_CANCELED if call.is_cancelled else HRESULT.RPC_S_CALLPENDING
