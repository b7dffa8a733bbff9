"""LIF and REM: objects that are let go of, locked or disconnected while they are used."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    EXTCONN,
    HRESULT,
    MSHCTX,
    MSHLFLAGS,
    REMINTERFACEREF,
    ComError,
    IExternalConnection,
    Runtime,
)
from pyorpc.wire.objref import unpack
from tests.conformance.test_lif import Death, ask, hold, holder
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime, two_threads_near
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
KINDS = pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])


class Patient(Probe):
    """Its Echo answers when the test lets it."""

    def Echo(self, text: str) -> str:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return text


@KINDS
def test_LIF_02_a_holder_that_leaves_in_order_releases_at_once(spawn: Spawn, kind: COINIT) -> None:
    with in_apartment(MTA) as runtime:  # 120 s: no ping plays a part
        probe = Probe()
        death = Death(probe)
        child = holder(spawn, probe)
        other = holder(spawn, probe)
        del probe
        child.send("end")
        assert child.join() == 0
        assert ask(other, "call") == 2
        assert not death.has_come.is_set()
        other.send("end")
        assert other.join() == 0
        assert death.has_come.wait(2)
        assert runtime.exporter.managers() == []


def hold_some(test: Parent, packets: list[bytes], period_s: float) -> None:
    """In a child: take packets and let go of them as told, and say what answers."""
    held: dict[int, IProbe] = {}
    with in_apartment(MTA, ping_period_s=period_s):
        while (order := test.receive(300)) != "end":
            action: str = order[0]
            number: int = order[1]
            if action == "take":
                held[number] = pyorpc.unmarshal_interface(packets[number], IProbe)
            elif action == "release":
                pyorpc.release(held.pop(number))
            test.send([held[each].Add(each, 0) for each in sorted(held)])


def pass_time(seconds: float) -> None:
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end, "the time passes")


def test_LIF_05_objects_come_and_go_between_pings(spawn: Spawn) -> None:
    period_s = 0.1
    with in_apartment(MTA, ping_period_s=period_s):
        before = alive()
        probes = [Probe() for _ in range(4)]
        packets = [pyorpc.marshal_interface(probe, IProbe) for probe in probes]
        probes.clear()
        child = spawn(hold_some, packets, period_s)
        steps: list[tuple[list[Any], list[int], int]] = [
            (["take", 0], [0], 4),
            (["take", 1], [0, 1], 4),
            (["release", 0], [1], 3),
            (["take", 2], [1, 2], 3),
            (["take", 3], [1, 2, 3], 3),
            (["release", 2], [1, 3], 2),
        ]
        for order, answers, count in steps:
            assert ask(child, order) == answers  # type: ignore[arg-type]
            assert alive() == before + count
            pass_time(4 * period_s)
            assert alive() == before + count
        child.send("end")
        assert child.join() == 0
        wait_until(lambda: alive() == before, "the rest is released")


def test_LIF_03_a_release_during_a_call_waits_for_nobody_and_the_call_returns() -> None:
    with two_threads_near() as (far, other):
        patient = Patient()
        death = Death(patient)
        started, may_go_on = patient.started, patient.may_go_on
        made: list[Probe] = [patient]
        del patient
        packet = far.thread.run(lambda: pyorpc.marshal_interface(made.pop(), IProbe))
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        task = other.begin(pointer.Echo, "mine")
        assert started.wait(DEADLINE_S)
        assert pyorpc.release(pointer) == 0
        assert not death.has_come.is_set()
        may_go_on.set()
        assert task.join() == "mine"
        assert death.has_come.wait(DEADLINE_S)


@pytest.mark.parametrize("by_hand", [False, True])
def test_LIF_08_a_running_call_keeps_its_result_and_the_object_is_a_new_one(by_hand: bool) -> None:
    """Disconnected, or over-released, in the middle of a call."""
    with two_threads_near() as (far, client):
        patient = far.probe = Patient()
        packet = far.packet()
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        task = client.begin(pointer.Echo, "kept")
        assert patient.started.wait(DEADLINE_S)
        if by_hand:
            unknown = pyorpc.remote_unknown(pointer)
            unknown.RemRelease([REMINTERFACEREF(unpack(packet).ipid, 99, 0)])
        else:
            assert far.thread.run(pyorpc.disconnect_object, patient) == HRESULT.S_OK
        # Ruling R-7: while the disconnect drains, and afterwards.
        draining = HRESULT.RPC_E_DISCONNECTED if by_hand else HRESULT.CO_E_OBJNOTCONNECTED
        assert failure_of(pointer) == (draining, "no")
        again = far.packet()
        assert unpack(again).oid != unpack(packet).oid
        fresh = pyorpc.unmarshal_interface(again, IProbe)
        assert fresh.Add(1, 2) == 3
        patient.may_go_on.set()
        assert task.join() == "kept"
        wait_until(lambda: len(far.runtime.exporter.managers()) == 1, "the old one is gone")
        assert failure_of(pointer) == (HRESULT.RPC_E_DISCONNECTED, "no")
        assert pyorpc.release(pointer) == 0
        assert fresh.Add(1, 2) == 3


def failure_of(pointer: IProbe) -> tuple[HRESULT, str]:
    with pytest.raises(ComError) as failed:
        pointer.Add(1, 2)
    return failed.value.hresult, failed.value.executed


def test_LIF_08_an_object_disconnects_itself_in_its_own_call() -> None:
    class Quitter(Probe):
        def Echo(self, text: str) -> str:
            assert pyorpc.disconnect_object(self) == HRESULT.S_OK
            return text

    for kind in (STA, MTA):
        with FarRuntime(kind, Quitter()) as far, in_apartment(STA):
            pointer = far.pointer()
            assert pointer.Echo("farewell") == "farewell"
            wait_until(lambda: far.objects() == 0, "it is gone")
            assert failure_of(pointer) == (HRESULT.RPC_E_DISCONNECTED, "no")


@KINDS
def test_LIF_08_a_disconnect_from_another_apartment(kind: COINIT) -> None:
    """It takes the object from its clients, and lets go of it, wherever it is said."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, kind) as other,
        in_apartment(MTA),
    ):
        probe = Probe()
        pointer = pyorpc.unmarshal_interface(
            home.run(pyorpc.marshal_interface, probe, IProbe), IProbe
        )
        assert pointer.Add(1, 2) == 3
        assert other.run(pyorpc.disconnect_object, probe) == HRESULT.S_OK
        wait_until(lambda: not runtime.exporter.managers(), "it is let go of")
        assert failure_of(pointer) == (HRESULT.RPC_E_DISCONNECTED, "no")
        assert pyorpc.release(pointer) == 0


@KINDS
def test_LIF_09_locked_objects_are_disconnected_and_unlocked_afterwards(kind: COINIT) -> None:
    with in_apartment(kind) as runtime:
        probe = Probe()
        for _ in range(3):
            pyorpc.lock_object_external(probe, True)
        packet = pyorpc.marshal_interface(probe, IProbe)
        assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
        wait_until(lambda: not runtime.exporter.managers(), "nothing keeps it")
        for _ in range(3):
            assert pyorpc.lock_object_external(probe, False, True) == HRESULT.S_OK
        with pytest.raises(ComError) as gone:
            pyorpc.unmarshal_interface(packet, IProbe)
        assert gone.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        # One unlock too many does not undo a lock that comes later.
        pyorpc.lock_object_external(probe, True)
        assert len(runtime.exporter.managers()) == 1
        pyorpc.lock_object_external(probe, False)
        wait_until(lambda: not runtime.exporter.managers(), "the lock is undone")


def test_LIF_09_locks_of_several_threads_are_counted_together() -> None:
    with in_apartment(MTA) as runtime:
        probe = Probe()
        death = Death(probe)
        threads, rounds = 4, 50
        barrier = threading.Barrier(threads)
        errors: list[BaseException] = []

        def work(lock_first: bool, target: Probe) -> None:
            try:
                with runtime.enter_apartment(MTA):
                    barrier.wait(DEADLINE_S)
                    for _ in range(rounds):
                        pyorpc.lock_object_external(target, lock_first)
                        pyorpc.lock_object_external(target, not lock_first)
            except BaseException as error:  # raised again below
                errors.append(error)

        pyorpc.lock_object_external(probe, True)
        workers = [threading.Thread(target=work, args=(True, probe)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(DEADLINE_S)
        assert errors == []
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        assert (manager.locks, manager.strong_packets) == (1, 1)
        del work, workers, manager
        pyorpc.lock_object_external(probe, False)
        assert runtime.exporter.manager_of(probe) is None
        del probe
        assert death.has_come.wait(DEADLINE_S)


def test_LIF_09_a_lock_survives_the_clients(spawn: Spawn) -> None:
    with in_apartment(MTA, ping_period_s=0.2):
        probe = Probe()
        death = Death(probe)
        pyorpc.lock_object_external(probe, True)
        child = holder(spawn, probe, 0.2)
        assert ask(child, "release") == 0
        second = holder(spawn, probe, 0.2)
        second.kill9()
        child.send("end")
        held = [probe]
        del probe
        third = spawn(hold, pyorpc.marshal_interface(held[0], IProbe), 0.2)
        assert third.receive() == "holding"
        assert ask(third, "call") == 2
        assert not death.has_come.is_set()
        third.send("end")
        assert third.join() == 0
        pyorpc.lock_object_external(held.pop(), False)
        assert death.has_come.wait(DEADLINE_S)


class Connected(Probe, IExternalConnection):
    """Notes what it is told of its connections."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def AddConnection(self, extconn: int, reserved: int) -> int:
        self.told.append(("add", extconn))
        return 1

    def ReleaseConnection(self, extconn: int, reserved: int, last_release_closes: bool) -> int:
        self.told.append(("release", extconn, last_release_closes))
        return 0


@KINDS
@pytest.mark.parametrize("closes", [False, True])
def test_LIF_10_an_object_that_counts_its_connections_keeps_its_weak_packets(
    kind: COINIT, closes: bool
) -> None:
    with in_apartment(kind) as runtime:
        probe = Connected()
        weak = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLEWEAK)
        probe.told.clear()
        for _ in range(2):
            pyorpc.lock_object_external(probe, True)
        assert probe.told == [("add", EXTCONN.STRONG)]
        pyorpc.lock_object_external(probe, False, closes)
        assert probe.told == [("add", EXTCONN.STRONG)]
        pyorpc.lock_object_external(probe, False, closes)
        wait_until(lambda: len(probe.told) == 2, "it is told")
        assert probe.told[1] == ("release", EXTCONN.STRONG, closes)
        assert runtime.exporter.manager_of(probe) is not None
        assert pyorpc.unmarshal_interface(weak, IProbe) is probe


def test_LIF_10_clients_locks_and_packets_are_one_connection(spawn: Spawn) -> None:
    with in_apartment(MTA):
        probe = Connected()
        child = holder(spawn, probe)
        second = holder(spawn, probe)
        pyorpc.lock_object_external(probe, True)
        second.kill9()
        assert ask(child, "release") == 0
        child.send("end")
        assert child.join() == 0
        assert probe.told == [("add", EXTCONN.STRONG)]
        pyorpc.lock_object_external(probe, False, True)
        wait_until(lambda: probe.told[1:] == [("release", EXTCONN.STRONG, True)], "it is told")
