"""The MTA's connections: greeting, and waits that miss nothing."""

from __future__ import annotations

import select
import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT
from pyorpc.transport import port
from pyorpc.transport.connection import Connection
from pyorpc.transport.zeromq import EVENTS, POLLIN, RawSocket, ZmqSocket
from tests.conftest import Spawn
from tests.support.gate import Gate
from tests.support.probe import in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until


class GatedEpoll:
    """An epoll set whose waiters stop at a gate first."""

    def __init__(self, epoll: select.epoll, gate: Gate) -> None:
        self._epoll = epoll
        self._gate = gate

    def poll(self, timeout: float | None, maxevents: int) -> list[tuple[int, int]]:
        self._gate.stop_here()
        return self._epoll.poll(timeout, maxevents)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._epoll, name)


def test_a_welcome_that_comes_while_the_hello_is_being_sent_is_read_at_once(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Gate("between the look at the sockets and the wait")
    sender = threading.current_thread()

    class Preempted(RawSocket):
        """A DEALER whose sender is off the processor until the first answer is there."""

        def __init__(self, socket: ZmqSocket, connection: Connection | None) -> None:
            super().__init__(socket, connection)
            self._get, self.get = self.get, self._get_late

        def _get_late(self, option: int) -> int:
            if threading.current_thread() is not sender:
                return self._get(option)
            self.get = self._get
            wait_until(lambda: self._get(EVENTS) & POLLIN, "the welcome")
            wait_until(self._has_no_edge, "the edge is eaten")
            looked.open()
            return self._get(option)

        def _has_no_edge(self) -> bool:
            self._get(EVENTS)
            return not select.select([self.descriptor], [], [], 0.01)[0]

    child = spawn(serve_probe, int(COINIT.APARTMENTTHREADED), {})
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        inbox: Any = runtime.mta().inbox
        inbox._epoll = GatedEpoll(inbox._epoll, looked)
        runtime.mta().start()
        looked.wait_until_reached()  # 1. the pool's reader has looked, and is about to wait
        monkeypatch.setattr(port, "RawSocket", Preempted)
        started = time.monotonic()
        # 2. the hello is sent and the welcome arrives; 3. the sender looks, and eats the edge;
        # 4. the reader waits, for what will not come again.
        assert probe.Add(1, 2) == 3
        assert time.monotonic() - started < 5  # and not handshake_s
