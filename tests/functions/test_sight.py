"""calls_in_flight and references: what a process shows, also while its apartments are stuck."""

from __future__ import annotations

import os
import threading
import time

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError, Reference, references
from pyorpc.default_runtime import default_runtime
from pyorpc.functions.sight import CallInFlight, CallState, calls_in_flight
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeMore
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
        wait_until(lambda: [peer.pid for peer in runtime.resolver.peers.values()] != [0])
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


# ---- references -----------------------------------------------------------------------------


def holders(obj: object) -> set[tuple[str, str, int]]:
    """Peer, interface and count of those who hold an object."""
    return {(each.peer, each.interface, each.count) for each in references(obj)}  # type: ignore[arg-type]


def is_held_by_one_process(obj: Probe) -> bool:
    found = references(obj)
    return len(found) == 1 and found[0].peer.startswith("<process ")


def hold_until_told(test: Parent, packet: bytes) -> None:
    """In a child: hold the test's object, then its other interface too, then nothing."""
    with in_apartment(MTA, ping_period_s=0.1):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        test.send([tell(each) for each in references(probe)])
        test.receive()
        more = probe.QueryInterface(IProbeMore)
        test.send("both")
        test.receive()
        pyorpc.release(more)
        pyorpc.release(probe)
        test.send("none")
        test.receive()


def tell(record: Reference) -> tuple[str, str, int, float, float | None]:
    return record.peer, record.interface, record.count, record.since, record.last_ping


def test_an_object_that_nobody_holds_has_no_holders() -> None:
    assert references(Probe()) == []  # no Runtime either
    with in_apartment(MTA):
        probe = Probe()
        assert references(probe) == []
        pyorpc.release_marshal_data(pyorpc.marshal_interface(probe, IProbe))
        wait_until(lambda: references(probe) == [], "the packet is given back")


def test_another_process_is_named_with_interface_count_and_times(spawn: Spawn) -> None:
    begun = time.time()
    with in_apartment(MTA):
        probe = Probe()
        child = spawn(hold_until_told, pyorpc.marshal_interface(probe, IProbe))
        ((peer, interface, count, since, _),) = child.receive()
        assert (interface, count) == ("IProbe", 5)
        assert f"pid {child.pid}" in peer
        assert begun <= since <= time.time()

        wait_until(lambda: is_held_by_one_process(probe), "the claim has come")
        wait_until(lambda: references(probe)[0].last_ping, "it pings")
        (record,) = references(probe)
        assert (record.peer, record.interface, record.count) == (peer, "IProbe", 5)
        assert record.since == since
        assert record.last_ping is not None
        assert begun <= record.last_ping <= time.time()

        child.send("go on")
        assert child.receive() == "both"
        more = {(peer, "IProbe", 5), (peer, "IProbeMore", 5)}
        wait_until(lambda: holders(probe) == more, "both interfaces are claimed")
        child.send("go on")
        assert child.receive() == "none"
        assert references(probe) == []
        child.send("go on")
        assert child.join() == 0


def test_a_holder_in_another_apartment_of_the_process_is_named_by_it() -> None:
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, STA) as sta:
        probe = Probe()
        packet = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)
        assert holders(probe) == {("this process: packets", "IProbe", 5)}
        proxy = sta.run(pyorpc.unmarshal_interface, packet, IProbe)
        apartment = repr(runtime.sta_of(sta.ident))
        assert holders(probe) == {(f"this process: {apartment}", "IProbe", 5)}
        assert sta.run(holders, proxy) == holders(probe)
        sta.run(pyorpc.release, proxy)
        assert references(probe) == []


def test_a_private_context_is_named() -> None:
    with in_apartment(MTA):
        probe = Probe()
        context = pyorpc.create_context()
        packet = pyorpc.marshal_interface(probe, IProbe, MSHCTX.CROSSCTX)
        proxy = context.run(pyorpc.unmarshal_interface, packet, IProbe)
        (record,) = references(probe)
        assert record.peer.startswith("this process: <private context ")
        del proxy


def test_packets_locks_and_the_interface_table_are_named() -> None:
    with in_apartment(MTA):
        probe = Probe()
        strong = pyorpc.marshal_interface(probe, IProbe, MSHCTX.LOCAL, MSHLFLAGS.TABLESTRONG)
        pyorpc.lock_object_external(probe, True)
        cookie = pyorpc.global_interface_table().RegisterInterfaceInGlobal(probe, IProbe)
        assert holders(probe) == {
            ("this process: table packets", "IProbe", 1),
            ("this process: locks", "IProbe", 1),
            ("this process: interface table", "IProbe", 5),
        }
        pyorpc.global_interface_table().RevokeInterfaceFromGlobal(cookie)
        pyorpc.lock_object_external(probe, False)
        pyorpc.release_marshal_data(strong)
        wait_until(lambda: references(probe) == [], "all is given back")


def test_what_was_sent_to_a_process_is_in_transit_until_it_is_claimed() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        held = Probe()
        far.pointer().Hold(held)
        # The claim is read by the housekeeping, which comes when it comes.
        wait_until(lambda: is_held_by_one_process(held), "the claim has come")
        (peer,) = near.resolver.peers.values()
        manager = near.exporter.manager_of(held)
        assert manager is not None
        near.exporter.add_refs(manager, 2)
        near.desk.sent(peer.process_id, manager.ipids[IProbe.IID].bytes, 2)
        assert holders(held) == {
            (repr(peer), "IProbe", 5),
            (f"in transit to {peer!r}", "IProbe", 2),
        }
        far.thread.run(far.probe.LetGo)


def test_a_proxy_asks_the_exporter_also_while_its_apartment_is_stuck(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(MTA):
        proxy = pyorpc.unmarshal_interface(child.receive(), IProbe)
        call = pyorpc.create_call(proxy, AsyncIProbe)
        call.Begin_UntilCancelled(1.0)
        (record,) = references(proxy)
        assert f"pid {os.getpid()}" in record.peer
        assert (record.interface, record.count) == ("IProbe", 5)
        call.Finish_UntilCancelled()
        pyorpc.release(proxy)


def test_a_frozen_exporter_is_not_waited_for_long(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyorpc.functions.sight.ANSWER_S", 0.2)
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA):
        proxy = pyorpc.unmarshal_interface(child.receive(), IProbe)
        proxy.Add(1, 2)
        child.stop()
        with pytest.raises(ComError) as late:
            references(proxy)
        assert late.value.hresult == HRESULT.RPC_E_TIMEOUT
        child.kill9()
        with pytest.raises(pyorpc.DisconnectedError):
            references(proxy)


def test_what_is_no_object_is_refused() -> None:
    with in_apartment(MTA), pytest.raises(pyorpc.InvalidArgumentError):
        references(None)  # type: ignore[arg-type]
