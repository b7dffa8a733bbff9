"""PipeReader: the consuming end of a pipe that is produced elsewhere. It reads ahead.

Used in the context that the pipe arrived in, by one thread at a time. Pulls are begun calls: what
is under way never exceeds CREDIT, whatever the producer would like.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import ComError
from pyorpc.remoting.chunk_queue import CREDIT, closed_pipe, failure_again
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.pipe_source import CLOSE, PIECE, PULL, PipeSourceProxy

if TYPE_CHECKING:
    from pyorpc.ids import CausalityId
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.wire.pipe_type import PipeType

# One piece is on its way while another is looked at. More only where that does not keep up: every
# Pull that is under way is one that a small call may have to wait for. With two, the p99 of a ping
# beside a saturated pipe was 3.5 to 6.8 times its idle p99; with one 1.2 to 2.9, for a fourth of
# the rate.
FEWEST: Final = 1
MOST: Final = CREDIT // PIECE
# A Pull that takes longer than this has a long way to go, or a slow producer.
LONG_WAY_S: Final = 0.001


class PipeReader:
    """What a Pipe reads from, where that is a proxy."""

    def __init__(
        self, source: PipeSourceProxy, kind: PipeType[Any], causality: CausalityId | None = None
    ) -> None:
        self._source: PipeSourceProxy | None = source
        self._kind = kind
        self._causality = causality  # of the call that it came with, whatever thread pulls
        self._calls: deque[OutgoingCall] = deque()
        self._asked = 0
        self._depth = FEWEST
        self._in_time = 0  # pieces in a row that were not waited for long
        self._failure: ComError | None = None  # as it was cut off

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
        if self._failure is not None:  # last: whoever cuts it off sees the calls, or this him
            raise failure_again(self._failure)
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

    def blocked_by(self, waker: Waker) -> OutgoingCall | None:
        """What `next_chunk` would wait for, which wakes the waker; None: nothing."""
        if self._source is None:
            return None
        with suppress(ComError):  # `next_chunk` will say so
            self._read_ahead()
        if not self._calls or self._calls[0].is_done:
            return None
        call = self._calls[0]
        call.listen(waker.wake)
        return None if call.is_done else call

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
            self._calls.append(self._begin(source))
            self._asked += 1

    def _begin(self, source: PipeSourceProxy) -> OutgoingCall:
        state = thread_state()
        if state.incoming is not None or self._causality is None:
            return source.channel.begin(PULL, (self._asked, PIECE))
        # A thread of the method's own: an STA that waits for the method lets only this in.
        before, state.causality = state.causality, self._causality
        try:
            return source.channel.begin(PULL, (self._asked, PIECE))
        finally:
            state.causality = before

    def _let_go(self) -> PipeSourceProxy | None:
        source, self._source = self._source, None
        if source is not None:
            for call in self._calls:
                source.channel.abandon(call)
        self._calls.clear()
        return source

    def cut_off(self, error: ComError) -> None:
        """Any thread: a Pull that waits ends with that, and so do all that follow."""
        self._failure, source = failure_again(error), self._source
        if source is not None:
            for call in list(self._calls):
                source.channel.cut_short(call, failure_again(error))

    def close(self, error: ComError | None = None) -> None:
        """Tell the producer that nobody pulls any more. Does not wait; never raises."""
        source = self._let_go()
        if source is not None:
            # It is gone already, or this thread is elsewhere: then its last reference tells it.
            with suppress(ComError):
                source.channel.abandon(source.channel.begin(CLOSE, ()))
