"""IncomingCall: one call from the callee's side. Runs once on the object's thread, answers once.

It is the call context of the method that it runs. Exceptions become HRESULTs here, and only here.
"""

from __future__ import annotations

import traceback
from time import monotonic
from typing import TYPE_CHECKING, Any

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.message_filter import INTERFACEINFO
from pyorpc.context.policies import run_inside
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, CallCanceledError, ComError, Executed, Success
from pyorpc.ids import CausalityId, Guid
from pyorpc.remoting import call_log
from pyorpc.remoting.call_states import IncomingState
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import IUnknown

if TYPE_CHECKING:
    from pyorpc.remoting.call_table import CallTable
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.wire.method import Method
    from pyorpc.wire.packets import Request


class IncomingCall:
    """A WorkItem. Its kinds differ in where the arguments come from and the answer goes to."""

    kind = ItemKind.CALL
    is_remote = False
    receiver = ""  # the caller's process id, where that is another process
    # Defaults on the class: most calls never change them.
    is_cancelled = False
    is_started = False
    is_withdrawn = False  # cancelled before it started: it never does
    is_ended = False
    is_async = False  # nobody waits for it: a message filter may not refuse it
    caller = 0  # the calling thread, inside its process; 0: unknown
    outer: IncomingCall | None = None  # the call inside which its thread took this one
    success: int = 0  # the HRESULT that it succeeds with
    thread_id = 0  # who runs it; 0: nobody yet

    # Set by each kind's __init__, which therefore needs no second one: one is made for every call.
    stub: InterfaceStub[Any]
    slot: int
    causality: CausalityId | None
    depth: int
    arrived: float
    _start: list[None]  # of one element: whoever pops it, the thread or a cancel, decides

    @property
    def manager(self) -> StubManager:
        return self.stub.manager

    @property
    def method_name(self) -> str:
        entry = self.stub.METHODS.get(self.slot)
        return f"slot {self.slot}" if entry is None else entry[0].name

    @property
    def callee_thread(self) -> int:
        """The thread of the object's STA; 0: it is in no STA."""
        return getattr(self.stub.manager.apartment, "thread_id", 0)

    def interface_info(self) -> INTERFACEINFO:
        """What it is for, as a message filter is told."""
        manager = self.stub.manager
        of_stub = (iid for iid, stub in manager.stubs.items() if stub is self.stub)
        return INTERFACEINFO(manager.target, next(of_stub, IUnknown.IID), self.slot)

    # ---- the object's thread ---------------------------------------------------------------

    def run(self) -> None:
        state = thread_state()
        manager = self.stub.manager
        saved = state.apartment, state.context, state.causality, state.incoming
        try:
            manager.enter()
        except ComError as error:
            self.refuse(error)
            return
        state.apartment, state.context = manager.apartment, manager.context
        self.outer = state.incoming
        self.thread_id = state.thread_id
        state.causality, state.incoming = self.causality, self
        try:
            self._run_inside(state)
        finally:
            state.apartment, state.context, state.causality, state.incoming = saved
            manager.leave()

    def _run_inside(self, state: ThreadState) -> None:
        is_logged = call_log.is_wanted()
        try:
            if not self._may_start():
                self._failed(cancelled_before_start(self.method_name))
                return
            if is_logged:
                call_log.begin(self)
            policies = self.stub.manager.context.policies
            value = run_inside(policies, self, self._invoke) if policies else self._invoke()
        except ComError as error:
            # Whatever a failed call of its own said of that one: this method did start, or not.
            self._failed(copy_of(error, "yes" if self.is_started else "no"))
        except Exception as error:
            self._failed(self._fault_of(error), error)
        except BaseException as error:
            self._failed(self._fault_of(error), error)
            raise
        else:
            if is_logged:
                call_log.end(self, HRESULT(self.success))
            self.answer(self.success, value)

    def _failed(self, error: ComError, cause: BaseException | None = None) -> None:
        if call_log.is_wanted():
            call_log.end(self, error)
        self.fail(error, cause)

    def _may_start(self) -> bool:
        try:
            self._start.pop()
        except IndexError:
            return False
        return True

    def cancel(self) -> bool:
        """Mark the call; any thread. True: it had not started, and never will."""
        self.is_cancelled = True
        if not self._may_start():
            return False
        self.is_withdrawn = True
        return True

    @property
    def state(self) -> IncomingState:
        """Where it is in its life. Any thread: a look at what moves."""
        if self.is_ended:
            return IncomingState.ENDED
        if self._start:
            return IncomingState.QUEUED
        return IncomingState.WITHDRAWN if self.is_withdrawn else IncomingState.RUNNING

    def _invoke(self) -> object:
        """Unpack, call, pack. Returns what `answer` is given."""
        stub = self.stub
        method, function = stub.METHODS.get(self.slot) or stub.entry(self.slot)
        args = self.arguments(method)
        self.is_started = True
        value = function(stub, args)
        if type(value) is Success:
            self.success = value.hresult
            value = value.value
        try:
            return self.packed(method, value)
        except ComError:
            stub.take_back(value)
            raise

    def _fault_of(self, error: BaseException) -> ComError:
        if isinstance(error, NotImplementedError):
            return ComError(
                HRESULT.E_NOTIMPL, f"{self.method_name} is not implemented", executed="yes"
            )
        call_log.calls.error("%s %s raised", self.causality, self.method_name, exc_info=error)
        return ComError(
            HRESULT.RPC_E_SERVERFAULT,
            f"{self.method_name} raised {describe(error)}",
            executed="yes",
        )

    # ---- of each kind ----------------------------------------------------------------------

    def arguments(self, method: Method[Any, Any]) -> Any:
        raise NotImplementedError

    def packed(self, method: Method[Any, Any], value: object) -> object:
        raise NotImplementedError

    def answer(self, hresult: int, value: Any) -> None:
        raise NotImplementedError

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        raise NotImplementedError

    def refuse(self, error: ComError) -> None:
        self.fail(error)


class RemoteIncomingCall(IncomingCall):
    """From another process: bytes in, bytes out."""

    is_remote = True
    extensions: dict[bytes, bytes] | None = None  # what channel hooks add to the answer

    def __init__(
        self, line: Line, request: Request, body: bytes, stub: InterfaceStub[Any], table: CallTable
    ) -> None:
        self.stub = stub
        self.slot = request.slot
        self.causality: CausalityId | None = CausalityId(Guid(request.causality))
        self.depth = request.depth
        self.arrived = monotonic()
        self._start = [None]
        self._line = line
        self.receiver = line.process_id
        self._table = table
        self._body = body
        self.call_id = request.call_id
        self.key = line.process_id, request.call_id
        self.caller = request.thread
        if request.flags:
            self.is_async = True

    @staticmethod
    def refuse_unmade(line: Line, call_id: int, error: ComError) -> None:
        """Answer a request that did not even become a call."""
        line.fault(call_id, error)

    def arguments(self, method: Method[Any, Any]) -> Any:
        body = self._body
        limits = self._table.limits
        if len(body) > limits.harmless:
            limits.check(body, method.args_growth, f"{method.name}: the arguments")
        return method.decode_args(body)

    def packed(self, method: Method[Any, Any], value: object) -> object:
        body = method.encode_result(value)
        if len(body) > self._table.max_message_bytes:
            raise ComError(
                HRESULT.RPC_E_SERVER_CANTMARSHAL_DATA,
                f"{method.name}: the results take {len(body)} bytes; the limit there (setting "
                f"max_message_bytes) is {self._table.max_message_bytes}",
                executed="yes",
            )
        return body

    def answer(self, hresult: int, value: Any) -> None:
        self.is_ended = True
        if self._table.incoming.pop(self.key, None) is not None:
            self._line.in_flight.discard(self.call_id)
            self._line.reply(self.call_id, hresult, value, self.extensions)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.is_ended = True
        if self._table.incoming.pop(self.key, None) is not None:
            self._line.in_flight.discard(self.call_id)
            text = None
            if cause is not None and self._line.lines.network.sends_tracebacks:
                text = "".join(traceback.format_exception(cause))
            self._line.fault(self.call_id, error, text, self.extensions)


class OneWayIncomingCall(RemoteIncomingCall):
    """From another process, where nobody waits: nothing is sent back."""

    @staticmethod
    def refuse_unmade(line: Line, call_id: int, error: ComError) -> None:
        call_log.calls.warning("one-way call %d of %s: %s", call_id, line.process_id, error)

    def answer(self, hresult: int, value: Any) -> None:
        self.is_ended = True
        self._table.incoming.pop(self.key, None)
        self._line.in_flight.discard(self.call_id)

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.answer(0, None)


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
            self.stub.take_back(value)  # cancelled, or nobody waits any more

    def fail(self, error: ComError, cause: BaseException | None = None) -> None:
        self.is_ended = True
        self._table.finish(self._outgoing, error)


def describe(error: BaseException) -> str:
    """An exception as text, also one whose own text cannot be had."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def cancelled_before_start(name: str) -> CallCanceledError:
    return CallCanceledError(
        HRESULT.RPC_E_CALL_CANCELED,
        f"{name} was cancelled before it started",
        executed="no",
        outcome="not started",
    )


def copy_of(error: ComError, executed: Executed) -> ComError:
    """The error without its frames: what a caller is sent keeps text only."""
    return ComError(
        error.hresult,
        error.description,
        executed=executed,
        outcome=error.outcome,
        remote_traceback=error.remote_traceback,
    )
