"""Gardener: a servant for bad input, and the process that serves it and tells how it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyorpc
from pyorpc import COINIT, Runtime
from pyorpc.context.thread_state import thread_state
from tests.support.child import Child, Parent
from tests.support.garden_idl import IGarden, Leaf, Twig
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe

_LONGEST = 1 << 20


class Gardener(Probe, IGarden):
    """Makes and takes what is deep, many or long; harmless whatever it is asked."""

    def Measure(self, twig: Twig) -> int:
        depth, rest = 1, twig.next
        while rest is not None:
            depth, rest = depth + 1, rest.next
        return depth

    def Grow(self, depth: int) -> Twig | None:
        twig: Twig | None = None
        for length in range(min(depth, 400)):
            twig = Twig(length, twig)
        return twig

    def Rake(self, n: int, leaves: Sequence[Leaf]) -> int:
        return len(leaves)

    def Sift(self, n: int, rows: Sequence[Sequence[int]]) -> int:
        return len(rows)

    def Label(self, length: int) -> str:
        return "x" * max(0, min(length, _LONGEST))


def serve_garden(test: Parent, coinit: int, settings: dict[str, Any]) -> None:
    """In a child process: send packets of one Gardener's two interfaces, then answer questions."""
    gardener = Gardener()
    with in_apartment(COINIT(coinit), **settings) as runtime:
        # However many references a test steals, the next one finds the object.
        pyorpc.lock_object_external(gardener, lock=True)
        test.send([pyorpc.marshal_interface(gardener, each) for each in (IProbe, IGarden)])
        state = thread_state()
        done = threading.Event()

        def listen() -> None:
            try:
                while (asked := test.receive(300)) != "stop":
                    test.send(_answer(asked, gardener, runtime))
            except (EOFError, OSError, TimeoutError):
                pass
            done.set()
            if (sta := runtime.sta_of(state.thread_id)) is not None:
                sta.post_quit(0)

        listener = threading.Thread(target=listen)
        listener.start()
        if coinit & COINIT.APARTMENTTHREADED:
            pyorpc.pump_messages()
        else:
            done.wait()
        listener.join()


def _answer(asked: str, gardener: Gardener, runtime: Runtime) -> Any:
    if asked == "refs":
        manager = runtime.exporter.manager_of(gardener)
        return [0, 0] if manager is None else [manager.public_refs, manager.claimed_refs]
    if asked == "peers":
        return len(runtime.resolver.peers)
    if asked == "incoming":
        return len(runtime.table.incoming)
    return list(gardener.log)


class Garden:
    """Such a child, as its test sees it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.probe, self.garden = child.receive()

    def ask(self, question: str) -> Any:
        self.child.send(question)
        return self.child.receive()

    def peak_mib(self) -> float:
        """The most memory that the process has used since `forget_peak`."""
        return _mib(self.child.pid, "VmHWM")

    def forget_peak(self) -> float:
        """Measure anew from now on; returns what is in use."""
        Path(f"/proc/{self.child.pid}/clear_refs").write_text("5")
        return _mib(self.child.pid, "VmRSS")


def _mib(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {field}")
