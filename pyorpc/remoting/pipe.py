"""Pipe: what users pull from and push to. A stream of elements, in chunks, through one call.

One end at a time: who pulls from it is one thread, who pushes to it may be another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.chunk_queue import ChunkQueue, closed_pipe, failure_again

C = TypeVar("C")

# Failures of a Pull that say nothing about the pipe.
_NOT_OF_THE_PIPE: Final = frozenset(
    {
        HRESULT.RPC_E_WRONG_THREAD,
        HRESULT.CO_E_NOTINITIALIZED,
        HRESULT.RPC_E_CANTCALLOUT_ININPUTSYNCCALL,
    }
)


class Flow(Protocol):
    """Where a Pipe's chunks come from."""

    def next_chunk(self) -> Any:
        """The next chunk, not empty; None at the end."""

    def close(self, error: ComError | None = None) -> None:
        """Nobody asks for more."""


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

    def close(self, error: ComError | None = None) -> None:
        chunks, self._chunks = self._chunks, None
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


class Pipe(Generic[C]):
    """`Pipe()` is pushed to by one thread and passed in a call; `Pipe(chunks)` has an iterable's.

    A method gets one for each [in] pipe, a caller for each [out] pipe. Iterating gives the chunks.
    The end is an empty chunk, again and again. A failure of the producer is raised by the Pull that
    meets it and by every later one. Abandoning or closing a Pipe closes its producer's iterable.
    """

    def __init__(self, chunks: Iterable[C] | None = None) -> None:
        self._queue = ChunkQueue() if chunks is None else None
        self._flow: Flow = IterableFlow(chunks) if self._queue is None else self._queue  # type: ignore[arg-type]
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def producer_of(chunks: object) -> object:
    """What a call takes the chunks from, where an iterable or a Pipe is passed in it."""
    queue: object = getattr(chunks, "queue", None)
    return queue if isinstance(queue, ChunkQueue) else chunks
