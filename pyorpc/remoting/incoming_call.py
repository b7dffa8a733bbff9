"""IncomingCall: one call from the callee's side. Runs once on the object's thread, answers once.

It is the call context of the method that it runs. Exceptions become HRESULTs here, and only here.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from pyorpc.apartment.admission import ItemKind
from pyorpc.apartment.message_filter import INTERFACEINFO
from pyorpc.context.deadline import refuse_spent
from pyorpc.context.policies import run_inside
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import (
    HRESULT,
    CallTimeoutError,
    ComError,
    Outcome,
    Success,
)
from pyorpc.ids import CausalityId
from pyorpc.remoting import call_log
from pyorpc.remoting.call_failures import (
    cancelled_before_start,
    cancelled_by_caller,
    copy_of,
    describe,
)
from pyorpc.remoting.call_states import IncomingState
from pyorpc.remoting.deferral import DEFERRED, Completion, Deferred
from pyorpc.remoting.error_support import add_info
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.unknown import IUnknown

if TYPE_CHECKING:
    from pyorpc.remoting.pipes_of_call import CalleePipes
    from pyorpc.wire.error_info import ErrorInfo
    from pyorpc.wire.method import Method


class IncomingCall:
    """A WorkItem. Its kinds differ in where the arguments come from and the answer goes to."""

    kind = ItemKind.CALL
    is_remote = False
    receiver = ""  # the caller's process id, where that is another process
    # Defaults on the class: most calls never change them.
    is_cancelled = False
    is_started = False
    has_returned = False  # its method, whose pointers and arrays are being packed
    is_deferred = False  # its method goes on without the thread that it began on
    kept: object = None  # what goes on with it while it is deferred
    is_withdrawn = False  # cancelled before it started: it never does
    is_ended = False
    on_cancel: Callable[[], None] | None = None  # for a method that waits
    pipes: CalleePipes | None = None  # of a method that has any, while it runs
    is_cancel_seen = False  # its method has asked whether it was cancelled, and was told so
    deadline: float | None = None  # when its caller goes on without it
    is_async = False  # nobody waits for it: a message filter may not refuse it
    caller = 0  # the calling thread, inside its process; 0: unknown
    stuck_at: object = None  # the packet in the arguments that could not be unmarshaled
    outer: IncomingCall | None = None  # the call inside which its thread took this one
    call_context: tuple[IUnknown | None] | None = None  # what it was switched to
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
        saved = state.apartment, state.context, state.causality, state.incoming, state.deadline
        outer_info = state.error_info
        try:
            manager.enter()
        except ComError as error:
            self.refuse(error)
            return
        if outer_info is not None:
            state.error_info = None  # it belongs to the method that this call interrupts
        state.apartment, state.context = manager.apartment, manager.context
        self.outer = state.incoming
        self.thread_id = state.thread_id
        state.causality, state.incoming, state.deadline = self.causality, self, self.deadline
        try:
            self._answer_with(self._run_method)
        finally:
            state.apartment, state.context, state.causality, state.incoming, state.deadline = saved
            if state.error_info is not outer_info:
                state.error_info = outer_info
            state.packing = None
            if not self.is_deferred:
                manager.leave()

    def _run_method(self) -> object:
        if not self._may_start():
            raise cancelled_before_start(self.method_name)
        if self.deadline is not None:
            refuse_spent(self.deadline, self.method_name)
        if call_log.is_wanted():
            call_log.begin(self)
        policies = self.stub.manager.context.policies
        return run_inside(policies, self, self._invoke) if policies else self._invoke()

    def _answer_with(self, body: Callable[[], object]) -> None:
        """Answer with what `body` returns or raises; not yet, where it says that it was deferred.

        The one place where exceptions become HRESULTs.
        """
        try:
            value = body()
        except ComError as error:
            # Whatever a failed call of its own said of that one: this method did start, or not.
            self._raised(self._own_error(error), error)
        except Exception as error:
            self._raised(self._fault_of(error), error)
        except BaseException as error:
            self._raised(self._fault_of(error), error)
            raise
        else:
            if value is DEFERRED:
                return
            if call_log.is_wanted():
                call_log.end(self, HRESULT(self.success))
            self.answer(self.success, value)

    # ---- a method that goes on without this thread ------------------------------------------

    def defer(self, keeping: object = None) -> Deferred:
        """For the object's thread, in place of a result: `resume` will answer this call.

        Until then the call counts as inside its object. `undefer` takes it back. Answered with the
        end of the apartment, if that comes first. `keeping` is kept until then.
        """
        self.is_deferred = True
        self.kept = keeping
        self.stub.manager.apartment.deferred.add(self)
        return DEFERRED

    def undefer(self) -> None:
        """It is answered as usual after all; nothing was begun."""
        if self._is_still_deferred():
            self.is_deferred = False

    def _is_still_deferred(self) -> bool:
        """Be the one that ends the deferral. False: another has; the apartment's end, say."""
        try:
            self.stub.manager.apartment.deferred.remove(self)
        except KeyError:
            return False
        self.kept = None
        return True

    def resume(self, produce: Callable[[], object]) -> None:
        """Answer with what `produce` returns or raises, in the object's apartment. Once.

        Any thread. `produce` gives what a stub's function gives; it never runs where the apartment
        has ended.
        """
        item = Completion(self, produce)
        try:
            self.stub.manager.apartment.submit(item)
        except ComError as error:
            item.refuse(error)

    def complete(self, produce: Callable[[], object], info: ErrorInfo | None = None) -> None:
        """The object's thread: the rest of a deferred call, which has set that error info."""
        if not self._is_still_deferred():
            return
        state = thread_state()
        manager = self.stub.manager
        saved = state.apartment, state.context, state.causality, state.incoming, state.deadline
        outer_info, state.error_info = state.error_info, info
        state.apartment, state.context = manager.apartment, manager.context
        state.causality, state.incoming, state.deadline = self.causality, self, self.deadline
        try:
            method = self.stub.METHODS[self.slot][0]
            self._answer_with(lambda: self._packed(method, produce()))
        finally:
            state.apartment, state.context, state.causality, state.incoming, state.deadline = saved
            state.error_info = outer_info
            state.packing = None
            manager.leave()

    def give_up(self, error: ComError) -> None:
        """The rest of a deferred call will not run: its apartment has ended. Any thread."""
        if not self._is_still_deferred():
            return
        self._failed(copy_of(error, "yes"))
        self.stub.manager.leave()

    def _raised(self, error: ComError, cause: BaseException | None = None) -> None:
        """The method has failed, on this thread."""
        if error.hresult.succeeded:
            error = ComError(
                HRESULT.RPC_E_SERVERFAULT,
                f"{self.method_name} raised {error.hresult}, which is no failure: a method returns "
                "it, as Success(code, value)",
                executed="yes",
            )
        info = thread_state().error_info
        if info is not None:
            add_info(error, info, self)
        self._failed(error, cause)

    def _failed(self, error: ComError, cause: BaseException | None = None) -> None:
        if self.deadline is not None and self.is_started and monotonic() >= self.deadline:
            error = self._overdue(self._outcome(error.hresult) or "finished anyway")
        if (pipes := self.pipes) is not None:
            pipes.failed(error)  # nothing that it began will end them
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
        if (on_cancel := self.on_cancel) is not None:
            on_cancel()
        if (pipes := self.pipes) is not None:
            pipes.cut_off(cancelled_by_caller(self.method_name))
        if not self._may_start():
            return False
        self.is_withdrawn = True
        return True

    def see_cancel(self) -> bool:
        """The method asks whether it is to stop: cancelled, or its caller's time is spent."""
        is_spent = self.deadline is not None and monotonic() >= self.deadline
        if is_spent or self.is_cancelled:
            self.is_cancel_seen = True
        return is_spent or self.is_cancelled

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
        try:
            value = function(stub, args)
        except BaseException:
            stub.channel.release_packed()
            if self.stuck_at is not None:
                stub.channel.release_rest(self, args)
            raise
        if value is DEFERRED:
            return value
        return self._packed(method, value)

    def _packed(self, method: Method[Any, Any], value: object) -> object:
        """What `answer` is given for a stub's result."""
        if type(value) is Success:
            self.success = value.hresult
            value = value.value
        elif type(value) is HRESULT and method.result_type is None:
            self.success = self._returned(value)
            value = None
        if self.deadline is not None and monotonic() >= self.deadline:
            self.stub.take_back(value, self.receiver)
            raise self._overdue("finished anyway")
        try:
            return self.packed(method, value)
        except ComError:
            self.stub.take_back(value, self.receiver)
            raise

    def _returned(self, code: HRESULT) -> int:
        """A method without [out]s may return its HRESULT, as the IDL says. Raises a failing one."""
        if code.failed:
            raise ComError(code, executed="yes")
        return code

    def _own_error(self, error: ComError) -> ComError:
        """As the caller gets it, whatever a failed call of the method's own said of that one."""
        if not self.is_started:
            return copy_of(error, "no")
        if self.has_returned and error.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA:
            text = f"{self.method_name} returned what its IDL does not allow: {error.description}"
            error = ComError(HRESULT.RPC_E_SERVERFAULT, text)  # no mistake of its caller's
        own = copy_of(error, "yes")
        own.outcome = self._outcome(own.hresult)
        return own

    def _outcome(self, hresult: HRESULT) -> Outcome | None:
        """What became of it, if it was cancelled, although it had started."""
        if not (self.is_cancelled or self.is_cancel_seen):
            return None
        return "stopped" if hresult == HRESULT.RPC_E_CALL_CANCELED else "finished anyway"

    def _overdue(self, outcome: Outcome) -> CallTimeoutError:
        """For its caller, who may not have noticed yet: too late is too late at every distance."""
        return CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT,
            f"{self.method_name} did not return within the time given to it and what is around it",
            executed="yes",
            outcome=outcome,
        )

    def _fault_of(self, error: BaseException) -> ComError:
        if isinstance(error, NotImplementedError):
            return ComError(
                HRESULT.E_NOTIMPL,
                f"{self.method_name} is not implemented by {self.manager.type_name}",
                executed="yes",
                outcome=self._outcome(HRESULT.E_NOTIMPL),
            )
        call_log.calls.error("%s %s raised", self.causality, self.method_name, exc_info=error)
        return ComError(
            HRESULT.RPC_E_SERVERFAULT,
            f"{self.method_name} raised {describe(error)}",
            executed="yes",
            outcome=self._outcome(HRESULT.RPC_E_SERVERFAULT),
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
