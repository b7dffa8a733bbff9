"""Pipe: what users pull from and push to. A stream of elements, in chunks, through one call.

One end at a time: who pulls from it is one thread, who pushes to it may be another.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar, cast

from pyorpc.apartment.apartment import Awaitable
from pyorpc.apartment.waits import Waker
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.chunk_queue import ChunkQueue, closed_pipe, failure_again
from pyorpc.remoting.own_loop import own_loop

C = TypeVar("C")

# Failures of a Pull that say nothing about the pipe.
_NOT_OF_THE_PIPE: Final = frozenset(
    {
        HRESULT.RPC_E_WRONG_THREAD,
        HRESULT.CO_E_NOTINITIALIZED,
        HRESULT.RPC_E_CANTCALLOUT_ININPUTSYNCCALL,
        HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL,
    }
)


class Flow(Protocol):
    """Where a Pipe's chunks come from."""

    def next_chunk(self) -> Any:
        """The next chunk, not empty; None at the end."""

    def blocked_by(self, waker: Waker) -> Awaitable | None:
        """What `next_chunk` would wait for, which wakes the waker; None: nothing."""

    def close(self, error: ComError | None = None) -> None:
        """Nobody asks for more."""

    def cut_off(self, error: ComError) -> None:
        """Any thread: `next_chunk` raises that from now on, and ends if it waits."""


class IterableFlow:
    """Chunks of this thread's own iterable."""

    def __init__(self, chunks: Iterable[Any]) -> None:
        self._chunks: Iterator[Any] | None = iter(chunks)

    def next_chunk(self) -> Any:
        while self._chunks is not None:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._chunks = None
            elif len(chunk):
                return chunk
        return None

    def blocked_by(self, waker: Waker) -> None:
        """It waits for nothing but the iterable."""

    def close(self, error: ComError | None = None) -> None:
        chunks, self._chunks = self._chunks, None
        close = getattr(chunks, "close", None)
        if close is not None:
            close()

    def cut_off(self, error: ComError) -> None:
        """Nobody waits for it but the thread that runs it."""


class Pipe(Generic[C]):
    """`Pipe()` is pushed to by one thread and passed in a call; `Pipe(chunks)` has an iterable's.

    Tasks of a trio apartment use it through `PipeAwaitable(pipe)`, or iterate with `async for`.
    There, chunks may be an async iterable, which runs as a task: CO_E_NOT_SUPPORTED elsewhere.

    A method gets one for each [in] pipe, a caller for each [out] pipe. Iterating gives the chunks.
    The end is an empty chunk, again and again. A failure of the producer is raised by the Pull that
    meets it and by every later one. Abandoning or closing a Pipe closes its producer's iterable.
    """

    def __init__(self, chunks: Iterable[C] | AsyncIterable[C] | None = None) -> None:
        self._queue = ChunkQueue() if chunks is None else queue_of(chunks)
        self._flow: Flow = self._queue or IterableFlow(cast("Iterable[C]", chunks))
        self._empty: Any = b""
        self._is_empty_known = False
        self._rest: Any = b""
        self._at = 0
        self._is_ended = False
        self._failure: ComError | None = None

    @classmethod
    def over(cls, flow: Flow, empty: C) -> Self:
        """A Pipe that reads from `flow`; `empty` is what a Pull gives at the end."""
        made = cls(())
        made._flow, made._empty, made._is_empty_known = flow, empty, True
        return made

    @property
    def queue(self) -> ChunkQueue | None:
        """What is pushed to; None where the chunks come from elsewhere."""
        return self._queue

    def Pull(self, count: int) -> C:
        """At most `count` elements, as soon as there are any; none at the end.

        Raises E_INVALIDARG for a count below 1, what the producer failed with, RPC_X_PIPE_CLOSED
        after close, and RPC_E_WRONG_THREAD outside the context that got the pipe.
        """
        if count < 1:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"Pull({count}): ask for at least one element"
            )
        if self._at >= len(self._rest) and not self._fetch():
            empty: C = self._empty
            return empty
        start, self._at = self._at, self._at + count
        piece: C = self._rest[start : self._at]
        return piece

    def Push(self, chunk: C) -> None:
        """Hand over a chunk; an empty one ends the pipe. Waits while 1 MiB is not pulled yet.

        Raises RPC_X_PIPE_CLOSED after the end, what the call that the pipe was passed in failed
        with, RPC_E_CLIENT_CANTMARSHAL_DATA for what does not fit, and E_NOTIMPL where the chunks
        come from elsewhere.
        """
        if self._queue is None:
            raise ComError(HRESULT.E_NOTIMPL, "this end of the pipe is pulled from, not pushed to")
        self._queue.push(chunk)

    def __iter__(self) -> Iterator[C]:
        while self._at < len(self._rest) or self._fetch():
            start, self._at = self._at, len(self._rest)
            chunk: C = self._rest[start:] if start else self._rest
            yield chunk

    def __aiter__(self) -> AsyncIterator[C]:
        return AwaitedChunks(self)

    def blocked_by(self, waker: Waker) -> Awaitable | None:
        """What a Pull would wait for, which wakes the waker; None: nothing."""
        if self._at < len(self._rest) or self._is_ended or self._failure is not None:
            return None
        return self._flow.blocked_by(waker)

    def _fetch(self) -> bool:
        """Get the next chunk. False: the end."""
        if self._failure is not None:
            raise failure_again(self._failure)
        if self._is_ended:
            return False
        try:
            chunk = self._flow.next_chunk()
        except ComError as error:
            if error.hresult not in _NOT_OF_THE_PIPE:
                self._failure = failure_again(error)
                self._flow.close()
            raise
        if chunk is None:
            self._is_ended = True
            return False
        self._rest, self._at = chunk, 0
        if not self._is_empty_known:
            self._empty, self._is_empty_known = chunk[:0], True
        return True

    def close(self) -> None:
        """Pull no more: the producer's iterable is closed. Does not wait; again does nothing."""
        if self._failure is None:
            self.end_with_call()
            self._flow.close()

    def end_with_call(self) -> None:
        """Pull no more. The producer's side hears from the call itself how that ended."""
        if self._failure is None:
            self._failure = closed_pipe("a Pull")
        self._rest, self._at = self._empty, 0

    def cut_off(self, error: ComError) -> None:
        """Any thread: Pulls fail from now on, also one that waits. What is here is still given."""
        self._flow.cut_off(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AwaitedChunks(AsyncIterator[C]):
    """What `async for` makes of a Pipe."""

    def __init__(self, pipe: Pipe[C]) -> None:
        self._pipe = pipe
        self._chunks = iter(pipe)

    async def __anext__(self) -> C:
        await own_loop("Pipe.Pull").until_clear(self._pipe.blocked_by)
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


def producer_of(chunks: object) -> object:
    """What a call takes the chunks from, where an iterable or a Pipe is passed in it."""
    queue: object = getattr(chunks, "queue", None)
    return queue if isinstance(queue, ChunkQueue) else queue_of(chunks) or chunks


def queue_of(chunks: object) -> ChunkQueue | None:
    """What an async iterable's chunks are pushed to, by a task; None: it is none."""
    if isinstance(chunks, Pipe) or not isinstance(chunks, AsyncIterable):
        return None
    queue = ChunkQueue()
    own_loop("Pipe").feed(queue, cast("AsyncIterable[object]", chunks))
    return queue
