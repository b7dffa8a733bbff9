"""PipeAwaitable: a Pipe whose Pull and Push are awaited, for tasks of a trio apartment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.chunk_queue import ChunkQueue
from pyorpc.remoting.own_loop import own_loop
from pyorpc.remoting.pipe import Pipe

C = TypeVar("C")


class PipeAwaitable(Generic[C]):
    """The methods of a Pipe, as coroutines; `async for` gives its chunks.

    `PipeAwaitable()` has a `pipe` of its own, to pass in a call and to push to. Other tasks and
    calls run while one waits. A cancelled scope ends the wait, and takes or adds nothing. Raises
    what Pipe raises, and CO_E_NOT_SUPPORTED outside a trio apartment.
    """

    def __init__(self, pipe: Pipe[C] | None = None) -> None:
        self.pipe: Pipe[C] = Pipe() if pipe is None else pipe

    @property
    def queue(self) -> ChunkQueue | None:
        """So that it may be passed in a call as its Pipe is."""
        return self.pipe.queue

    async def Pull(self, count: int) -> C:
        """At most `count` elements, as soon as there are any; none at the end."""
        await own_loop("Pipe.Pull").until_clear(self.pipe.blocked_by)
        return self.pipe.Pull(count)

    async def Push(self, chunk: C) -> None:
        """Hand over a chunk; an empty one ends the pipe. Waits while 1 MiB is not pulled yet."""
        loop, queue = own_loop("Pipe.Push"), self.pipe.queue
        if queue is None:
            raise ComError(HRESULT.E_NOTIMPL, "this end of the pipe is pulled from, not pushed to")
        await loop.until_clear(partial(queue.add, queue.checked(chunk)))

    def __aiter__(self) -> AsyncIterator[C]:
        return self.pipe.__aiter__()

    def close(self) -> None:
        """Pull no more: the producer's iterable is closed. Does not wait."""
        self.pipe.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
