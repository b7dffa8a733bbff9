"""The MTA's connections: greeting, and waits that miss nothing."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT
from pyorpc.remoting.mta_lines import MtaLines
from pyorpc.transport import port
from pyorpc.transport.connection import Connection
from pyorpc.transport.zeromq import EVENTS, POLLIN, RawSocket, ZmqSocket
from pyorpc.wire.objref import Tower, unpack
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.tcp_relay import TcpRelay
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running

MTA = COINIT.MULTITHREADED


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


def lines_of(runtime: pyorpc.Runtime) -> MtaLines:
    lines = runtime.mta().lines
    assert isinstance(lines, MtaLines)
    return lines


def test_a_thread_that_calls_again_takes_the_same_connection_of_the_pool() -> None:
    with FarRuntime() as far, in_apartment(COINIT.MULTITHREADED) as runtime:
        probe = far.pointer()
        for number in range(10):
            assert probe.Add(number, 1) == number + 1
        assert len(lines_of(runtime).all_lines()) == 2  # the primary one, and this thread's


def test_threads_that_call_at_the_same_time_have_a_connection_each() -> None:
    with FarRuntime(mta_threads=4) as far, in_apartment(COINIT.MULTITHREADED) as runtime:
        inside = threading.Barrier(3)

        class Meeting(Probe):
            def Sleep(self, seconds: float) -> None:
                inside.wait(DEADLINE_S)

        packet = far.packet(Meeting())
        threads = [ApartmentThread(runtime, COINIT.MULTITHREADED) for _ in range(3)]
        tasks = [
            thread.begin(lambda: pyorpc.unmarshal_interface(packet, IProbe).Sleep(1))
            for thread in threads
        ]
        for task in tasks:
            task.join()
        for thread in threads:
            thread.close()
        assert len(lines_of(runtime).all_lines()) == 4


def test_an_idle_connection_of_the_pool_that_breaks_is_closed_without_being_called_for() -> None:
    far = FarRuntime()
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        probe = far.pointer()
        assert probe.Add(1, 2) == 3
        lines = lines_of(runtime)
        assert len(lines.all_lines()) == 2
        far.close()
        wait_until(lambda: lines.all_lines() == [], "the dead process's connections are closed")
        assert all(free == deque() for free in lines._free.values())


def test_a_broken_connection_of_the_pool_is_replaced() -> None:
    with (
        FarRuntime(insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        TcpRelay.to_apartment_of(unpack(far.packet())) as relay,
        in_apartment(COINIT.MULTITHREADED, insecure=True) as runtime,
    ):
        probe = pyorpc.unmarshal_interface(relay.packet, IProbe)
        assert probe.Add(1, 2) == 3
        lines = lines_of(runtime)
        before = set(lines.all_lines())
        relay.cut()
        wait_until(lambda: not before & set(lines.all_lines()), "both are found broken")
        assert probe.Add(3, 4) == 7
        pyorpc.release(probe)


def dead_endpoint() -> str:
    """A socket's name that stayed when its process was killed: a connection is refused at once."""
    path = Path(os.environ["XDG_RUNTIME_DIR"]) / "dead"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    return f"ipc://{path}"


def test_a_connection_that_is_refused_before_its_hello_is_sent_is_unavailable() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        ref = unpack(far.packet())
        bindings = tuple(
            each._replace(address=dead_endpoint()) if each.tower == Tower.APARTMENT else each
            for each in ref.bindings
        )
        probe = pyorpc.unmarshal_interface(ref._replace(bindings=bindings).pack(), IProbe)
        lines = near.mta().lines

        def call() -> None:
            with near.enter_apartment(MTA):
                probe.Add(1, 2)

        with Gate.before(lines.port, "send") as gate:
            calling = Running(call)
            gate.wait_until_reached()  # 1. the connection is there, its hello not yet sent
            wait_until(lambda: not lines.port._sockets, "2. it is refused; its reader closes it")
            gate.open()  # 3. the hello
            with pytest.raises(pyorpc.DisconnectedError) as failed:
                calling.join()
        assert failed.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert failed.value.executed == "no"
        assert lines.all_lines() == []
