"""Contexts: make them, enter them, disconnect them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pyorpc.context.context import Context, ContextState
from pyorpc.context.policies import Policy
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.functions.apartments import current_runtime
from pyorpc.ids import Guid
from pyorpc.remoting.disconnect import Disconnection
from pyorpc.remoting.in_process_wait import await_done, waker_of

R = TypeVar("R")
INFINITE = 0xFFFFFFFF


class ObjectContext:
    """A context as its users see it: IContextCallback, IObjectContextInfo and comfort.

    Any thread of the context's apartment may enter it, from any other context.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def token(self) -> int:
        return self._context.token

    def ContextCallback(
        self,
        fn: Callable[[Any], int | None],
        data: object = None,
        iid: Guid | None = None,
        method: int = 5,
        reserved: None = None,
    ) -> HRESULT:
        """Call `fn(data)` inside the context, on this thread; returns its HRESULT (None: S_OK).

        Raises RPC_E_WRONG_THREAD from another apartment, and what `fn` raises.
        """
        result = self.run(fn, data)
        return HRESULT.S_OK if result is None else HRESULT(result)

    def run(self, fn: Callable[..., R], *args: Any) -> R:
        """Call `fn(*args)` inside the context and return its value."""
        state = thread_state()
        current_runtime(state)
        apartment = self._context.apartment
        if apartment is not state.home and apartment is not state.apartment:
            raise ComError(
                HRESULT.RPC_E_WRONG_THREAD,
                f"{self._context!r} can be entered by threads of its own apartment only; "
                f"this one is in {state.home!r}",
            )
        with self._context.entered(state):
            return fn(*args)

    def GetContextId(self) -> Guid:
        return self._context.context_id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectContext) and other._context is self._context

    def __hash__(self) -> int:
        return hash(self._context.token)

    def __repr__(self) -> str:
        return repr(self._context)


def create_context(*, policies: tuple[Policy, ...] = ()) -> ObjectContext:
    """A private context in the current apartment. `policies` run around every call into it."""
    state = thread_state()
    runtime = current_runtime(state)
    assert state.apartment is not None
    return ObjectContext(runtime.new_context(state.apartment, policies=policies))


def get_object_context() -> ObjectContext:
    """The context that the calling thread is in. Raises CO_E_NOTINITIALIZED."""
    state = thread_state()
    current_runtime(state)
    assert state.context is not None
    return ObjectContext(state.context)


def disconnect_context(timeout_ms: int = INFINITE) -> HRESULT:
    """Disconnect the objects of the current private context from all their clients, as one.

    They are those that its LOCAL_SERVER class objects made, and what those handed out. New calls
    are refused at once; S_OK comes when the running ones have ended and the objects are dropped.

    Raises RPC_E_TIMEOUT (it goes on disconnecting by itself: call again), CO_E_NOT_SUPPORTED in a
    default context, CONTEXT_E_WOULD_DEADLOCK inside a call to an object of the context.
    """
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
    _refuse_from_inside(state, context)
    context.state = ContextState.DRAINING
    with context.lock:
        # Also those that no client holds any more: a call may still be inside.
        managers = [manager for manager in context.managers if manager.goes_with_context]
    ending = Disconnection(runtime.exporter, managers, waker_of(state))
    timeout_s = None if timeout_ms == INFINITE else timeout_ms / 1000
    if not await_done(ending, timeout_s, state):
        raise ComError(
            HRESULT.RPC_E_TIMEOUT,
            f"calls are still running in {context!r} after {timeout_ms} ms; it goes on "
            "disconnecting: call disconnect_context() again until it returns S_OK",
        )
    context.state = ContextState.DISCONNECTED
    return HRESULT.S_OK


def _refuse_from_inside(state: ThreadState, context: Context) -> None:
    call = state.incoming
    while call is not None:
        if call.manager.context is context:
            raise ComError(
                HRESULT.CONTEXT_E_WOULD_DEADLOCK,
                f"{call.method_name} runs inside {context!r} and cannot disconnect it: it would "
                "wait for itself",
            )
        call = call.outer
