"""ChunkQueue: what a `Pipe()` holds between the thread that pushes and the one that pulls.

Any thread. Who pushes waits while CREDIT bytes are not taken yet, as its apartment waits; so the
consumer bounds the producer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, cast

from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.wire.pipe_type import PipeType

# In bytes: what may be under way, or wait to be pulled, on each side of a pipe.
CREDIT: Final = 1024 * 1024


class Turn:
    """An Awaitable: the queue has changed since somebody looked."""

    def __init__(self, waker: Waker) -> None:
        self.is_done = False
        self._waker = waker

    def come(self) -> None:
        self.is_done = True
        self._waker.wake()


class ChunkQueue:
    """Chunks as they were pushed, checked as soon as it is known of which kind they are."""

    def __init__(self) -> None:
        self._lock = Lock()  # guards everything below
        self._chunks: deque[Sequence[Any]] = deque()
        self._bytes = 0
        self._type: PipeType[Any] | None = None
        self._turns: list[Turn] = []
        self._is_ended = False
        self._last_words: BaseException | None = None  # raised in place of the end
        self._failure: ComError | None = None  # how it was closed before its end
        self.on_close: Callable[[], None] | None = None  # for who pushes as long as it is open
        self._on_change: Callable[[], None] | None = None

    # ---- pushing ---------------------------------------------------------------------------

    def push(self, chunk: Any) -> None:
        """Add a chunk; an empty one ends the pipe. Raises RPC_X_PIPE_CLOSED after the end."""
        checked, state = self.checked(chunk), thread_state()
        while (turn := self.add(checked, waker_of(state))) is not None:
            if state.runs_loop:
                raise state.refusal_to_wait("Pipe.Push")
            await_done(turn, None, state)

    def checked(self, chunk: Any) -> Sequence[Any]:
        """A chunk as `add` takes it. Raises RPC_E_CLIENT_CANTMARSHAL_DATA for what does not fit."""
        kind = self._type
        return chunk_of(chunk) if kind is None else kind.checked(chunk)

    def add(self, checked: Sequence[Any], waker: Waker) -> Turn | None:
        """Add a checked chunk, and give None; else what wakes the waker before the next try."""
        if self._add(checked):
            self._changed()
            return None
        turn = Turn(waker)
        with self._lock:
            if self._bytes < CREDIT or self._failure is not None:
                turn.is_done = True
            else:
                self._turns.append(turn)
        return turn

    def end(self, failure: BaseException | None = None) -> bool:
        """No more is pushed; behind the chunks stands a failure, if any. False: it was over."""
        with self._lock:
            if self._is_ended or self._failure is not None:
                return False
            self._is_ended, self._last_words = True, failure
        self._changed()
        return True

    def _add(self, chunk: Sequence[Any]) -> bool:
        with self._lock:
            if self._failure is not None:
                raise failure_again(self._failure)
            if self._is_ended:
                raise closed_pipe("a Push behind the end")
            if not len(chunk):
                self._is_ended = True
            elif self._bytes >= CREDIT:
                return False
            else:
                self._chunks.append(chunk)
                self._bytes += self._size_locked(chunk)
            return True

    def _size_locked(self, chunk: Sequence[Any]) -> int:
        assert self._lock.locked()
        item_bytes = 1 if isinstance(chunk, bytes) else getattr(chunk, "itemsize", 8)
        return len(chunk) * item_bytes

    def _changed(self) -> None:
        with self._lock:
            turns, self._turns = self._turns, []
            on_change = self._on_change
        for turn in turns:
            turn.come()
        if on_change is not None:
            on_change()

    # ---- pulling ---------------------------------------------------------------------------

    def serve(self, kind: PipeType[Any], on_change: Callable[[], None]) -> None:
        """From now on chunks of that kind are taken by one who is told of every change.

        Raises E_INVALIDARG where somebody takes them already, and what a chunk does not fit.
        """
        with self._lock:
            if self._on_change is not None:
                raise InvalidArgumentError(
                    HRESULT.E_INVALIDARG, "this Pipe was passed in a call before", executed="no"
                )
            self._chunks = deque(kind.checked(chunk) for chunk in self._chunks)
            self._bytes = sum(self._size_locked(chunk) for chunk in self._chunks)
            self._type, self._on_change = kind, on_change

    @property
    def is_ready(self) -> bool:
        """Whether `take` has something to say: a chunk, the end, a failure."""
        return bool(self._chunks) or self._is_ended or self._failure is not None

    def take(self) -> Sequence[Any] | None:
        """The next chunk; None at the end. Only where it is ready."""
        with self._lock:
            if self._failure is not None:
                raise failure_again(self._failure)
            if not self._chunks:
                if self._last_words is not None:
                    raise again(self._last_words)
                return None
            chunk = self._chunks.popleft()
            self._bytes -= self._size_locked(chunk)
        self._changed()
        return chunk

    def next_chunk(self) -> Any:
        """The next chunk, for who pulls from the same `Pipe()`; waits. None at the end."""
        state = thread_state()
        while (turn := self.blocked_by(waker_of(state))) is not None:
            if state.runs_loop:
                raise state.refusal_to_wait("Pipe.Pull")
            await_done(turn, None, state)
        chunk = self.take()
        return chunk if chunk is None or isinstance(chunk, bytes) else list(chunk)

    def blocked_by(self, waker: Waker) -> Turn | None:
        """What a Pull has to wait for, which wakes the waker; None: nothing."""
        turn = Turn(waker)
        with self._lock:
            if self.is_ready:
                return None
            self._turns.append(turn)
        return turn

    def close(self, error: ComError | None = None) -> None:
        """Nobody takes any more: pushes fail from now on. Any thread; never waits."""
        with self._lock:
            if self._failure is None:
                self._failure = error or closed_pipe("the pipe")
            self._chunks.clear()
            self._bytes = 0
        self._changed()
        if (on_close := self.on_close) is not None:
            on_close()

    def cut_off(self, error: ComError) -> None:
        self.close(error)

    @property
    def is_closed(self) -> bool:
        """Whether nobody takes any more."""
        return self._failure is not None


def chunk_of(chunk: Any) -> Sequence[Any]:
    """A copy of a chunk of which nobody knows the kind yet."""
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, (bytearray, memoryview)):
        return memoryview(cast("bytes", chunk)).tobytes()
    to_list = getattr(chunk, "tolist", None)
    return list(chunk if to_list is None else to_list())


def closed_pipe(what: str) -> ComError:
    return ComError(HRESULT.RPC_X_PIPE_CLOSED, f"{what}: the pipe was closed")


def again(error: BaseException) -> BaseException:
    """As `failure_again`, of any failure; others than ComErrors are raised once."""
    return failure_again(error) if isinstance(error, ComError) else error


def failure_again(error: ComError) -> ComError:
    """A failure without the frames that it went through before."""
    again = ComError(
        error.hresult, error.description, executed=error.executed, outcome=error.outcome
    )
    again.remote_traceback = error.remote_traceback
    return again
