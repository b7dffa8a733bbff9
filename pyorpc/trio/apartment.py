"""open_apartment: makes the thread of a trio task an STA for the length of a block."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from pyorpc.apartment.sta import Sta
from pyorpc.context.thread_state import ThreadState, thread_state
from pyorpc.enumerations import COINIT
from pyorpc.errors import HRESULT, ComError
from pyorpc.functions.apartments import enter_apartment
from pyorpc.trio.library import trio
from pyorpc.trio.loop import TrioLoop
from pyorpc.trio.pump import Pump
from pyorpc.trio.task_state import TaskState

# How trio names the groups that nurseries make, and how many of them are around the block.
_OF_NURSERY: Final = "Exceptions from Trio nursery"
_NURSERIES: Final = 2


@asynccontextmanager
async def open_apartment(*, serialize: bool = False) -> AsyncGenerator[None]:
    """Make this thread an STA that trio serves: calls enter whenever no task runs.

    Plain methods never interleave; `async def` methods run as tasks, and other calls enter at their
    awaits. With `serialize` they do not: while a method runs or a call is awaited, only callbacks
    of the same causality enter (ruling R-1). At the end of the block nothing new enters, methods
    have the grace time (setting `grace_s`) to end and are cancelled then; the STA ends with it.
    May be nested. Raises RPC_E_CHANGED_MODE on a thread in the MTA, or if opened otherwise before.
    """
    with enter_apartment(COINIT.APARTMENTTHREADED):
        state = thread_state()
        sta = state.home
        assert isinstance(sta, Sta)
        if sta.loop is not None:
            _refuse_another(sta, serialize=serialize)
            yield
            return
        async with _unwrapped(), _served(state, sta, serialize=serialize):
            yield


@asynccontextmanager
async def _unwrapped() -> AsyncGenerator[None]:
    """The nurseries inside are ours: what the block alone raised is raised as it was."""
    alone: BaseException | None = None
    try:
        yield
    except BaseExceptionGroup as group:
        alone = _alone_in(group, _NURSERIES)
        if alone is None:
            raise
    try:
        if alone is not None:
            raise alone
    finally:
        del alone


def _alone_in(group: Any, nurseries: int) -> BaseException | None:
    """What came through so many nurseries alone; None: others failed as well."""
    if getattr(group, "message", None) != _OF_NURSERY or len(group.exceptions) != 1:
        return None
    inner: BaseException = group.exceptions[0]
    return inner if nurseries == 1 else _alone_in(inner, nurseries - 1)


@asynccontextmanager
async def _served(state: ThreadState, sta: Sta, *, serialize: bool) -> AsyncGenerator[None]:
    pump = Pump(sta, serialize=serialize)
    async with _pumping(pump):
        with _places(state, sta):
            async with trio.open_nursery() as methods:
                sta.loop = TrioLoop(sta, pump, methods, state.runtime)
                try:
                    yield
                finally:
                    pump.is_leaving = True
                    methods.cancel_scope.deadline = (
                        trio.current_time() + state.runtime.settings.grace_s
                    )


@asynccontextmanager
async def _pumping(pump: Pump) -> AsyncGenerator[None]:
    """The pump runs, whatever is cancelled: calls that end are still answered and heard of."""

    async def run() -> None:
        with shield:
            await pump.run()

    shield = trio.CancelScope(shield=True)
    trio.lowlevel.add_instrument(pump)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, name="pyorpc pump")
            try:
                yield
            finally:
                shield.cancel()
    finally:
        trio.lowlevel.remove_instrument(pump)


@contextmanager
def _places(state: ThreadState, sta: Sta) -> Generator[None]:
    """Each task of the thread has a place of its own; afterwards it is a thread like others."""
    state.__class__ = TaskState
    try:
        yield
    finally:
        sta.loop = None
        state.__class__ = ThreadState


def _refuse_another(sta: Sta, *, serialize: bool) -> None:
    assert isinstance(sta.loop, TrioLoop)
    if sta.loop.pump.is_serialized != serialize:
        raise ComError(
            HRESULT.RPC_E_CHANGED_MODE,
            f"{sta!r} was opened with serialize={not serialize}, and stays so until it is left",
        )
