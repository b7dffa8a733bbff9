"""PipesOfCall: the pipes of one call, at its caller or at its callee. Generated code enters one.

What leaves in a pipe's place is a reference to its PipeSource; what arrives becomes a Pipe. The
[in] pipes end with the call, unless its [out] pipes, which outlive it, may still read from them. A
call that fails closes them, and the iterables behind them, at once.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeVar, cast

from pyorpc.context.thread_state import thread_state
from pyorpc.errors import ComError
from pyorpc.ids import CausalityId, Guid
from pyorpc.remoting.call_failures import cancelled_by_caller
from pyorpc.remoting.chunk_queue import closed_pipe, failure_again
from pyorpc.remoting.deferral import GoesOn
from pyorpc.remoting.pipe import Flow, Pipe, producer_of
from pyorpc.remoting.pipe_reader import PipeReader
from pyorpc.remoting.pipe_source import IPipeSource, PipeSource, PipeSourceProxy, source_of
from pyorpc.unknown import IUnknown
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.pipe_type import PipeType

C = TypeVar("C")
T = TypeVar("T", bound=IUnknown)


class PointerChannel(Protocol):
    """What pointers are marshaled with: a Channel, or a StubChannel."""

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None: ...
    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None: ...


class PipesOfCall:
    """Entered around the call; on the thread that makes or runs it."""

    is_callee: ClassVar[bool]

    def __init__(self, channel: PointerChannel) -> None:
        self._channel = channel
        self._given: list[PipeSource] = []
        self._taken: list[Pipe[Any]] = []
        self._causality: CausalityId | None = None  # of the call, at its callee

    def give(self, chunks: Any, kind: PipeType[Any]) -> ObjRef:
        """What travels for a pipe: chunks are an iterable, or a Pipe.

        Raises RPC_E_CLIENT_CANTMARSHAL_DATA for anything else.
        """
        source = source_of(producer_of(chunks), kind, is_result=self.is_callee)
        self._given.append(source)
        return cast(ObjRef, self._channel.marshal(source, IPipeSource))

    def take(self, ref: ObjRef, kind: PipeType[C]) -> Pipe[C]:
        """The pipe that has arrived."""
        source = self._channel.unmarshal(ref, IPipeSource)
        pipe = Pipe[C].over(reader_of(source, kind, self._causality), kind.empty)
        self._taken.append(pipe)
        return pipe

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        raise NotImplementedError


class CallerPipes(PipesOfCall):
    """Gives the [in] pipes and takes the [out] pipes."""

    is_callee = False

    def _end(self, error: BaseException | None) -> None:
        if error is not None or not self._taken:
            for source in self._given:
                source.close(failure_of(error))


class CalleePipes(PipesOfCall):
    """Takes the [in] pipes and gives the [out] pipes.

    A call that goes on without its thread enters one where it begins and one where it ends, which
    takes over what the first one took.
    """

    is_callee = True

    def __enter__(self) -> Self:
        self._call = call = thread_state().incoming
        self._causality = call.causality
        if call.pipes is not None:
            self._taken += call.pipes.taken
        call.pipes = self
        return self

    @property
    def taken(self) -> list[Pipe[Any]]:
        return self._taken

    def take(self, ref: ObjRef, kind: PipeType[C]) -> Pipe[C]:
        pipe = super().take(ref, kind)
        if self._call.is_cancelled:
            pipe.cut_off(cancelled_by_caller(self._call.method_name))
        return pipe

    def cut_off(self, error: ComError) -> None:
        """Any thread: the call is not wanted any more. Who waits in a Pull does so no longer."""
        for pipe in list(self._taken):
            pipe.cut_off(failure_again(error))

    def failed(self, error: ComError) -> None:
        """The call has failed where it went on without its thread. Any thread."""
        self._call.pipes = None
        for pipe in self._taken:
            pipe.end_with_call()
        self.cut_off(error)

    def _end(self, error: BaseException | None) -> None:
        if isinstance(error, GoesOn):
            return
        self._call.pipes = None
        if error is not None or not self._given:
            for pipe in self._taken:
                pipe.end_with_call()
        if error is not None:
            for source in self._given:
                source.close(failure_of(error))


class BeginPipes(CalleePipes):
    """Entered around Begin_X of an object's call object: the pipes are open until Finish_X."""

    def _end(self, error: BaseException | None) -> None:
        if error is not None:
            super()._end(error)


def reader_of(
    source: IPipeSource | None, kind: PipeType[Any], causality: CausalityId | None = None
) -> Flow:
    """What a Pipe reads from: the source elsewhere, or one of this very context."""
    if isinstance(source, PipeSource):
        return source  # no calls are needed there
    return PipeReader(cast(PipeSourceProxy, source), kind, causality)


def failure_of(error: BaseException | None) -> ComError:
    """What the other ends of a call's pipes are told that it ended with."""
    if error is None:
        return closed_pipe("the call is over")
    if isinstance(error, ComError):
        return failure_again(error)
    return closed_pipe(f"the call failed with {type(error).__name__}: {error}")
