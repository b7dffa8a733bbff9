"""PipeReader: the consuming end of a pipe that is produced elsewhere. It reads ahead.

Used in the context that the pipe arrived in, by one thread at a time. Pulls are begun calls: what
is under way never exceeds CREDIT, whatever the producer would like.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import ComError
from pyorpc.remoting.chunk_queue import CREDIT, closed_pipe
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.pipe_source import CLOSE, PIECE, PULL, PipeSourceProxy

if TYPE_CHECKING:
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.wire.pipe_type import PipeType

# One piece is on its way while another is looked at. More only where that does not keep up: every
# Pull that is under way is one that a small call may have to wait for.
FEWEST: Final = 2
MOST: Final = CREDIT // PIECE
# A Pull that takes longer than this has a long way to go, or a slow producer.
LONG_WAY_S: Final = 0.002


class PipeReader:
    """What a Pipe reads from, where that is a proxy."""

    def __init__(self, source: PipeSourceProxy, kind: PipeType[Any]) -> None:
        self._source: PipeSourceProxy | None = source
        self._kind = kind
        self._calls: deque[OutgoingCall] = deque()
        self._asked = 0
        self._depth = FEWEST
        self._in_time = 0  # pieces in a row that were not waited for long

    def __del__(self) -> None:
        # It only puts notes into a queue; the source's last reference goes the same way.
        source = self._source
        if source is not None:
            for call in self._calls:
                source.channel.abandon(call)

    def next_chunk(self) -> Any:
        """The next piece; None at the end. Raises what the producer, or the way to it, failed with.

        Raises RPC_E_WRONG_THREAD outside its context.
        """
        if self._source is None:
            raise closed_pipe("a Pull")
        channel = self._source.channel
        self._read_ahead()
        call = self._calls[0]
        since = monotonic()
        if not channel.await_call(call, None):
            # It runs on this very thread, or did until it met a queue that others push to.
            state = thread_state()
            call.await_on(waker_of(state), state.thread_id)
            await_done(call, None, state)
        self._calls.popleft()
        packed: bytes = call.result()
        if not packed:
            self._let_go()
            return None
        self._adapt(monotonic() - since)
        with suppress(ComError):  # a dead peer: the Pull that needs the piece will say so
            self._read_ahead()
        return self._kind.load(packed)

    def _adapt(self, waited_s: float) -> None:
        """Read farther ahead after a long wait, less far when there were none for a while."""
        self._in_time += 1
        if waited_s > LONG_WAY_S:
            self._in_time = 0
            self._depth = min(self._depth + 1, MOST)
        elif self._in_time >= MOST:
            self._in_time = 0
            self._depth = max(self._depth - 1, FEWEST)

    def _read_ahead(self) -> None:
        source = self._source
        assert source is not None
        while len(self._calls) < self._depth:
            self._calls.append(source.channel.begin(PULL, (self._asked, PIECE)))
            self._asked += 1

    def _let_go(self) -> PipeSourceProxy | None:
        source, self._source = self._source, None
        if source is not None:
            for call in self._calls:
                source.channel.abandon(call)
        self._calls.clear()
        return source

    def close(self, error: ComError | None = None) -> None:
        """Tell the producer that nobody pulls any more. Does not wait; never raises."""
        source = self._let_go()
        if source is not None:
            # It is gone already, or this thread is elsewhere: then its last reference tells it.
            with suppress(ComError):
                source.channel.abandon(source.channel.begin(CLOSE, ()))
