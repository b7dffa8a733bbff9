"""A server process for bad input, who watches it meanwhile, and how a test asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from pyorpc import HRESULT
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import ObjRef
from tests.support.gardener import Garden
from tests.support.plain_msgpack import unpack as plain

ADD, ECHO, THREAD_ID, SLEEP = 3, 4, 5, 7  # of IProbe
MEASURE, GROW, RAKE, SIFT, LABEL = 3, 4, 5, 6, 7  # of IGarden


class Bystander:
    """Calls again and again, and keeps what went wrong."""

    def __init__(self, packet: bytes) -> None:
        self.peer = WirePeer(packet)
        # Known before anybody else can call itself by its name.
        self.peer.receive_packet()
        assert self.peer.welcome is not None
        self.failures: list[str] = []
        self._may_call = threading.Event()
        self._is_idle = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._call, name="bystander")
        self._thread.start()

    def watch(self) -> None:
        self._is_idle.clear()
        self._may_call.set()

    def stop_watching(self) -> list[str]:
        self._may_call.clear()
        assert self._is_idle.wait(10), "the bystander's call has not returned"
        failures, self.failures = self.failures, []
        return failures

    def close(self) -> None:
        self._is_closed = True
        self._may_call.set()
        self._thread.join(10)
        self.peer.close()

    def _call(self) -> None:
        ref = self.peer.objref
        number = 0
        while not self._is_closed:
            if not self._may_call.is_set():
                self._is_idle.set()
                self._may_call.wait()
                continue
            number += 1
            try:
                self.peer.send(self.peer.frames(ref.ipid, ADD, (number, 1)))
                hresult = self.peer.receive(8)
                if hresult != 0 or plain(self.peer.body) != number + 1:
                    self.failures.append(f"{hresult!r} {self.peer.answer}")
            except Exception as error:
                self.failures.append(repr(error))
            time.sleep(0.01)  # it shall watch, not load


class Server(NamedTuple):
    """A server process, the packets' contents, and the one who watches."""

    garden: Garden
    probe_ref: ObjRef
    garden_ref: ObjRef
    bystander: Bystander


def answer_to(peer: WirePeer, frames: Sequence[bytes]) -> tuple[HRESULT, str]:
    """The HRESULT, and whether the method ran."""
    peer.send(frames)
    return peer.receive(), peer.executed


def refused(hresult: HRESULT) -> tuple[HRESULT, str]:
    return hresult, "no"


def is_answered(peer: WirePeer, ref: ObjRef) -> bool:
    """The next good call on the same connection, whose answer is the next that comes."""
    frames = peer.frames(ref.ipid, ADD, (1, 2))
    peer.send(frames)
    assert peer.receive() == 0, peer.answer
    assert peer.answer is not None
    return bool(peer.answer.call_id == plain(frames[0])[2] and plain(peer.body) == 3)


def await_answer(peer: WirePeer, call_id: int, timeout_s: float = 10.0) -> None:
    """Take answers until that of the call has come, each of which may take so long."""
    while peer.answer is None or peer.answer.call_id != call_id:
        peer.receive(timeout_s)
