"""calls_in_flight: what a process shows of its calls while they are stuck."""

from __future__ import annotations

import threading

import pyorpc
from pyorpc import COINIT
from pyorpc.default_runtime import default_runtime
from pyorpc.functions.sight import CallInFlight, CallState, calls_in_flight
from tests.conftest import Spawn
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def one(records: list[CallInFlight], direction: str, method: str) -> CallInFlight:
    (found,) = [
        record for record in records if (record.direction, record.method) == (direction, method)
    ]
    return found


class Patient(Probe):
    """Its Sleep lasts until the test lets it go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def test_a_stuck_sta_shows_the_call_it_runs_and_the_calls_that_wait_behind() -> None:
    patient = Patient()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, patient) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        stuck, behind = (pyorpc.create_call(probe, AsyncIProbe) for _ in range(2))
        stuck.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        behind.Begin_Add(1, 2)

        records = calls_in_flight()
        running = one(records, "incoming", "IProbe.Sleep")
        assert (running.state, running.thread_id) == (CallState.RUNNING, far.ident)
        queued = one(records, "incoming", "IProbe.Add")
        assert (queued.state, queued.thread_id) == (CallState.QUEUED, 0)
        assert queued.apartment == running.apartment != ""
        waiting = one(records, "outgoing", "IProbe.Sleep")
        assert (waiting.state, waiting.thread_id) == (CallState.WAITING, threading.get_ident())
        assert waiting.causality == running.causality == pyorpc.get_current_logical_thread_id()
        assert [record.since_s for record in records] == sorted(
            (record.since_s for record in records), reverse=True
        )

        patient.may_go_on.set()
        stuck.Finish_Sleep()
        assert behind.Finish_Add() == 3
        assert calls_in_flight() == []


def test_calls_from_and_to_another_process_name_it(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    patient = Patient()
    with in_apartment(MTA) as runtime:
        other = pyorpc.unmarshal_interface(child.receive(), IProbe)
        call = pyorpc.create_call(other, AsyncIProbe)
        call.Begin_Many(1, [patient])  # the child calls back, with Add
        call.Finish_Many()
        call.Begin_UntilCancelled(0.5)
        peer = one(calls_in_flight(), "outgoing", "IProbe.UntilCancelled").peer
        assert peer == repr(*runtime.resolver.peers.values())
        assert f"pid {child.pid}" in peer
        call.Finish_UntilCancelled()


def call_sleep(test: object, packet: bytes) -> None:
    """In a child: call Sleep of the test's object."""
    with in_apartment(MTA):
        pyorpc.unmarshal_interface(packet, IProbe).Sleep(1)


def test_an_incoming_call_names_its_caller_and_is_seen_from_a_thread_outside_com(
    spawn: Spawn,
) -> None:
    patient = Patient()
    pyorpc.initialize(MTA)  # the default Runtime's: a thread outside COM has no other
    child = spawn(call_sleep, pyorpc.marshal_interface(patient, IProbe))
    assert patient.started.wait(DEADLINE_S)
    seen: list[CallInFlight] = []
    watcher = threading.Thread(target=lambda: seen.extend(calls_in_flight()))
    watcher.start()
    watcher.join(DEADLINE_S)
    record = one(seen, "incoming", "IProbe.Sleep")
    assert f"pid {child.pid}" in record.peer
    assert record.state is CallState.RUNNING
    assert record.thread_id not in (0, threading.get_ident())
    patient.may_go_on.set()
    assert child.join() == 0
    wait_until(lambda: calls_in_flight() == [], "the call has left the table")
    pyorpc.uninitialize()
    default_runtime().close()


def test_a_record_is_one_line_that_begins_with_the_causality() -> None:
    patient = Patient()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, patient) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        line = str(one(calls_in_flight(), "incoming", "IProbe.Sleep"))
        causality = pyorpc.get_current_logical_thread_id()
        assert line.startswith(f"{causality} incoming IProbe.Sleep running for 0.")
        assert f"thread {far.ident:#018x} in <STA" in line or "in <main STA" in line
        patient.may_go_on.set()
        call.Finish_Sleep()


def test_without_a_runtime_there_is_nothing_to_see() -> None:
    assert calls_in_flight() == []
