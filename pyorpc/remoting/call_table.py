"""CallTable: every call in flight of one Runtime, both ways. The one place where calls end.

Taking a call out of the table is what makes an ending the first one: `dict.pop` is atomic. There
are three: with its reply (`replied`, or `returned` inside a process), with an error instead of one
(`finish`), and given up by its caller, while the reply is still to come (`claim`, `end_claimed`,
both as `abandon`). What could not be sent at all is taken out by who tried, and was no call.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import TYPE_CHECKING

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.remoting.call_states import OutgoingState
from pyorpc.remoting.channel_hooks import NO_HOOKS, ChannelHooks, Hook
from pyorpc.remoting.one_way import OneWayCount
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.wire.value_limits import ValueLimits

if TYPE_CHECKING:
    from pyorpc.remoting.cancels import Cancels
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.line import Line

# A cancel that overtook its request is remembered; a peer cannot make us remember more than this.
EARLY_CANCELS: int = 10_000


class CallTable:
    """Outgoing calls by their id, incoming ones by caller process and id. Any thread."""

    def __init__(
        self,
        limits: ValueLimits | None = None,
        max_message_bytes: int = 64 * 1024 * 1024,
        *,
        has_tracebacks: bool = False,
    ) -> None:
        self.limits = limits or ValueLimits()
        self.max_message_bytes = max_message_bytes
        self.has_tracebacks = has_tracebacks  # policy: they are sent to callers, and shown
        self._claiming = threading.Lock()  # guards nothing but the order of two claims, or cancels
        self.outgoing: dict[int, OutgoingCall] = {}
        # Ended by their caller while the reply was still to come: its references must be released.
        self.abandoned: dict[int, OutgoingCall] = {}
        self.incoming: dict[tuple[str, int], IncomingCall] = {}
        self.early_cancels: dict[tuple[str, int], None] = {}
        self.cancels: Cancels  # set by the Resolver
        self.new_id = itertools.count(1).__next__
        self.requests_sent = 0
        self.one_way = OneWayCount()
        self._hooking = threading.Lock()  # guards the replacement of hooks
        self.hooks: ChannelHooks | None = None  # None: calls know nothing of hooks

    def register_hook(self, extension: Guid, hook: Hook | None) -> None:
        """From the next call on, in both directions. None takes a hook away."""
        with self._hooking:
            self.hooks = (self.hooks or NO_HOOKS).changed(extension, hook)

    def state_of(self, call: OutgoingCall) -> OutgoingState:
        """Where an outgoing call is in its life. Any thread: a look at what moves."""
        if self.outgoing.get(call.id) is call:
            return OutgoingState.WAITING
        is_abandoned = self.abandoned.get(call.id) is call
        return OutgoingState.ABANDONED if is_abandoned else OutgoingState.ENDED

    def finish(self, call: OutgoingCall, error: ComError) -> bool:
        """End a call with an error, if nothing has ended it yet. True: this was the first."""
        if self.outgoing.pop(call.id, None) is None:
            return False
        if error.outcome is not None:
            call.outcome = error.outcome
        call.error = error
        call.complete()
        return True

    def unsent(self, call: OutgoingCall) -> None:
        """It has not left, so no reply will come: also where a cancel claims it in this moment."""
        with self._claiming:
            self.outgoing.pop(call.id, None)
            self.abandoned.pop(call.id, None)

    def claim(self, call: OutgoingCall) -> bool:
        """Be the one that ends a call; who gets True sets its outcome and completes it."""
        with self._claiming:
            if call.id not in self.outgoing:
                return False
            # First, so that a reply which comes now finds the call in one table or the other.
            if call.incoming is None:
                self.abandoned[call.id] = call
            if self.outgoing.pop(call.id, None) is not None:
                return True
            self.abandoned.pop(call.id, None)  # it did come now
            return False

    def abandon(self, call: OutgoingCall, error: ComError) -> bool:
        """End a call from the caller's side, before its reply. True: this was the first ending."""
        if not self.claim(call):
            return False
        self.end_claimed(call, error)
        return True

    def end_claimed(self, call: OutgoingCall, error: ComError) -> None:
        """Give the caller its error. `no` has it take back the [in]s, as only one may."""
        if error.executed == "no" and call.incoming is None and call.take_args() is None:
            # The answer was quicker and has taken them back.
            error.executed, error.outcome = "unknown", error.outcome and "unknown"
        if error.executed == "unknown":
            error.of_call = weakref.ref(call)
        call.error = error
        call.complete()

    def is_owed(self, line: Line) -> bool:
        """Whether a reply is still to come over that line, of a call that nobody waits for."""
        return any(call.line is line for call in list(self.abandoned.values()))

    def forget_owed(self, line: object) -> None:
        """No reply will come over that line any more."""
        for call in list(self.abandoned.values()):
            if call.line is line:
                self.abandoned.pop(call.id, None)
                self.cancels.forget(call)

    def replied(self, call_id: int, hresult: int, body: bytes) -> OutgoingCall | None:
        """End a call with its reply; None where nothing waits for it any more."""
        call = self.outgoing.pop(call_id, None)
        if call is not None:
            if hresult:
                call.hresult = HRESULT(hresult & 0xFFFFFFFF)
            call.body = body
            call.complete()
        return call

    def returned(self, call: OutgoingCall, hresult: int, value: object) -> bool:
        """End an in-process call with its values. True: this was the first ending."""
        if self.outgoing.pop(call.id, None) is None:
            return False
        if hresult:
            call.hresult = HRESULT(hresult)
        call.value = value
        call.complete()
        return True

    def first_cancel(self, call: OutgoingCall) -> bool:
        """Whether nobody has cancelled it before."""
        with self._claiming:
            is_first, call.is_cancel_sent = not call.is_cancel_sent, True
        return is_first

    def forget_cancels(self, process_id: str) -> None:
        """That process has ended: no request of it will come."""
        for key in [key for key in list(self.early_cancels) if key[0] == process_id]:
            self.early_cancels.pop(key, None)

    def remember_cancel(self, key: tuple[str, int]) -> None:
        """The request of this cancel has not come yet: it shall not start when it does."""
        if len(self.early_cancels) >= EARLY_CANCELS:
            self.early_cancels.pop(next(iter(self.early_cancels)), None)
        self.early_cancels[key] = None
