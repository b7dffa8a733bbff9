"""LocalLink: to another apartment of this process. Two hand-offs a call, no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.context.deadline import left_s
from pyorpc.errors import HRESULT, CallCanceledError, ComError
from pyorpc.ids import Ipid
from pyorpc.remoting import call_log
from pyorpc.remoting.in_process_link import InProcessLink
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.local_incoming_call import LocalIncomingCall
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.proxy_manager import ProxyManager


class LocalLink(InProcessLink):
    """The callee's apartment runs the call; the caller waits as its own apartment does."""

    def call(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> Any:
        call, incoming = self.prepare(ipid, method, args, state, waker_of(state))
        state.outgoing.append(call)  # first: it can be cancelled from the moment it can be seen
        try:
            self._submit(call, incoming)
            while not await_done(call, left_s(call.deadline), state):
                self._table.cancels.expire(call)
        except CallCanceledError as error:  # the message filter's word
            _cancel(call, error)
            raise
        finally:
            state.outgoing.pop()
            if not call.is_done:
                self._table.finish(call, interrupted(call))
            if call_log.is_wanted():
                call_log.done(call)
        state.last_hresult = call.hresult
        return self.result(call)

    def begin(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> OutgoingCall:
        call, incoming = self.prepare(ipid, method, args, state, waker_of(state))
        call.is_async = incoming.is_async = True
        if call.deadline is not None:
            self._table.cancels.expire_later(call)
        self._submit(call, incoming)
        return call

    def _submit(self, call: OutgoingCall, incoming: LocalIncomingCall) -> None:
        if call_log.is_wanted():
            call_log.send(call, repr(incoming.stub.manager.apartment))
        try:
            incoming.stub.manager.apartment.submit(incoming)
        except ComError as error:
            self._table.finish(call, error)
            raise

    def await_call(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        # Another thread of the apartment than began it may finish it.
        call.await_on(waker_of(state), state.thread_id)
        state.outgoing.append(call)
        try:
            is_done = await_done(call, timeout_s, state)
        except CallCanceledError as error:  # the message filter's word
            _cancel(call, error)
            self._table.finish(call, error)
            return True
        finally:
            state.outgoing.pop()
        if is_done and call_log.is_wanted():
            call_log.done(call)
        return is_done


def _cancel(call: OutgoingCall, error: ComError) -> None:
    """Tell the callee that nobody waits any more; a call that had not started never does."""
    if call.incoming is not None and call.incoming.cancel():
        error.executed, error.outcome = "no", "not started"


def interrupted(call: OutgoingCall) -> ComError:
    """For a call whose caller was torn out of its wait, by Ctrl-C for example."""
    return ComError(HRESULT.E_ABORT, f"the wait for {call.method.name} was interrupted")
