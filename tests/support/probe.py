"""Probe: the servant behind probe.idl, and processes and threads that offer one."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.context.thread_state import thread_state
from tests.support.child import Parent
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S

# Longer than any test; a child whose test has gone is told so, and ends.
PATIENCE_S = 4 * 3600.0
ALIVE: weakref.WeakSet[IProbe] = weakref.WeakSet()


class Probe(IProbe, IProbeMore):
    """Tells where it runs; calls whom it is told to call."""

    def __init__(self) -> None:
        self.held: IProbe | None = None
        self.log: list[str] = []
        self.started = threading.Event()
        self.may_go_on = threading.Event()
        self.died_on: Callable[[int], None] | None = None
        ALIVE.add(self)

    def __del__(self) -> None:
        if self.died_on is not None:
            self.died_on(threading.get_ident())

    def Add(self, a: int, b: int) -> int:
        return a + b

    def Echo(self, text: str) -> str:
        self.log.append(text)
        return text

    def ThreadId(self) -> int:
        return threading.get_ident()

    def Place(self) -> tuple[int, int]:
        return pyorpc.get_context_token(), pyorpc.get_apartment_type()[0]

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        time.sleep(seconds)

    def CallBack(self, other: IProbe | None) -> int:
        assert other is not None
        return other.ThreadId()

    def Descend(self, other: IProbe | None, depth: int) -> int:
        assert other is not None
        return 1 if depth == 0 else 1 + other.Descend(self, depth - 1)

    def Fail(self, hresult: int, text: str) -> None:
        raise ComError(hresult, text)

    def Raise(self, text: str) -> None:
        raise ValueError(text)

    def Make(self) -> IProbe | None:
        return Probe()

    def Hold(self, other: IProbe | None) -> None:
        self.held = other

    def CallHeld(self, a: int, b: int) -> int:
        assert self.held is not None
        return self.held.Add(a, b)

    def LetGo(self) -> None:
        self.held = None

    def Same(self, other: IProbe | None) -> IProbe | None:
        return other

    def Many(self, n: int, others: Sequence[IProbe | None]) -> int:
        return sum(other.Add(1, 0) for other in others if other is not None)

    def UntilCancelled(self, seconds: float) -> bool:
        self.started.set()
        deadline = time.monotonic() + seconds
        while pyorpc.test_cancel() != HRESULT.RPC_E_CALL_CANCELED:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        self.log.append("cancelled")
        return True

    def Squares(self, n: int) -> tuple[int, list[int]]:
        return n, [i * i for i in range(n)]

    def Log(self) -> str:
        return "\n".join(self.log)


def alive() -> int:
    """How many probes there are, without those that only garbage still holds."""
    gc.collect()
    return len(ALIVE)


class ProbeThread:
    """A thread of `runtime` that serves a probe, in an STA or in the MTA, until it is closed."""

    def __init__(self, runtime: Runtime, coinit: COINIT, probe: Probe | None = None) -> None:
        self._runtime = runtime
        self._coinit = coinit
        self._is_ready = threading.Event()
        self._stop = threading.Event()
        self.probe = probe or Probe()
        self.packet = b""
        self.ident = 0
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"probe {coinit!r}")
        self._thread.start()
        assert self._is_ready.wait(DEADLINE_S)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with self._runtime.enter_apartment(self._coinit):
                self.ident = threading.get_ident()
                self.packet = pyorpc.marshal_interface(self.probe, IProbe, pyorpc.MSHCTX.INPROC)
                self._is_ready.set()
                if self._coinit & COINIT.APARTMENTTHREADED:
                    pyorpc.pump_messages()
                else:
                    self._stop.wait()
        except BaseException as error:
            self._error = error
            self._is_ready.set()

    def close(self) -> None:
        """Leave the apartment and end the thread."""
        self._stop.set()
        if self._coinit & COINIT.APARTMENTTHREADED and self._thread.is_alive():
            sta = self._runtime.sta_of(self.ident)
            if sta is not None:
                sta.post_quit(0)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> ProbeThread:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


@contextmanager
def in_apartment(coinit: COINIT, **settings: Any) -> Generator[Runtime]:
    """The calling thread in an apartment of a Runtime of its own, which is closed at the end."""
    with Runtime(**settings) as runtime, runtime.enter_apartment(coinit):
        yield runtime


def serve_probe(test: Parent, coinit: int, settings: dict[str, Any]) -> None:
    """In a child process: send a packet of a probe, then serve until the test says stop.

    The test may ask meanwhile, over its own line: "alive" (how many probes there are),
    "started" (whether a long method has), "log".
    """
    probe = Probe()
    with in_apartment(COINIT(coinit), **settings) as runtime:
        test.send(pyorpc.marshal_interface(probe, IProbe))
        state = thread_state()
        done = threading.Event()

        def listen() -> None:
            try:
                while (asked := test.receive(PATIENCE_S)) != "stop":
                    answers = {"alive": len(ALIVE), "started": probe.started.is_set()}
                    test.send(answers.get(asked, list(probe.log)))
            except (EOFError, OSError, TimeoutError):
                pass
            done.set()
            sta = runtime.sta_of(state.thread_id)
            if sta is not None:
                sta.post_quit(0)

        listener = threading.Thread(target=listen)
        listener.start()
        if coinit & COINIT.APARTMENTTHREADED:
            pyorpc.pump_messages()
        else:
            done.wait()
        listener.join()


def at(packet: bytes) -> IProbe:
    """The probe in a packet, as the calling thread sees it."""
    return pyorpc.unmarshal_interface(packet, IProbe)
