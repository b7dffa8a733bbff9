"""Calls inside one process: to an object at home, a neutral one, one of another apartment."""

from collections.abc import Callable

from pyorpc.benchmark.calls.board import Board
from pyorpc.benchmark.calls.board_idl import IBoard
from pyorpc.benchmark.calls.calling import APARTMENTS, Calling
from pyorpc.benchmark.workload import Group, Subject
from pyorpc.context.thread_state import thread_state
from pyorpc.functions.apartments import pump_messages
from pyorpc.functions.marshaling import (
    InterfaceStream,
    get_interface_and_release,
    marshal_inter_thread_interface,
)
from pyorpc.runtime import Runtime


class AtHome(Calling):
    """The pointer that one gets in the object's own apartment is the object."""

    def __init__(self) -> None:
        super().__init__(
            Subject(
                name="same-apartment",
                title="in the same apartment",
                group=Group.ONE_PROCESS,
                vs="plain-call",
                calls_per_sample=1000,
            ),
            "STA",
        )

    def source(self, runtime: Runtime) -> Callable[[], IBoard]:
        return lambda: _taken(_stream())


class ToNeutral(Calling):
    """The caller's thread visits the neutral apartment: no hand-off, but a proxy and a copy."""

    def __init__(self) -> None:
        super().__init__(
            Subject(
                name="neutral",
                title="STA to neutral",
                group=Group.ONE_PROCESS,
                aim_p50_us=5.0,
            ),
            "STA",
        )

    def source(self, runtime: Runtime) -> Callable[[], IBoard]:
        def pointer() -> IBoard:
            context = runtime.default_context(runtime.neutral())
            with context.entered(thread_state()):
                stream = _stream()
            return _taken(stream)

        return pointer


class BetweenApartments(Calling):
    """Two hand-offs between threads, and no bytes."""

    def __init__(self, caller: str, callee: str, aim_ratio: float | None = None) -> None:
        super().__init__(
            Subject(
                name=f"{caller}-to-{callee}".lower(),
                title=f"{caller} to {callee}",
                group=Group.ONE_PROCESS,
                vs="ping-pong",
                aim_ratio=aim_ratio,
            ),
            caller,
        )
        self._callee_kind = APARTMENTS[callee]
        self._pumps = callee == "STA"

    def source(self, runtime: Runtime) -> Callable[[], IBoard]:
        callee = self.thread(runtime, self._callee_kind)
        stream = callee.run(_stream)
        if self._pumps:
            callee.begin(pump_messages)
        return lambda: _taken(stream)


def _stream() -> InterfaceStream[IBoard]:
    return marshal_inter_thread_interface(Board(), IBoard)


def _taken(stream: InterfaceStream[IBoard]) -> IBoard:
    return get_interface_and_release(stream, IBoard)
