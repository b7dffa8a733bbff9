"""BegunPipes: the pipes of an asynchronous call, at its caller. They flow from Begin on.

An [out] pipe is promised when the call begins; who pulls from it waits, as the apartment does,
until the method has given it. Finish returns the same Pipe. Should the call fail, that is what
Pulls and Pushes raise, whether it is finished or not.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pyorpc.apartment.apartment import Awaitable
from pyorpc.apartment.waits import Waker
from pyorpc.errors import ComError
from pyorpc.remoting.chunk_queue import closed_pipe, failure_again
from pyorpc.remoting.pipe import Flow, Pipe
from pyorpc.remoting.pipe_source import IPipeSource
from pyorpc.remoting.pipes_of_call import PipesOfCall, failure_of, reader_of
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.pipe_type import PipeType

if TYPE_CHECKING:
    from pyorpc.remoting.call_object import CallObject
    from pyorpc.remoting.outgoing_call import OutgoingCall

C = TypeVar("C")


class BegunPipes(PipesOfCall):
    """Entered around Begin, and a second time around Finish."""

    is_callee = False

    def __init__(self, owner: CallObject) -> None:
        super().__init__(owner.channel)
        self._owner = owner
        self._call: OutgoingCall | None = None
        self._promised: list[PromisedFlow] = []
        self._returned = 0
        self._lock = Lock()  # guards _is_settled: one thread takes the results apart
        self._is_settled = False

    @classmethod
    def of(cls, owner: CallObject) -> Self:
        """Those of the call that is to be finished. Waits for its end."""
        pipes: Self | None = owner.open_pipes
        if pipes is None:
            return cls(owner)  # there is nothing to finish, as Finish will say
        pipes.settle()
        return pipes

    def promise(self, kind: PipeType[C], position: int) -> Pipe[C]:
        """The [out] pipe at that place of the results of the call that was just begun."""
        flow = PromisedFlow(self, kind, position)
        self._promised.append(flow)
        pipe = Pipe[C].over(flow, kind.empty)
        self._taken.append(pipe)
        return pipe

    def take(self, ref: ObjRef, kind: PipeType[C]) -> Pipe[C]:
        """The next of the promised pipes, which `settle` has given what it reads from."""
        pipe: Pipe[C] = self._taken[self._returned]
        self._returned += 1
        return pipe

    def blocked_by(self, waker: Waker) -> OutgoingCall | None:
        """What `settle` would wait for, which wakes the waker; None: nothing."""
        call = self._call
        assert call is not None
        if not call.is_done:
            call.listen(waker.wake)
        return None if call.is_done else call

    def settle(self) -> None:
        """Wait until the call is over, and give each promised pipe what it reads from."""
        call = self._call
        assert call is not None
        self._owner.channel.await_call(call, None)
        with self._lock:
            is_settled, self._is_settled = self._is_settled, True
            if is_settled:
                return
            if call.error is None:
                self._bind(call)
            else:
                for flow in self._promised:
                    flow.failed(call.error)

    def _bind(self, call: OutgoingCall) -> None:
        """Take the references out of the results: each pipe has its own, once."""
        try:
            result: Any = call.value if call.body is None else call.method.decode_result(call.body)
        except ComError as error:  # Finish raises it
            for flow in self._promised:
                flow.failed(error)
            return
        is_several = type(result) is tuple  # a lone reference is a tuple, too
        outs: list[Any] = list(cast("tuple[Any, ...]", result)) if is_several else [result]
        for flow in self._promised:
            ref, outs[flow.position] = outs[flow.position], None
            try:
                source = self._channel.unmarshal(cast(ObjRef, ref), IPipeSource)
                flow.found(reader_of(source, flow.kind))
            except ComError as error:
                flow.failed(error)
        call.value = tuple(outs) if is_several else outs[0]
        call.body = None

    def _end(self, error: BaseException | None) -> None:
        if self._call is None:
            self._begun(error)
            return
        if self._owner.pending is self._call:
            return  # another method's Finish was called: this one's is still to come
        self._owner.open_pipes = None
        if error is not None or not self._taken:
            for source in self._given:
                source.close(failure_of(error))

    def _begun(self, error: BaseException | None) -> None:
        call = self._owner.pending
        if error is not None or call is None:
            for source in self._given:
                source.close(failure_of(error))
            return
        self._call = call
        self._owner.open_pipes = self
        if self._given:
            call.listen(partial(self._cut_off, call))
            if call.is_done:
                self._cut_off(call)

    def _cut_off(self, call: OutgoingCall) -> None:
        """Any thread, at the end of the call: nobody pulls what is pushed to a call that failed."""
        if call.error is not None:
            for source in self._given:
                source.cut_off(failure_again(call.error))


class PromisedFlow:
    """What an [out] pipe reads from: what the call will return."""

    def __init__(self, pipes: BegunPipes, kind: PipeType[Any], position: int) -> None:
        self.kind = kind
        self.position = position
        self._pipes: BegunPipes | None = pipes
        self._flow: Flow | None = None
        self._failure: ComError | None = None
        self._is_closed = False

    def next_chunk(self) -> Any:
        pipes = self._pipes
        if pipes is not None:
            pipes.settle()
        if self._failure is not None:
            raise failure_again(self._failure)
        if self._flow is None:
            raise closed_pipe("a Pull")
        return self._flow.next_chunk()

    def blocked_by(self, waker: Waker) -> Awaitable | None:
        if self._pipes is not None:
            call = self._pipes.blocked_by(waker)
            if call is not None:
                return call
            self._pipes.settle()
        return None if self._flow is None else self._flow.blocked_by(waker)

    def close(self, error: ComError | None = None) -> None:
        self._is_closed = True
        if self._flow is not None:
            self._flow.close(error)

    def cut_off(self, error: ComError) -> None:
        """A callee's pipes only."""

    def found(self, flow: Flow) -> None:
        self._flow, self._pipes = flow, None
        if self._is_closed:
            flow.close()

    def failed(self, error: ComError) -> None:
        self._failure, self._pipes = failure_again(error), None
