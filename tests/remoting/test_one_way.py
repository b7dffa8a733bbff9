"""One-way calls ([maybe]): they return at once; what becomes of them is counted, nothing leaks."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, DisconnectedError, Runtime
from pyorpc.remoting.dispatcher import Dispatcher
from pyorpc.remoting.line import Line
from pyorpc.transport.connection import Break
from tests.support.apartment_thread import ApartmentThread
from tests.support.gate import Gate
from tests.support.probe import Probe, in_apartment
from tests.support.recorder import Recorder
from tests.support.recorder_idl import AsyncIRecorder, IRecorder
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
# Caller, callee, and whether that is another process; in the MTA of its own nobody needs a proxy.
EVERY_WAY = [
    way for way in product((STA, MTA), (STA, MTA), (True, False)) if way != (MTA, MTA, False)
]
FAILED = HRESULT.E_FAIL - 2**32


class Callee:
    """A recorder in an apartment of another Runtime, or of the caller's own."""

    def __init__(self, runtime: Runtime, coinit: COINIT) -> None:
        self.runtime = runtime
        self.recorder = Recorder()
        self.thread = ApartmentThread(runtime, coinit)

    def pointer(self) -> IRecorder:
        packet = self.thread.run(pyorpc.marshal_interface, self.recorder, IRecorder)
        return pyorpc.unmarshal_interface(packet, IRecorder)

    def statistics(self) -> pyorpc.Statistics:
        return self.thread.run(pyorpc.statistics)

    def objects(self) -> int:
        return len(self.runtime.exporter.managers())


@contextmanager
def callee(coinit: COINIT, near: Runtime, *, is_far: bool) -> Generator[Callee]:
    with Runtime() if is_far else nullcontext(near) as runtime:
        there = Callee(runtime, coinit)
        try:
            yield there
        finally:
            there.thread.close()


@pytest.mark.parametrize(("caller", "home", "is_far"), EVERY_WAY)
def test_a_one_way_call_returns_before_its_method_has_begun(
    caller: COINIT, home: COINIT, is_far: bool
) -> None:
    with in_apartment(caller) as near, callee(home, near, is_far=is_far) as there:
        pointer = there.pointer()
        gate = Gate()
        held = there.thread.begin(gate.stop_here)
        gate.wait_until_reached()
        before = pyorpc.statistics()
        pointer.Tell(1, 7, 3, b"abc")
        assert pyorpc.statistics().one_way_sent == before.one_way_sent + 1
        assert pyorpc.statistics().requests_sent == before.requests_sent
        if home == STA:
            assert there.recorder.heard == []
        gate.open()
        held.join()
        wait_until(lambda: there.recorder.heard == [(1, 7)], "it runs all the same")
        if home == STA:
            assert there.recorder.threads == {there.thread.ident}


@pytest.mark.parametrize(("caller", "home", "is_far"), EVERY_WAY)
def test_what_it_raises_stays_at_the_callee_counted_and_logged(
    caller: COINIT, home: COINIT, is_far: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pyorpc.calls")
    with in_apartment(caller) as near, callee(home, near, is_far=is_far) as there:
        pointer = there.pointer()
        probe = Probe()
        is_alive = weakref.ref(probe)
        pointer.Spoil(FAILED, probe)
        del probe
        wait_until(lambda: there.statistics().one_way_failed == 1, "the failure is counted")
        wait_until(lambda: "IRecorder.Spoil failed: E_FAIL" in caplog.text, "and logged")
        assert pointer.Heard() == ""

        def is_gone() -> bool:
            if caller == STA:
                pyorpc.pump_waiting_messages()  # an STA's objects die on its own thread
            gc.collect()
            return is_alive() is None

        wait_until(is_gone, "its argument is let go")


def test_into_another_context_it_runs_at_once_and_its_failure_stays_there() -> None:
    with in_apartment(STA):
        recorder = Recorder()
        context = pyorpc.create_context()
        packet = context.run(pyorpc.marshal_interface, recorder, IRecorder)
        pointer = pyorpc.unmarshal_interface(packet, IRecorder)
        pointer.Tell(1, 1, 0, b"")
        assert recorder.heard == [(1, 1)]
        pointer.Spoil(FAILED, None)
        counted = pyorpc.statistics()
        assert (counted.one_way_sent, counted.one_way_failed) == (2, 1)


@pytest.mark.parametrize("is_far", [True, False])
def test_what_is_wrong_before_it_is_sent_is_raised(is_far: bool) -> None:
    with (
        in_apartment(MTA, max_message_bytes=10_000) as near,
        callee(STA, near, is_far=is_far) as there,
    ):
        pointer = there.pointer()
        with pytest.raises(ComError) as misfit:
            pointer.Tell(2**40, 1, 0, b"")
        assert misfit.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        if is_far:
            with pytest.raises(ComError) as too_long:
                pointer.Tell(1, 1, 20_000, bytes(20_000))
            assert too_long.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        with ApartmentThread(near, STA) as other, pytest.raises(ComError) as wrong:
            other.run(pointer.Tell, 1, 1, 0, b"")
        assert wrong.value.hresult == HRESULT.RPC_E_WRONG_THREAD
        pyorpc.release(pointer)
        with pytest.raises(DisconnectedError):
            pointer.Tell(1, 1, 0, b"")
        counted = pyorpc.statistics()
        assert (counted.one_way_sent, counted.one_way_lost) == (0, 0)


def test_a_dead_peer_is_raised() -> None:
    with in_apartment(MTA) as near:
        with callee(MTA, near, is_far=True) as there:
            pointer = there.pointer()
            pointer.Note(1, 1)
        probe = Probe()
        wait_until(lambda: all(peer.is_dead for peer in near.resolver.peers.values()), "it is gone")
        with pytest.raises(DisconnectedError) as dead:
            pointer.Take(1, probe)
        assert dead.value.executed == "no"
        wait_until(lambda: near.exporter.managers() == [], "its argument is released")


@pytest.mark.parametrize("is_far", [True, False])
def test_references_in_a_call_that_is_refused_do_not_leak(is_far: bool) -> None:
    with in_apartment(MTA) as near, callee(STA, near, is_far=is_far) as there:
        pointer, probe = there.pointer(), Probe()
        gate = Gate()
        held = there.thread.begin(gate.stop_here)
        gate.wait_until_reached()
        pointer.Take(1, probe)
        # It waits in the queue, or is not even read, and the object is disconnected before it.
        disconnected = there.thread.begin(pyorpc.disconnect_object, there.recorder)
        if not is_far:
            there.runtime.sta_of(there.thread.ident)._queue.rotate(1)  # type: ignore[union-attr]
        gate.open()
        held.join()
        disconnected.join()
        wait_until(lambda: there.statistics().one_way_failed == 1, "the refusal is counted")
        assert there.recorder.taken == []
        wait_until(lambda: near.exporter.manager_of(probe) is None, "the reference is released")


def test_references_in_a_call_to_an_object_that_is_gone_do_not_leak() -> None:
    with in_apartment(MTA) as near, callee(MTA, near, is_far=True) as there:
        pointer, probe = there.pointer(), Probe()
        pointer.Note(1, 1)
        with Gate.before(Dispatcher, "request") as gate:
            pointer.Take(1, probe)
            gate.wait_until_reached()
            there.thread.run(pyorpc.disconnect_object, there.recorder)
            gate.open()
            wait_until(lambda: there.statistics().one_way_failed == 1, "it is counted")
        wait_until(lambda: near.exporter.manager_of(probe) is None, "the reference is released")


def test_a_full_queue_in_the_process_loses_it_counted_and_nothing_leaks() -> None:
    with in_apartment(MTA, max_queue=2) as near, callee(STA, near, is_far=False) as there:
        pointer, probe = there.pointer(), Probe()
        gate = Gate()
        held = there.thread.begin(gate.stop_here)
        gate.wait_until_reached()
        for number in range(5):
            pointer.Take(number, probe)
        counted = pyorpc.statistics()
        assert (counted.one_way_sent, counted.one_way_lost) == (2, 3)
        gate.open()
        held.join()
        wait_until(lambda: len(there.recorder.heard) == 2, "those that found room run")
        there.recorder.taken.clear()
        wait_until(lambda: near.exporter.manager_of(probe) is None, "all references come back")


def test_a_connection_that_breaks_as_it_is_handed_over_loses_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with in_apartment(MTA) as near, callee(MTA, near, is_far=True) as there:
        pointer, probe = there.pointer(), Probe()
        pointer.Note(1, 1)
        with ApartmentThread(near, MTA) as other, Gate.before(Line, "send_one_way") as gate:
            sending = other.begin(pointer.Take, 1, probe)
            gate.wait_until_reached()
            connections = [line.connection for line in near.mta().lines.all_lines()]
            for connection in connections:
                connection.break_off(Break.CUT)
            primary = connections[0]
            wait_until(lambda: primary.broken is not None, "the pool's reader has seen it")
            gate.open()
            sending.join()
        counted = pyorpc.statistics()
        assert (counted.one_way_sent, counted.one_way_lost) == (0, 1)
        assert "IRecorder.Take is lost: RPC_S_SERVER_UNAVAILABLE" in caplog.text
        wait_until(lambda: near.exporter.manager_of(probe) is None, "the reference comes back")


@pytest.mark.parametrize(("caller", "home", "is_far"), EVERY_WAY)
def test_a_begun_call_of_such_a_method_is_an_ordinary_one(
    caller: COINIT, home: COINIT, is_far: bool
) -> None:
    with in_apartment(caller) as near, callee(home, near, is_far=is_far) as there:
        call = pyorpc.create_call(there.pointer(), AsyncIRecorder)
        call.Begin_Spoil(FAILED, None)
        with pytest.raises(ComError) as failed:
            call.Finish_Spoil()
        assert failed.value.hresult == HRESULT.E_FAIL
        assert there.statistics().one_way_failed == 0


@pytest.mark.parametrize("caller", [STA, MTA])
@pytest.mark.parametrize("home", [STA, MTA])
def test_a_process_that_ends_in_order_loses_none_of_its_last_words(
    caller: COINIT, home: COINIT
) -> None:
    with in_apartment(MTA) as other, callee(home, other, is_far=True) as there:
        there.thread.run(pyorpc.lock_object_external, there.recorder, True)
        packet = there.thread.run(pyorpc.marshal_interface, there.recorder, IRecorder)
        gate = Gate()
        held = there.thread.begin(gate.stop_here)
        gate.wait_until_reached()  # an STA reads none of it before the process has ended

        def tell() -> None:
            pointer = pyorpc.unmarshal_interface(packet, IRecorder)
            for number in range(300):
                pointer.Tell(1, number, 0, b"")

        with Runtime() as near, ApartmentThread(near, caller) as thread:
            thread.run(tell)
        gate.open()
        held.join()
        wait_until(lambda: len(there.recorder.heard) == 300, "all have run")
        assert there.statistics().one_way_failed == 0
        there.thread.run(pyorpc.lock_object_external, there.recorder, False)
