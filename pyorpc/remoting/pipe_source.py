"""PipeSource: the producing end of a pipe, an object whose clients Pull piece after piece.

Marshaled in place of the pipe, so references, apartments, callbacks and the death of peers are
those of any object. It lives where its iterable does: that runs in its own apartment and context.
Pulls come ahead of the consumer's needs and may overtake each other: each says which piece it
wants, and one that cannot be answered yet is answered later, without a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol, cast
from weakref import ref

from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.ids import Iid, iid
from pyorpc.remoting.chunk_queue import ChunkQueue, Turn, closed_pipe, failure_again
from pyorpc.remoting.deferral import DEFERRED
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.stub import InterfaceStub
from pyorpc.unknown import IUnknown
from pyorpc.wire.method import Method
from pyorpc.wire.numbers import Hyper, ULong
from pyorpc.wire.pipe_type import PipeType

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall

_log = logging.getLogger(__name__)
# In bytes: a piece of a chunk as it travels. Larger ones let small calls wait behind them.
PIECE: Final = 64 * 1024
# So many Pulls may wait for their turn; a peer that sends more breaks the rules.
MOST_WAITING: Final = 64


class IPipeSource(IUnknown):
    """What the two ends of a pipe speak."""

    IID: ClassVar[Iid] = iid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e02ff")


# (the number of the piece, its largest size in bytes); no bytes: the end.
PULL: Method[tuple[int, int], bytes] = Method("Pipe.Pull", 3, tuple[Hyper, ULong], bytes)
CLOSE: Method[tuple[()], None] = Method("Pipe.Close", 4, tuple[()], None)


class PipeSourceProxy(InterfaceProxy, IPipeSource):
    """A pipe that is produced elsewhere; its PipeReader makes the calls."""


class Supply(Protocol):
    """Where the chunks come from."""

    @property
    def is_ready(self) -> bool:
        """Whether `take` is to be called now: it may run the producer, but waits for no push."""
        ...

    def take(self) -> Sequence[Any] | None:
        """The next checked chunk; None at the end. Raises what the producer raises."""
        ...

    def close(self, error: ComError | None = None) -> None:
        """Nobody takes any more."""


class IterableSupply:
    """Chunks of an iterable, taken on the threads of its apartment, one at a time."""

    is_ready = True

    def __init__(self, chunks: Iterable[Any], kind: PipeType[Any]) -> None:
        self._chunks: Iterator[Any] | None = iter(chunks)
        self._kind = kind

    def take(self) -> Sequence[Any] | None:
        while self._chunks is not None:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._chunks = None
                return None
            checked = self._kind.checked(chunk)
            if len(checked):
                return checked
        return None

    def close(self, error: ComError | None = None) -> None:
        chunks, self._chunks = self._chunks, None
        close = getattr(chunks, "close", None)
        if close is None:
            return
        try:
            close()
        except Exception:
            # Its consumer has gone or was told of another failure: nobody to raise it to.
            _log.exception("closing the producer of a pipe")


class Ticket(NamedTuple):
    """A Pull that waits for its turn, or for a Push."""

    call: IncomingCall
    most: int

    def step_out(self) -> None:
        """While it waits it keeps nothing alive: nobody may pull, or push, ever again."""
        self.call.stub.manager.leave()

    def step_in(self) -> None:
        """It is about to be answered, and will leave then."""
        manager = self.call.stub.manager
        with manager.lock:
            manager.running += 1


class PipeSource(IPipeSource):
    """One per pipe and call."""

    def __init__(self, supply: Supply, kind: PipeType[Any], *, is_result: bool) -> None:
        self._supply = supply
        self._kind = kind
        self._is_result = is_result  # an [out] pipe: what does not fit is the method's mistake
        self._rest: Sequence[Any] = ()  # of the chunk that is being sent
        self._at = 0
        self._lock = Lock()  # guards everything below
        self._next = 0
        self._is_busy = False
        self._is_closed = False
        self._failure: ComError | None = None
        self._tickets: dict[int, Ticket] = {}

    def __del__(self) -> None:
        # On a thread of its apartment: nobody holds it any more, or the apartment ends.
        self.close()

    # ---- pulls -----------------------------------------------------------------------------

    def pull(self, index: int, most: int) -> object:
        """The stub's function: a piece as bytes, or DEFERRED."""
        with self._lock:
            if self._failure is not None:
                raise failure_again(self._failure)
            self._check_index_locked(index)
            ticket = None
            if index == self._next and not self._is_busy and self._is_ready_locked():
                self._is_busy = True
            else:
                call = cast("IncomingCall", thread_state().incoming)
                call.defer()  # first: another thread may answer it at once
                ticket = self._tickets[index] = Ticket(call, most)
        if ticket is None:
            return self._produce(most)
        ticket.step_out()
        self.wake()
        return DEFERRED

    def _check_index_locked(self, index: int) -> None:
        assert self._lock.locked()
        is_new = index >= self._next and index not in self._tickets
        if not is_new or len(self._tickets) >= MOST_WAITING:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"piece {index} of a pipe cannot be asked for now"
            )

    def _is_ready_locked(self) -> bool:
        assert self._lock.locked()
        return self._at < len(self._rest) or self._supply.is_ready

    def wake(self) -> None:
        """Answer the Pull whose turn it is, if that can be done now. Any thread."""
        with self._lock:
            ticket = self._tickets.get(self._next)
            if ticket is None or self._is_busy or not self._is_ready_locked():
                return
            self._is_busy = True
            del self._tickets[self._next]
        ticket.step_in()
        ticket.call.resume(partial(self._produce, ticket.most))

    def _produce(self, most: int) -> bytes:
        """The next piece. Its turn has come."""
        try:
            return self._piece(most)
        except ComError as error:
            raise self._failed(error) from None
        except BaseException as error:
            # The first Pull tells what was raised; later ones repeat it.
            self._failed(
                ComError(
                    HRESULT.RPC_E_SERVERFAULT,
                    f"a pipe's producer raised {type(error).__name__}: {error}",
                )
            )
            raise
        finally:
            self._advance()

    def _piece(self, most: int) -> bytes:
        if self._failure is not None:
            raise failure_again(self._failure)
        if self._at >= len(self._rest):
            chunk = self._supply.take()
            if chunk is None:
                return b""
            self._rest, self._at = chunk, 0
        count = max(1, min(most, PIECE) // self._kind.item_bytes)
        start, self._at = self._at, self._at + count
        if start == 0 and self._at >= len(self._rest):
            return self._kind.dump(self._rest)
        return self._kind.dump(self._rest[start : self._at])

    def _failed(self, error: ComError) -> ComError:
        if self._is_result and error.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA:
            error = ComError(HRESULT.RPC_E_SERVERFAULT, error.description, executed="yes")
        self._fail_pulls(failure_again(error))
        self._supply.close(failure_again(error))
        return error

    def _advance(self) -> None:
        with self._lock:
            self._next += 1
            self._is_busy = False
            is_closed = self._is_closed
        if is_closed:
            self._supply.close()
        self.wake()

    def next_chunk(self) -> Any:
        """The next piece for a Pipe of the same context; None at the end."""
        if isinstance(self._supply, ChunkQueue):
            return self._supply.next_chunk()
        piece: Any = self._kind.load(self._produce(PIECE))
        return piece if len(piece) else None

    def blocked_by(self, waker: Waker) -> Turn | None:
        """What `next_chunk` would wait for, which wakes the waker; None: nothing."""
        queue = self._supply
        return queue.blocked_by(waker) if isinstance(queue, ChunkQueue) else None

    # ---- the end ---------------------------------------------------------------------------

    def close(self, error: ComError | None = None) -> None:
        """Close the iterable, unless it runs at this moment: then as soon as it does not.

        In the source's apartment. Pulls that wait are answered with the failure.
        """
        if self._fail_pulls(error):
            self._supply.close(error)

    def cut_off(self, error: ComError) -> None:
        """Any thread: the call has failed. What is pushed is refused from now on."""
        if isinstance(self._supply, ChunkQueue) and self._fail_pulls(error):
            self._supply.close(error)

    def _fail_pulls(self, error: ComError | None) -> bool:
        with self._lock:
            if self._is_closed:
                return False
            self._is_closed = True
            failure = self._failure = error or closed_pipe("a Pull")
            is_idle = not self._is_busy
            tickets, self._tickets = self._tickets, {}
        for ticket in tickets.values():
            ticket.step_in()
            ticket.call.give_up(failure_again(failure))  # in no apartment: nothing runs for it
        return is_idle


class PipeSourceStub(InterfaceStub[IPipeSource]):
    """Of the producing end."""

    def _pull(self, args: tuple[int, int]) -> object:
        index, most = args
        return cast("PipeSource", self._target).pull(index, most)

    def _close(self, args: tuple[()]) -> None:
        cast("PipeSource", self._target).close()

    METHODS: ClassVar = {3: (PULL, _pull), 4: (CLOSE, _close)}


def source_of(chunks: object, kind: PipeType[Any], *, is_result: bool) -> PipeSource:
    """The source of an iterable of chunks, or of a queue that is pushed to.

    Raises RPC_E_CLIENT_CANTMARSHAL_DATA for what is neither.
    """
    if isinstance(chunks, ChunkQueue):
        source = PipeSource(chunks, kind, is_result=is_result)
        chunks.serve(kind, _waker(source))
        return source
    if isinstance(chunks, (bytes, bytearray, str)) or not isinstance(chunks, Iterable):
        raise InvalidArgumentError(
            HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
            f"a pipe takes an iterable of chunks or a Pipe, not a {type(chunks).__name__}",
            executed="no",
        )
    supply = IterableSupply(cast("Iterable[object]", chunks), kind)
    return PipeSource(supply, kind, is_result=is_result)


def _waker(source: PipeSource) -> Callable[[], None]:
    # Weakly: who only pushes must not keep a pipe that nobody pulls from any more.
    known: Any = ref(source)

    def wake() -> None:
        alive: PipeSource | None = known()
        if alive is not None:
            alive.wake()

    return wake
