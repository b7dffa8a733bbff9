"""Cancels: tells callees that a call is not wanted any more, and hears it from callers.

One per Runtime. Cancels, spent deadlines and the detector of deadlocks end calls through it. A
cancel may overtake its request, or come after the answer has left: the first is remembered, and the
second is forgotten as soon as its caller sees the answer.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyorpc.context.deadline import left_s
from pyorpc.errors import HRESULT, CallTimeoutError, ComError
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.outgoing_call import OutgoingCall, cancelled
from pyorpc.wire.packets import VERSION, Cancel, CancelAck, Kind

if TYPE_CHECKING:
    from pyorpc.remoting.housekeeping import Housekeeping
    from pyorpc.remoting.peer import PeerProcess
    from pyorpc.remoting.process_line import ProcessLine


class Cancels:
    """Any thread asks; packets arrive on the housekeeping thread."""

    def __init__(
        self,
        process_id: str,
        table: CallTable,
        housekeeping: Housekeeping,
        tell: Callable[[PeerProcess, Cancel], None],
    ) -> None:
        self._process_id = process_id
        self._table = table
        self._housekeeping = housekeeping
        self._tell = tell

    # ---- the caller's side -----------------------------------------------------------------

    def tell_callee(self, call: OutgoingCall) -> None:
        """Mark the call at its callee. `call.outcome` says so if it had certainly not started."""
        if call.incoming is None:
            self.send(call)
        elif call.incoming.cancel():
            call.outcome = "not started"

    def send(self, call: OutgoingCall) -> None:
        """The packet, for a call to another process. It never raises."""
        packet = Cancel(VERSION, Kind.CANCEL, call.id, self._process_id)
        self._tell(call.peer.process, packet)

    def end(self, call: OutgoingCall, error_of: Callable[[OutgoingCall], ComError]) -> bool:
        """End the call now, whatever its callee answers when it is told. True: this was first."""
        if not self._table.claim(call):
            return False
        try:
            self.tell_callee(call)
        finally:
            self._table.end_claimed(call, error_of(call))
        return True

    def acknowledged(self, peer: PeerProcess, header: CancelAck) -> None:
        """Who waits for a call that certainly never starts does so no longer."""
        call = self._pending(header.call_id)
        if call is None:
            if header.is_remembered:
                self._forget_at(peer, header.call_id)
            return
        if call.peer is None or call.peer.process is not peer:
            return
        call.outcome = header.outcome  # type: ignore[assignment]  # checked where it is read
        if header.outcome == "not started":
            call.learn("no", "not started")
        if header.outcome == "not started" and call.is_cancel_awaited:
            self._table.abandon(call, cancelled(call))
        elif header.is_remembered:
            call.is_cancel_remembered = True
            if self._pending(header.call_id) is None:  # its answer came in this moment
                self.forget(call)

    def forget(self, call: OutgoingCall) -> None:
        """The call was answered, or its connection is dead: no request of it will come."""
        if call.is_cancel_remembered:
            self._forget_at(call.peer.process, call.id)

    def _forget_at(self, peer: PeerProcess, call_id: int) -> None:
        if not peer.is_dead:
            packet = Cancel(VERSION, Kind.CANCEL, call_id, self._process_id, is_over=True)
            self._tell(peer, packet)

    def _pending(self, call_id: int) -> OutgoingCall | None:
        # Once more: it may be on its way from the first table to the second.
        table = self._table
        call = table.outgoing.get(call_id) or table.abandoned.get(call_id)
        return call or table.outgoing.get(call_id)

    # ---- deadlines -------------------------------------------------------------------------

    def expire(self, call: OutgoingCall) -> None:
        """End a call whose budget is spent. It may have been ended before, and be done soon."""
        call.deadline = None
        self.end(call, _spent)

    def expire_later(self, call: OutgoingCall) -> None:
        """Do so in time, although nobody waits for the call now."""
        delay_s = left_s(call.deadline)
        assert delay_s is not None
        self._housekeeping.after(delay_s, self._expire_if_alive, weakref.ref(call))

    def _expire_if_alive(self, reference: weakref.ref[OutgoingCall]) -> None:
        call = reference()
        if call is not None:
            self.expire(call)

    # ---- the callee's side -----------------------------------------------------------------

    def received(self, line: ProcessLine, header: Cancel) -> None:
        """Mark the call at once; one that has not come yet is remembered and never starts."""
        # Whose calls a peer may cancel, its connection says.
        key = line.known_peer().process_id, header.call_id
        if header.is_over:
            self._table.early_cancels.pop(key, None)
            return
        call = self._table.incoming.get(key)
        if call is None:
            self._table.remember_cancel(key)
            # Once more: it may have been entered, and looked for its cancel, in between.
            call = self._table.incoming.get(key)
        outcome = "unknown"
        if call is not None:
            self._table.early_cancels.pop(key, None)
            outcome = "not started" if call.cancel() else "unknown"
        ack = CancelAck(VERSION, Kind.CANCEL_ACK, header.call_id, outcome, call is None)
        line.send(ack)


def _spent(call: OutgoingCall) -> CallTimeoutError:
    return CallTimeoutError(
        HRESULT.RPC_E_TIMEOUT,
        f"{call.method.name} did not return within the time given to it and what is around it",
        executed="no" if call.outcome == "not started" else "unknown",
    )
