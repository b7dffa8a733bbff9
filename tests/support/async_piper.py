"""AsyncPiper: a servant for piper.idl with `async def` methods, and a trio program around it."""

# The interface class says what callers get, so an `async def` method is no proper override of it.
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any

import trio

import pyorpc
from pyorpc import ComError, Pipe, PipeAwaitable
from tests.support.async_probe import in_trio_apartment
from tests.support.child import Parent
from tests.support.piper import BLOCK, Piper
from tests.support.piper_idl import IPiper


class AsyncPiper(Piper):
    """Its pipes are read and produced by tasks. `ended` says how methods did."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = trio.Event()
        self.closed = trio.Event()
        self.ended: list[str] = []

    async def Flood(self, total: int, chunk: int) -> Pipe[bytes]:
        await trio.lowlevel.checkpoint()
        return Pipe(self._stream(total, chunk))

    async def _stream(self, total: int, chunk: int) -> AsyncIterator[bytes]:
        self.produced, self.is_closed = 0, False
        block = (BLOCK * (chunk // len(BLOCK) + 1))[:chunk]
        try:
            while not total or self.produced < total:
                self.produced += chunk
                yield block
        finally:
            self.is_closed = True
            self.closed.set()

    async def Sum(self, content: Pipe[bytes]) -> tuple[int, int]:
        self.begun.set()
        length, checksum = 0, 0
        try:
            async for chunk in content:
                length += len(chunk)
                checksum = zlib.crc32(chunk, checksum)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        return length, checksum - (1 << 32 if checksum >> 31 else 0)

    async def Sip(self, content: Pipe[bytes], count: int) -> int:
        source, taken = PipeAwaitable(content), 0
        while taken < count and (piece := await source.Pull(count - taken)):
            taken += len(piece)
        return taken

    async def Scale(self, source: Pipe[list[int]], factor: int) -> Any:
        await trio.lowlevel.checkpoint()

        async def scaled() -> AsyncIterator[list[int]]:
            async for chunk in source:
                yield [factor * number for number in chunk]

        return scaled()

    async def FailAfter(self, count: int, hresult: int) -> Any:
        await trio.lowlevel.checkpoint()

        async def failing() -> AsyncIterator[list[int]]:
            for number in range(count):
                yield [number]
            raise ComError(hresult, "the producer fails")

        return failing()

    async def FailIn(self, content: Pipe[bytes], hresult: int) -> None:
        await PipeAwaitable(content).Pull(1)
        raise ComError(hresult, "the method fails")


def serve_async_piper(test: Parent, serialize: bool, settings: dict[str, Any]) -> None:
    """In a child process: a trio program that offers a piper until the test says stop."""

    async def main() -> None:
        piper = AsyncPiper()
        async with in_trio_apartment(serialize=serialize, **settings):
            test.send(pyorpc.marshal_interface(piper, IPiper))
            while (asked := await trio.to_thread.run_sync(test.receive, 300)) != "stop":
                answers = {"begun": piper.begun.is_set(), "ended": piper.ended}
                test.send(answers.get(asked, piper.is_closed))

    trio.run(main)
