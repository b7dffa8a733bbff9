"""Piper: the servant behind piper.idl, and a child process that offers one."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from itertools import count as counting
from typing import Any

import pyorpc
from pyorpc import COINIT, ComError, Pipe
from tests.support.child import Parent
from tests.support.piper_idl import IPiper
from tests.support.probe import in_apartment

# A repeating block, so that order and loss show in a checksum.
BLOCK = bytes(range(251)) * 300


class Piper(IPiper):
    """Produces and consumes streams, and remembers how it went."""

    def __init__(self) -> None:
        self.produced = 0
        self.is_closed = False
        self.kept: Pipe[bytes] | None = None
        self.threads: set[int] = set()

    def Count(self, total: int, chunk: int) -> Pipe[list[int]]:
        return Pipe(list(range(at, min(at + chunk, total))) for at in range(0, total, chunk))

    def Flood(self, total: int, chunk: int) -> Pipe[bytes]:
        return Pipe(self._flood(total, chunk))

    def _flood(self, total: int, chunk: int) -> Iterator[bytes]:
        self.produced, self.is_closed = 0, False
        block = (BLOCK * (chunk // len(BLOCK) + 1))[:chunk]
        try:
            for _ in counting():
                if total and self.produced >= total:
                    return
                self.threads.add(threading.get_ident())
                self.produced += chunk
                yield block
        finally:
            self.is_closed = True

    def Sum(self, content: Pipe[bytes]) -> tuple[int, int]:
        length, checksum = 0, 0
        for chunk in content:
            length += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
        return length, checksum - (1 << 32 if checksum >> 31 else 0)

    def Sip(self, content: Pipe[bytes], count: int) -> int:
        self.kept = content
        taken = 0
        while taken < count:
            piece = content.Pull(count - taken)
            if not piece:
                break
            taken += len(piece)
        return taken

    def Scale(self, source: Pipe[list[int]], factor: int) -> Pipe[list[int]]:
        return Pipe([factor * number for number in chunk] for chunk in source)

    def Zip(
        self, left: Pipe[list[int]], right: Pipe[list[int]]
    ) -> tuple[Pipe[list[int]], Pipe[list[int]]]:
        pairs = list(zip(chain(*left), chain(*right), strict=True))
        return Pipe([[a + b for a, b in pairs]]), Pipe([[a * b for a, b in pairs]])

    def FailAfter(self, count: int, hresult: int) -> Pipe[list[int]]:
        return Pipe(self._failing(count, hresult))

    def _failing(self, count: int, hresult: int) -> Iterator[list[int]]:
        for number in range(count):
            yield [number]
        raise ComError(hresult, "the producer fails")

    def FailIn(self, content: Pipe[bytes], hresult: int) -> None:
        content.Pull(1)
        raise ComError(hresult, "the method fails")

    def Ping(self, n: int) -> int:
        return n

    def Produced(self) -> tuple[int, bool]:
        return self.produced, self.is_closed


def serve_piper(test: Parent, coinit: int, settings: dict[str, Any]) -> None:
    """In a child process: send a packet of a piper, then serve until the test says anything."""
    with in_apartment(COINIT(coinit), **settings) as runtime:
        test.send(pyorpc.marshal_interface(Piper(), IPiper))
        mine = threading.get_ident()
        done = threading.Event()

        def listen() -> None:
            with suppress(EOFError, OSError, TimeoutError):
                test.receive(300)
            done.set()
            sta = runtime.sta_of(mine)
            if sta is not None:
                sta.post_quit(0)

        listener = threading.Thread(target=listen)
        listener.start()
        if coinit & COINIT.APARTMENTTHREADED:
            pyorpc.pump_messages()
        done.wait()
        listener.join()
