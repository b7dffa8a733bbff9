"""Contexts: make them, enter them, disconnect them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar, cast, overload

from pyorpc.apartment.sta import Sta
from pyorpc.arguments import invalid, refuse_no_function, refuse_no_timeout
from pyorpc.context.context import Context
from pyorpc.context.context_state import ContextEvent
from pyorpc.context.policies import Policy
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import APTTYPE, INFINITE, THDTYPE
from pyorpc.errors import HRESULT, ComError
from pyorpc.functions.apartments import (
    current_runtime,
    get_apartment_type,
    get_current_logical_thread_id,
)
from pyorpc.ids import CausalityId, Guid
from pyorpc.interfaces.context_idl import IComThreadingInfo, IObjectContextInfo
from pyorpc.remoting.disconnect import Disconnection, that_go_with
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.incoming_call import IncomingCall
from pyorpc.runtime import Runtime
from pyorpc.services.context_callback import IContextCallback
from pyorpc.unknown import IUnknown, iid_of

R = TypeVar("R")
T = TypeVar("T", bound=IUnknown)


class ObjectContext(IContextCallback, IComThreadingInfo, IObjectContextInfo):
    """A context as its users see it. There is one for each context.

    Any thread of the context's apartment may enter it, from any other context. For another
    apartment marshal it as IContextCallback.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def token(self) -> int:
        return self._context.token

    def run(self, fn: Callable[..., R], *args: Any) -> R:
        """Call `fn(*args)` inside the context, on this thread, and return its value.

        Raises RPC_E_WRONG_THREAD from another apartment, CO_E_OBJNOTCONNECTED once its own has
        ended, and what `fn` raises.
        """
        refuse_no_function(fn, "fn")
        state = thread_state()
        current_runtime(state)
        apartment = self._context.apartment
        if apartment.is_closed:
            raise apartment.closed_error()
        if apartment is not state.home and apartment is not state.apartment:
            raise ComError(
                HRESULT.RPC_E_WRONG_THREAD,
                f"{self._context!r} can be entered by threads of its own apartment only; "
                f"this one is in {state.home!r}. Pass it on as IContextCallback, with "
                "marshal_inter_thread_interface or global_interface_table()",
                executed="no",
            )
        with self._context.entered(state):
            return fn(*args)

    # ---- IObjectContextInfo ----------------------------------------------------------------

    def GetContextId(self) -> Guid:
        return self._context.context_id

    def GetActivityId(self) -> Guid:
        return _NO_ACTIVITY

    def IsInTransaction(self) -> bool:
        return False

    # ---- IComThreadingInfo -----------------------------------------------------------------

    def GetCurrentApartmentType(self) -> APTTYPE:
        return get_apartment_type()[0]

    def GetCurrentThreadType(self) -> THDTYPE:
        state = thread_state()
        current_runtime(state)
        return THDTYPE.PROCESSMESSAGES if isinstance(state.home, Sta) else THDTYPE.BLOCKMESSAGES

    def GetCurrentLogicalThreadId(self) -> Guid:
        return get_current_logical_thread_id()

    def SetCurrentLogicalThreadId(self, id: Guid) -> None:  # noqa: A002  # the IDL's name
        thread_state().causality = CausalityId(id)

    # ---- Python ----------------------------------------------------------------------------

    def __repr__(self) -> str:
        return repr(self._context)


_NO_ACTIVITY: Final = Guid("00000000-0000-0000-0000-000000000000")


def create_context(*, policies: tuple[Policy, ...] = ()) -> ObjectContext:
    """A private context in the current apartment. `policies` run around every call into it."""
    _refuse_no_policies(policies)
    state = thread_state()
    runtime = current_runtime(state)
    assert state.apartment is not None
    return _object_of(runtime.new_context(state.apartment, policies=tuple(policies)))


def _refuse_no_policies(policies: object) -> None:
    each_is_one = isinstance(policies, tuple | list) and all(
        callable(getattr(each, "enter", None)) and callable(getattr(each, "leave", None))
        for each in cast("tuple[object, ...]", policies)
    )
    if not each_is_one:
        raise invalid(f"policies: {policies!r:.80} are not objects with enter() and leave()")


@overload
def get_object_context() -> ObjectContext: ...
@overload
def get_object_context(iface: type[T]) -> T: ...
@overload
def get_object_context(iface: Guid) -> IUnknown: ...
def get_object_context(iface: type[IUnknown] | Guid = IContextCallback) -> IUnknown:
    """The context that the calling thread is in: always the same object for the same context.

    Raises CO_E_NOTINITIALIZED, E_INVALIDARG for null, E_NOINTERFACE.
    """
    iid_of(iface)
    state = thread_state()
    current_runtime(state)
    assert state.context is not None
    return _object_of(state.context).QueryInterface(iface)


def _object_of(context: Context) -> ObjectContext:
    with context.lock:
        made: ObjectContext | None = context.as_object() if context.as_object else None
        if made is None:
            made = ObjectContext(context)
            context.as_object = weakref.ref(made)
    return made


def disconnect_context(timeout_ms: int = INFINITE) -> HRESULT:
    """Disconnect the objects of the current private context from all their clients, as one.

    They are those that its LOCAL_SERVER class objects made, and what those handed out. New calls
    are refused at once; S_OK comes when the running ones have ended and the objects are dropped.

    Raises RPC_E_TIMEOUT (it goes on disconnecting by itself: call again), CO_E_NOT_SUPPORTED in a
    default context, CONTEXT_E_WOULD_DEADLOCK inside a call to an object of the context.
    """
    refuse_no_timeout(timeout_ms)
    state = thread_state()
    runtime = current_runtime(state)
    context = state.context
    assert context is not None
    if context.is_default:
        raise ComError(
            HRESULT.CO_E_NOT_SUPPORTED,
            f"{context!r} is no private context: only one made with create_context() can be "
            "disconnected; enter it with its run() and disconnect there",
        )
    _refuse_from_inside(runtime, state, context)
    context.apply(ContextEvent.DISCONNECT)
    ending = Disconnection(runtime.exporter, lambda: that_go_with(context), waker_of(state))
    timeout_s = None if timeout_ms == INFINITE else timeout_ms / 1000
    if not await_done(ending, timeout_s, state):
        raise ComError(
            HRESULT.RPC_E_TIMEOUT,
            f"calls are still running in {context!r} after {timeout_ms} ms; it goes on "
            "disconnecting: call disconnect_context() again until it returns S_OK",
        )
    context.apply(ContextEvent.DRAINED)
    return HRESULT.S_OK


def _refuse_from_inside(runtime: Runtime, state: ThreadState, context: Context) -> None:
    for call in (*_calls_of(state), *_calls_that_wait_for(state, runtime)):
        # Entering is a call, too, but no object's: nobody waits for it.
        if call.manager.context is context and not isinstance(call.manager.target, ObjectContext):
            raise ComError(
                HRESULT.CONTEXT_E_WOULD_DEADLOCK,
                f"{call.method_name} runs inside {context!r} and cannot disconnect it: it would "
                "wait for itself",
            )


def _calls_of(state: ThreadState) -> Iterator[IncomingCall]:
    """The calls that this thread runs, the innermost first."""
    call: IncomingCall | None = state.incoming
    while call is not None:
        yield call
        call = call.outer


def _calls_that_wait_for(state: ThreadState, runtime: Runtime) -> Iterator[IncomingCall]:
    """The calls of other threads here that wait, by way of other apartments, for this one's."""
    if state.incoming is None:
        return
    outgoing = list(runtime.table.outgoing.values())
    causality = state.incoming.causality
    waiting = {call.thread_id for call in outgoing if call.causality == causality}
    near = (call.incoming for call in outgoing if call.incoming is not None)
    for call in (*near, *list(runtime.table.incoming.values())):
        if call.causality == causality and call.thread_id in waiting:
            yield call
