"""LocalLink: to another apartment of this process. Two hand-offs a call, no bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.errors import CallCanceledError, ComError
from pyorpc.ids import Ipid
from pyorpc.remoting import call_log
from pyorpc.remoting.in_process_link import InProcessLink, cancel, interrupted
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
            await_done(call, None, state)
        except CallCanceledError as error:  # the message filter's word
            cancel(call, error)
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
