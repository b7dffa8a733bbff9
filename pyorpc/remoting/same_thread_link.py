"""SameThreadLink: into another context, or the neutral apartment, on the caller's own thread.

No queue, no hand-off, no bytes: it goes straight to the stub. Only where the object goes on with a
call without this thread does the caller wait, as its apartment does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.ids import Ipid
from pyorpc.remoting.in_process_link import InProcessLink, interrupted
from pyorpc.remoting.outgoing_call import NOBODY, OutgoingCall
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.proxy_manager import ProxyManager


class SameThreadLink(InProcessLink):
    """Also the way of asynchronous calls into such an object: they run within Begin."""

    waits = False

    def call(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> Any:
        call = self.begin(manager, ipid, method, args, state)
        if not call.is_done:
            self._await(call, state)
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
        call, incoming = self.prepare(ipid, method, args, state, NOBODY)
        state.outgoing.append(call)
        try:
            incoming.run()
        finally:
            state.outgoing.pop()
        return call

    def _await(self, call: OutgoingCall, state: ThreadState) -> None:
        try:
            self.await_call(call, None, state)
        finally:
            if not call.is_done:
                self._table.finish(call, interrupted(call))

    def send(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> bool:
        """Runs at once; what it raises stays here, as one-way."""
        call = self.begin(manager, ipid, method, args, state)
        self._table.one_way.sent += 1
        if call.error is None:
            return True
        error = call.failure()
        self._table.one_way.note_failed(method.name, error)
        return error.executed != "no"
