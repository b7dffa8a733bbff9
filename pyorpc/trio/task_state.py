"""TaskState: the ThreadState of a thread whose tasks each have a place of their own.

A trio task that awaits lets others run, so what a thread has once is here of each task: the call
that it runs, the context it is in and its causality. They are kept in a context variable, which
trio switches with the tasks, and which a new task inherits: a task that a method starts belongs to
the method's call. Threads without a loop know nothing of this.
"""

# Attributes there, properties here.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError
from pyorpc.trio.library import trio

if TYPE_CHECKING:
    from pyorpc.apartment.apartment import Apartment
    from pyorpc.context.context import Context
    from pyorpc.ids import CausalityId
    from pyorpc.wire.error_info import ErrorInfo


class Place(NamedTuple):
    """Where a task is."""

    home: Apartment | None  # of the thread; a place is forgotten with it
    apartment: Apartment | None
    context: Context | None
    incoming: Any
    causality: CausalityId | None
    starter: object
    """The task that made the causality; a call's is its tasks' too, others' is their own."""
    error_info: ErrorInfo | None = None
    deadline: float | None = None


_current: ContextVar[Place | None] = ContextVar("pyorpc_place", default=None)


class TaskState(ThreadState):
    """Made of a ThreadState by changing its class, and unmade: it is the same object to others."""

    __slots__ = ()

    runs_loop = True

    @property
    def apartment(self) -> Apartment | None:
        return self._place().apartment

    @apartment.setter
    def apartment(self, apartment: Apartment | None) -> None:
        _current.set(self._place()._replace(apartment=apartment))

    @property
    def context(self) -> Context | None:
        return self._place().context

    @context.setter
    def context(self, context: Context | None) -> None:
        _current.set(self._place()._replace(context=context))

    @property
    def incoming(self) -> Any:
        return self._place().incoming

    @incoming.setter
    def incoming(self, incoming: Any) -> None:
        _current.set(self._place()._replace(incoming=incoming))

    @property
    def causality(self) -> CausalityId | None:
        place = self._place()
        if place.incoming is None and place.starter is not _current_task():
            return None
        return place.causality

    @causality.setter
    def causality(self, causality: CausalityId | None) -> None:
        _current.set(self._place()._replace(causality=causality, starter=_current_task()))

    @property
    def error_info(self) -> ErrorInfo | None:
        return self._place().error_info

    @error_info.setter
    def error_info(self, error_info: ErrorInfo | None) -> None:
        _current.set(self._place()._replace(error_info=error_info))

    @property
    def deadline(self) -> float | None:
        return self._place().deadline

    @deadline.setter
    def deadline(self, deadline: float | None) -> None:
        _current.set(self._place()._replace(deadline=deadline))

    @property
    def is_input_synchronous(self) -> bool:
        """Whether a synchronous call is refused: it would stop every task of the thread."""
        return not self.is_activating

    @is_input_synchronous.setter
    def is_input_synchronous(self, value: bool) -> None:
        """Nothing waits here, so no item runs inside a wait."""

    def refusal_to_wait(self, what: str) -> ComError:
        interface, _, method = what.rpartition(".")
        return ComError(
            HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL,
            f"{what}: this thread runs a trio loop, which a synchronous call to another apartment "
            f"would stop. Await it: `await {interface}Awaitable(proxy).{method}(...)`; "
            "for a call object, `await pyorpc.trio.wait(call)` before Finish",
            executed="no",
        )

    def _place(self) -> Place:
        place = _current.get()
        if place is not None and place.home is self.home:
            return place
        thread: Any = vars(ThreadState)
        apartment, context = thread["apartment"].__get__(self), thread["context"].__get__(self)
        return Place(self.home, apartment, context, None, None, None)


def _current_task() -> object:
    """The running task; None outside any, in an instrument for example."""
    try:
        return trio.lowlevel.current_task()
    except RuntimeError:
        return None
