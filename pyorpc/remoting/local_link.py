"""LocalLink: to another apartment of this process. Two hand-offs a call, no bytes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pyorpc.context.deadline import left_s
from pyorpc.errors import HRESULT, CallCanceledError, ComError
from pyorpc.ids import Ipid
from pyorpc.remoting import call_log
from pyorpc.remoting.in_process_link import InProcessLink, cancel, interrupted
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.local_incoming_call import LocalIncomingCall
from pyorpc.remoting.outgoing_call import NOBODY, OutgoingCall
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.proxy_manager import ProxyManager
    from pyorpc.remoting.stub import InterfaceStub


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
        if call.deadline is not None:
            self._table.cancels.expire_later(call)
        self._submit(call, incoming)
        return call

    def send(
        self,
        manager: ProxyManager,
        ipid: Ipid,
        method: Method[Any, Any],
        args: Any,
        state: ThreadState,
    ) -> bool:
        call, incoming = self.prepare(ipid, method, args, state, NOBODY)
        call.is_one_way = call.is_async = incoming.is_async = True
        target = incoming.manager
        target.hold()  # it waits for this call, whatever is released meanwhile
        call.on_done = partial(self._one_way_ended, call, incoming.stub, args)
        try:
            target.apartment.submit(incoming)
        except ComError as error:
            self._table.outgoing.pop(call.id, None)
            call.on_done = None
            self._exporter.let_go(target, closes=True)
            if error.hresult != HRESULT.RPC_E_SERVERCALL_RETRYLATER:
                raise
            self._table.one_way.note_lost(method.name, error)
            return False
        self._table.one_way.sent += 1
        return True

    def _one_way_ended(self, call: OutgoingCall, stub: InterfaceStub[Any], args: object) -> None:
        error, call.on_done = call.error, None
        if error is not None:
            self._table.one_way.note_failed(call.method.name, error)
            if error.executed == "no":
                stub.release_arguments(args)
        self._exporter.let_go(stub.manager, closes=True)

    def _submit(self, call: OutgoingCall, incoming: LocalIncomingCall) -> None:
        if call_log.is_wanted():
            call_log.send(call, repr(incoming.stub.manager.apartment))
        try:
            incoming.stub.manager.apartment.submit(incoming)
        except ComError as error:
            self._table.finish(call, error)
            raise
