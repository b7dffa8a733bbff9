"""PIP: pipes of methods that go on without their thread, and of calls that are cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, ICallFactory, ISynchronize, IUnknown, Pipe
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.piper import Piper
from tests.support.piper_idl import AsyncIPiper, IPiper
from tests.support.probe import in_apartment
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class PiperCall(AsyncIPiper):
    """Begin_X hands its pipes to a thread of the pool, which works in the MTA."""

    def __init__(self, piper: CallPiper, outer: IUnknown) -> None:
        self.piper = piper
        self.event = outer.QueryInterface(ISynchronize)
        self.result: Any = None

    def _work(self, name: str, *args: Any) -> None:
        def work() -> None:
            with self.piper.runtime.enter_apartment(MTA):
                try:
                    self.result = getattr(Piper, name)(self.piper, *args)
                except ComError as error:
                    self.result = error
                    self.piper.codes.append(error.hresult)
            self.piper.ended.set()
            self.event.Signal()

        self.piper.pool.submit(work)

    def _finish(self) -> Any:
        if isinstance(self.result, ComError):
            raise self.result
        return self.result

    def Begin_Sum(self, content: Pipe[bytes]) -> None:
        self._work("Sum", content)

    def Finish_Sum(self) -> tuple[int, int]:
        length, checksum = self._finish()
        return length, checksum

    def Begin_Scale(self, source: Pipe[list[int]], factor: int) -> Pipe[list[int]]:
        self.result = Piper.Scale(self.piper, source, factor)
        self.event.Signal()
        return self._finish()  # type: ignore[no-any-return]

    def Finish_Scale(self) -> Pipe[list[int]]:
        return self._finish()  # type: ignore[no-any-return]

    def Begin_FailIn(self, content: Pipe[bytes], hresult: int) -> None:
        self.piper.kept = content
        raise ComError(hresult, "Begin fails")


class CallPiper(Piper, ICallFactory):
    """A piper whose calls free the thread that they come on."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = ThreadPoolExecutor(2)
        self.codes: list[HRESULT] = []
        self.ended = threading.Event()
        self.runtime: pyorpc.Runtime

    def CreateCall(self, riid: Any, outer: IUnknown | None = None) -> Any:
        assert riid is AsyncIPiper
        assert outer is not None
        return PiperCall(self, outer)


class Reading(Piper):
    """Says how Sum ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.codes: list[HRESULT] = []

    def Sum(self, content: Pipe[bytes]) -> tuple[int, int]:
        try:
            return super().Sum(content)
        except ComError as error:
            self.codes.append(error.hresult)
            raise
        finally:
            self.ended.set()


@contextmanager
def served(piper: Piper, callee: COINIT = MTA) -> Generator[Callable[[], IPiper]]:
    """What gives pointers to a piper of another Runtime, which is another process."""
    with FarRuntime(callee) as far:
        if isinstance(piper, CallPiper):
            piper.runtime = far.runtime
        packets = [far.thread.run(pyorpc.marshal_interface, piper, IPiper)]
        yield lambda: pyorpc.unmarshal_interface(packets.pop(), IPiper)
        wait_until(lambda: far.runtime.table.incoming == {}, "all calls are answered")
        if isinstance(piper, CallPiper):
            piper.pool.shutdown()


# ---- an object that makes call objects ----------------------------------------------------


@pytest.mark.parametrize("caller", [STA, MTA])
def test_PIP_a_call_object_of_the_callee_reads_its_pipe_on_a_thread_of_its_own(
    caller: COINIT,
) -> None:
    with served(CallPiper()) as pointer, in_apartment(caller):
        piper = pointer()
        assert piper.Sum(Pipe([b"ab", b"c"]))[0] == 3
        pushed: Pipe[bytes] = Pipe()
        call = pyorpc.create_call(piper, AsyncIPiper)
        call.Begin_Sum(pushed)
        for chunk in (b"abc", b"de", b""):
            pushed.Push(chunk)
        assert call.Finish_Sum()[0] == 5
        with pytest.raises(ComError) as raised:
            pushed.Push(b"late")
        assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED


@pytest.mark.parametrize("caller", [STA, MTA])
def test_PIP_its_out_pipes_outlive_finish_and_its_in_pipes_with_them(caller: COINIT) -> None:
    with served(CallPiper()) as pointer, in_apartment(caller):
        scaled = pointer().Scale(Pipe([[1, 2], [3]]), 2)
        assert list(scaled) == [[2, 4], [6]]


def test_PIP_a_begin_that_fails_ends_the_pipes() -> None:
    piper = CallPiper()
    with served(piper) as pointer, in_apartment(MTA):
        pushed: Pipe[bytes] = Pipe()
        with pytest.raises(ComError, match="Begin fails"):
            pointer().FailIn(pushed, HRESULT.E_FAIL)
        with pytest.raises(ComError) as raised:
            pushed.Push(b"late")
        assert raised.value.hresult == HRESULT.E_FAIL
        assert piper.kept is not None
        with pytest.raises(ComError) as raised:
            piper.kept.Pull(1)
        assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED
        piper.kept = None


# ---- cancelled, while its caller answers nobody -------------------------------------------


@pytest.mark.parametrize("piper_class", [Reading, CallPiper])
@pytest.mark.parametrize("seconds", [0, DEADLINE_S])
def test_PIP_a_cancel_ends_the_pull_of_a_method_although_nobody_answers_it(
    piper_class: type[Reading | CallPiper], seconds: float
) -> None:
    piper = piper_class()
    is_stuck = threading.Event()

    def stuck() -> Iterator[bytes]:
        yield b"first"
        is_stuck.set()
        assert piper.ended.wait(DEADLINE_S)  # on the caller's thread, which serves nobody

    def call(pointer: Callable[[], IPiper]) -> ComError:
        pyorpc.enable_call_cancellation()
        found = pointer()
        with pytest.raises(ComError) as raised:
            found.Sum(Pipe(stuck()))
        pyorpc.disable_call_cancellation()
        return raised.value

    with (
        served(piper) as pointer,
        pyorpc.Runtime() as near,
        ApartmentThread(near, STA) as caller,
        near.enter_apartment(MTA),
    ):
        task = caller.begin(call, pointer)
        assert is_stuck.wait(DEADLINE_S)
        assert pyorpc.cancel_call(caller.ident, seconds) == HRESULT.S_OK
        error = task.join()
        assert error.hresult == HRESULT.RPC_E_CALL_CANCELED
        # At once it is not known; but an error learns what became of its call.
        assert error.outcome in (("stopped",) if seconds else ("unknown", "stopped"))
        assert piper.codes == [HRESULT.RPC_E_CALL_CANCELED]
