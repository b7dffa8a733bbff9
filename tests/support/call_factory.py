"""AsyncProbe: a probe that makes call objects, and so frees the thread that a call came on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyorpc
from pyorpc import HRESULT, ComError, ICallFactory, ISynchronize, IUnknown
from tests.support.child import Parent
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S


class ProbeCall(AsyncIProbe):
    """A call object of an AsyncProbe. Results are made by Begin, and kept for Finish."""

    def __init__(self, probe: AsyncProbe, outer: IUnknown) -> None:
        self.probe = probe
        self.outer = outer
        self.result: Any = None
        self.began_on = threading.get_ident()

    def signal(self) -> None:
        """As a call object tells the channel that it is through."""
        self.outer.QueryInterface(ISynchronize).Signal()

    def _finish(self) -> Any:
        with self.probe.lock:
            self.probe.finished.append(self)
        if isinstance(self.result, ComError):
            raise self.result
        return self.result

    def Begin_Sleep(self, seconds: float) -> None:
        def work() -> None:
            time.sleep(seconds)
            self.signal()

        self.probe.pool.submit(work)

    def Finish_Sleep(self) -> None:
        self._finish()

    def Begin_Add(self, a: int, b: int) -> None:
        self.result = a + b
        self.signal()  # at once: inside Begin

    def Finish_Add(self) -> int:
        return int(self._finish())

    def Begin_Echo(self, text: str) -> None:
        self.result = text  # the test signals

    def Finish_Echo(self) -> str:
        return str(self._finish())

    def Begin_Fail(self, hresult: int, text: str) -> None:
        raise ComError(hresult & 0xFFFFFFFF, text)

    def Finish_Fail(self) -> None:
        self._finish()

    def Begin_Raise(self, text: str) -> None:
        self.signal()
        raise ValueError(text)

    def Finish_Raise(self) -> None:
        self._finish()

    def Begin_Hold(self, other: IProbe | None) -> None:
        self.probe.Hold(other)
        self.signal()

    def Finish_Hold(self) -> None:
        self._finish()

    def Begin_Make(self) -> None:
        self.signal()

    def Finish_Make(self) -> IProbe:
        self._finish()
        return Probe()

    def Begin_Squares(self, n: int) -> None:
        self.result = n, [i * i for i in range(n)]
        self.signal()

    def Finish_Squares(self) -> tuple[int, list[int]]:
        count, squares = self._finish()
        return count, squares


class AsyncProbe(Probe, ICallFactory):
    """Each of its calls is in `calls`, and in `finished` once Finish has run."""

    refusal: ComError | None = None
    call_class = ProbeCall

    def __init__(self) -> None:
        super().__init__()
        self.pool = ThreadPoolExecutor(2)
        self.lock = threading.Lock()  # guards finished
        self.calls: list[ProbeCall] = []
        self.finished: list[ProbeCall] = []
        self.came = threading.Event()

    def CreateCall(self, riid: Any, outer: IUnknown | None = None) -> Any:
        if self.refusal is not None:
            raise ComError(self.refusal.hresult, self.refusal.description)
        if riid is not AsyncIProbe:
            raise ComError(HRESULT.E_NOINTERFACE, "AsyncIProbe only")
        if outer is None:
            raise ComError(HRESULT.E_INVALIDARG, "outer: null")
        call = self.call_class(self, outer)
        self.calls.append(call)
        self.came.set()
        return call

    def next_call(self) -> ProbeCall:
        """The latest call, once it has come."""
        assert self.came.wait(DEADLINE_S)
        return self.calls[-1]


def serve_async_probe(test: Parent) -> None:
    """In a child whose pool has one thread: a packet of an AsyncProbe, and one of a plain one."""
    probe, plain = AsyncProbe(), Probe()
    with in_apartment(pyorpc.COINIT.MULTITHREADED, mta_threads=1, mta_threads_max=1):
        test.send(pyorpc.marshal_interface(probe, IProbe))
        test.send(pyorpc.marshal_interface(plain, IProbe))
        while (asked := test.receive(300)) != "stop":
            assert asked == "counts"
            test.send([len(probe.calls), len(probe.finished)])
        probe.pool.shutdown()
