"""Recorder: the servant behind recorder.idl, and the process that offers one."""

from __future__ import annotations

import threading
from typing import Any

import pyorpc
from pyorpc import COINIT, ComError
from pyorpc.context.thread_state import thread_state
from tests.support.child import Parent
from tests.support.gate import Gate
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.recorder_idl import IRecorder


class Recorder(IRecorder):
    """Notes every call; `on_count` is run inside Count, where a test may stop it."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int]] = []
        self.taken: list[IProbe | None] = []
        self.threads: set[int] = set()
        self.times = 0
        self.gate: Gate | None = None

    def Note(self, who: int, number: int) -> None:
        self.threads.add(threading.get_ident())
        self.heard.append((who, number))

    def Tell(self, who: int, number: int, size: int, load: Any) -> None:
        assert len(load) == size
        self.Note(who, number)

    def Take(self, number: int, probe: IProbe | None) -> None:
        self.Note(0, number)
        self.taken.append(probe)

    def Spoil(self, hresult: int, probe: IProbe | None) -> None:
        raise ComError(hresult, "as it was told")

    def Count(self) -> int:
        self.times += 1
        times = self.times
        if self.gate is not None and times == 1:
            self.gate.stop_here()
        return times

    def CountWith(self, probe: IProbe | None) -> int:
        return self.Count()

    def CountOnce(self) -> int:
        return self.Count()

    def Heard(self) -> str:
        return " ".join(f"{who}:{number}" for who, number in self.heard)


def serve_recorder(test: Parent, coinit: int, settings: dict[str, Any]) -> None:
    """In a child process: send a packet of a recorder, then serve until the test says stop."""
    with in_apartment(COINIT(coinit), **settings) as runtime:
        test.send(pyorpc.marshal_interface(Recorder(), IRecorder))
        ident = thread_state().thread_id
        done = threading.Event()

        def listen() -> None:
            test.receive(300)
            done.set()
            sta = runtime.sta_of(ident)
            if sta is not None:
                sta.post_quit(0)

        listener = threading.Thread(target=listen)
        listener.start()
        if coinit & COINIT.APARTMENTTHREADED:
            pyorpc.pump_messages()
        else:
            done.wait()
        listener.join()
