"""The housekeeping thread: timers, its end in time, connections, finalizers of any thread."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.remoting.housekeeping import STOPPED, MonitorEnd
from pyorpc.transport.port import Port
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_it_runs_what_is_posted_in_order_on_its_own_thread() -> None:
    seen: list[tuple[int, int]] = []
    done = threading.Event()
    with Runtime() as runtime:

        def note(number: int) -> None:
            seen.append((number, threading.get_ident()))

        for number in range(100):
            runtime.housekeeping.post(note, number)
        runtime.housekeeping.post(done.set)
        assert done.wait(DEADLINE_S)
    assert [number for number, _ in seen] == list(range(100))
    assert {ident for _, ident in seen} != {threading.get_ident()}
    assert len({ident for _, ident in seen}) == 1


def test_timers_run_when_they_are_due_and_not_in_the_order_made() -> None:
    order: list[str] = []
    done = threading.Event()
    with Runtime() as runtime:
        keeper = runtime.housekeeping
        keeper.after(0.15, done.set)
        keeper.after(0.10, order.append, "later")
        keeper.after(0.0, order.append, "at once")
        keeper.after(0.05, order.append, "soon")
        assert done.wait(DEADLINE_S)
    assert order == ["at once", "soon", "later"]


def fail() -> None:
    raise ZeroDivisionError


def test_what_fails_there_is_logged_and_the_thread_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = threading.Event()
    with Runtime() as runtime:
        runtime.housekeeping.after(0, fail)
        runtime.housekeeping.post(fail)
        runtime.housekeeping.after(0.02, done.set)
        assert done.wait(DEADLINE_S)
    assert "housekeeping goes on" in caplog.text


def test_closing_takes_no_longer_than_its_own_time_even_before_the_next_ping() -> None:
    runtime = Runtime()
    runtime.housekeeping.start()
    begun = time.monotonic()
    assert runtime.housekeeping.close(5)
    assert time.monotonic() - begun < 1
    assert runtime.housekeeping.close(5)
    runtime.close()


def test_closing_gives_up_on_a_thread_that_does_not_come() -> None:
    runtime = Runtime()
    stuck = threading.Event()
    waiting: Any = stuck.wait
    runtime.housekeeping.post(waiting, DEADLINE_S)
    begun = time.monotonic()
    assert not runtime.housekeeping.close(0.1)
    assert time.monotonic() - begun < 2
    stuck.set()
    runtime.close()


def test_it_cannot_be_started_after_it_was_closed() -> None:
    runtime = Runtime()
    runtime.close()
    with pytest.raises(ComError) as closed:
        runtime.housekeeping.start()
    assert closed.value.hresult == HRESULT.E_UNEXPECTED


def test_two_threads_that_need_it_at_once_start_one() -> None:
    with Runtime() as runtime:
        with Gate.before(Port, "__init__") as gate:
            starters = [Running(runtime.housekeeping.start) for _ in range(2)]
            gate.wait_until_reached()
            gate.open()
            ports = {id(starter.join()) for starter in starters}
        assert len(ports) == 1
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("pyorpc-housekeeping") == 1


def test_a_connection_that_is_closed_before_its_monitor_is_noted_leaves_no_socket() -> None:
    with FarRuntime() as far, in_apartment(STA) as near:
        assert far.pointer().Add(1, 2) == 3
        keeper = near.housekeeping.start()
        before = len(keeper._sockets)
        port = Port(near.network.make_socket)
        endpoint = far.runtime.mta().lines.bindings()[0].address
        connection, monitor = port.connect(endpoint)
        received = threading.Event()
        original = MonitorEnd.received

        def tell(self: MonitorEnd, frames: list[bytes]) -> None:
            original(self, frames)
            if int.from_bytes(frames[0][:2], "little") == STOPPED:
                received.set()

        adopt = keeper.adopt

        def adopt_slowly(socket: object, link: MonitorEnd) -> object:
            adopted = adopt(socket, link)  # type: ignore[arg-type]
            connection.close()  # 1. the connection is closed at once
            assert received.wait(DEADLINE_S)  # 2. its monitor has said its last
            return adopted  # 3. now it is noted

        keeper.adopt = adopt_slowly  # type: ignore[method-assign,assignment]
        MonitorEnd.received = tell  # type: ignore[method-assign]
        try:
            near.housekeeping.watch(connection, monitor)
        finally:
            MonitorEnd.received = original  # type: ignore[method-assign]
            del keeper.adopt
        wait_until(lambda: len(keeper._sockets) == before, "the monitor is closed")
        port.close()


@pytest.mark.parametrize("is_in_com", [True, False])
def test_a_finalizer_may_run_on_any_thread(*, is_in_com: bool) -> None:
    with FarRuntime() as far, in_apartment(MTA) as runtime:
        held = [far.pointer()]

        def collect() -> None:
            held.clear()
            gc.collect()

        def collect_in_com() -> None:
            with runtime.enter_apartment(STA):
                collect()

        Running(collect_in_com if is_in_com else collect).join()
        wait_until(lambda: far.references() == 0, "the references go back")


def test_a_finalizer_after_the_runtimes_end_does_no_harm() -> None:
    with FarRuntime() as far:
        with in_apartment(MTA):
            held = [far.pointer()]
        held.clear()
        gc.collect()
        wait_until(lambda: far.references() == 0, "the goodbye released them")
        with in_apartment(MTA):
            assert pyorpc.unmarshal_interface(far.packet(), IProbe).Add(1, 2) == 3
