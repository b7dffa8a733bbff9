"""LocalIncomingCall: a call from another apartment of this process, values in and values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.errors import ComError
from pyorpc.ids import CausalityId
from pyorpc.remoting.call_failures import cancelled_before_start
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.remoting.remote_traceback import show, traceback_of
from pyorpc.remoting.stub import InterfaceStub

if TYPE_CHECKING:
    from pyorpc.remoting.call_table import CallTable
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.wire.method import Method


class LocalIncomingCall(IncomingCall):
    """From another apartment of this process: values in, values out."""

    def __init__(
        self,
        outgoing: OutgoingCall,
        args: Any,
        stub: InterfaceStub[Any],
        depth: int,
        table: CallTable,
    ) -> None:
        self.stub = stub
        self.slot = outgoing.method.slot
        self.causality: CausalityId | None = outgoing.causality
        self.depth = depth
        self.arrived = outgoing.started
        self._start = [None]
        self._outgoing = outgoing
        self._table = table
        self._args = args
        self.caller = outgoing.thread_id

    def arguments(self, method: Method[Any, Any]) -> Any:
        return self._args

    def packed(self, method: Method[Any, Any], value: object) -> object:
        return method.copy_result(value)

    def answer(self, hresult: int, value: Any) -> None:
        self.is_ended = True
        if not self._table.returned(self._outgoing, hresult, value):
            self._outgoing.learn("yes", "finished anyway")
            self.stub.take_back(value, "")  # cancelled, or nobody waits any more

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.is_ended = True
        if cause is not None and self._table.has_tracebacks:
            error.remote_traceback = traceback_of(cause)
            show(error)
        is_late = not self._table.finish(self._outgoing, error)
        if is_late and error.executed != "unknown":
            never_started = error.executed == "no"
            outcome = "not started" if never_started else error.outcome or "finished anyway"
            self._outgoing.learn(error.executed, outcome)
        if is_late and error.executed == "no" and not self.is_withdrawn:
            self.stub.take_back(self._args, "")  # its caller could not know

    def refuse(self, error: ComError) -> None:
        self.fail(error if self._may_start() else cancelled_before_start(self.method_name))
