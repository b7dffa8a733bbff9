"""AsyncProbe: a servant for probe.idl with `async def` methods, and trio programs around it."""

# The interface class says what callers get, so an `async def` method is no proper override of it.
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime, Success
from pyorpc.trio import open_apartment
from tests.support.child import Parent
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe, IProbeAwaitable


class AsyncProbe(Probe):
    """Each method gives others their turn before it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = trio.Event()
        self.go_on = trio.Event()
        self.ended: list[str] = []

    async def Add(self, a: int, b: int) -> int:
        await trio.lowlevel.checkpoint()
        return a + b

    async def Sleep(self, seconds: float) -> None:
        self.begun.set()
        try:
            await trio.sleep(seconds)
        except trio.Cancelled:
            self.ended.append("cancelled")
            raise
        self.ended.append("slept")

    async def CallBack(self, other: IProbe | None) -> int:
        assert other is not None
        return await IProbeAwaitable(other).ThreadId()

    async def Descend(self, other: IProbe | None, depth: int) -> int:
        if depth == 0:
            return 0
        assert other is not None
        return 1 + await IProbeAwaitable(other).Descend(self, depth - 1)

    async def Fail(self, hresult: int, text: str) -> None:
        await trio.lowlevel.checkpoint()
        raise ComError(HRESULT(hresult & 0xFFFFFFFF), text)

    async def Raise(self, text: str) -> None:
        await trio.lowlevel.checkpoint()
        raise ValueError(text)

    async def Make(self) -> Any:
        await trio.lowlevel.checkpoint()
        return Success(HRESULT.S_FALSE, Probe())

    async def Hold(self, other: IProbe | None) -> None:
        await trio.lowlevel.checkpoint()
        self.held = other

    async def CallHeld(self, a: int, b: int) -> int:
        """Wait for the test, inside the method."""
        self.begun.set()
        await self.go_on.wait()
        return a + b

    async def Same(self, other: IProbe | None) -> IProbe | None:
        await trio.lowlevel.checkpoint()
        return other

    async def Many(self, n: int, others: Sequence[IProbe | None]) -> int:
        await trio.lowlevel.checkpoint()
        return sum(other is not None for other in others)

    async def Squares(self, n: int) -> tuple[int, list[int]]:
        await trio.lowlevel.checkpoint()
        return n, [i * i for i in range(n)]


@asynccontextmanager
async def in_trio_apartment(*, serialize: bool = False, **settings: Any) -> AsyncGenerator[Runtime]:
    """The calling task in a trio apartment of a Runtime of its own, which is closed at the end."""
    with (
        Runtime(**settings) as runtime,
        runtime.enter_apartment(COINIT.APARTMENTTHREADED),
    ):
        async with open_apartment(serialize=serialize):
            yield runtime


def serve_async_probe(test: Parent, serialize: bool, settings: dict[str, Any]) -> None:
    """In a child process: a trio program that offers a probe until the test says stop."""

    async def main() -> None:
        probe = AsyncProbe()
        async with in_trio_apartment(serialize=serialize, **settings):
            test.send(pyorpc.marshal_interface(probe, IProbe))
            while (asked := await trio.to_thread.run_sync(test.receive, 300)) != "stop":
                answers = {"begun": probe.begun.is_set(), "ended": probe.ended}
                test.send(answers.get(asked, []))

    trio.run(main)
