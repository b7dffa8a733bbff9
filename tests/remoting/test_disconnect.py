"""Disconnecting objects, with calls that enter, leave and release at the worst moment."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.disconnect import Disconnection
from pyorpc.remoting.in_process_wait import waker_of
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.remoting.stub_state import StubState
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Patient(Probe):
    """Its Sleep lasts until the test lets it go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def disconnect(far: FarRuntime, manager: StubManager | None = None) -> Disconnection:
    manager = manager or far.runtime.exporter.manager_of(far.probe)
    assert manager is not None
    return Disconnection(far.runtime.exporter, lambda: [manager], waker_of(thread_state()))


def test_nothing_to_disconnect_is_done_at_once() -> None:
    with FarRuntime() as far:
        assert Disconnection(far.runtime.exporter, list, waker_of(thread_state())).is_done


def test_a_call_that_enters_just_before_keeps_the_object_until_it_leaves() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(STA):
        pointer = far.pointer()
        call = pyorpc.create_call(pointer, AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)  # 1. it is inside
        ending = far.thread.run(disconnect, far)  # 2. the object is disconnected
        assert not ending.is_done
        with pytest.raises(pyorpc.DisconnectedError) as draining:
            pointer.Add(1, 2)
        assert draining.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        patient.may_go_on.set()  # 3. the call leaves
        call.Finish_Sleep()
        wait_until(lambda: ending.is_done, "the last call has left")
        with pytest.raises(pyorpc.DisconnectedError) as gone:
            pointer.Add(1, 2)
        assert gone.value.hresult == HRESULT.RPC_E_DISCONNECTED


def test_a_call_that_enters_just_after_is_refused() -> None:
    with FarRuntime() as far, in_apartment(STA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        with Gate.before(StubManager, "enter") as gate:
            call.Begin_Echo("never")
            gate.wait_until_reached()  # 1. the call is on the object's thread
            ending = far.thread.run(disconnect, far)  # 2. the object is disconnected
            gate.open()  # 3. the call enters
            with pytest.raises(pyorpc.DisconnectedError) as refused:
                call.Finish_Echo()
        assert refused.value.executed == "no"
        wait_until(lambda: ending.is_done, "nothing was inside")
        assert far.probe.log == []


def test_the_last_client_lets_go_while_the_disconnection_waits_for_its_call() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(MTA):
        pointer = far.pointer()
        call = pyorpc.create_call(pointer, AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        manager = far.runtime.exporter.manager_of(patient)
        assert manager is not None
        ending = far.thread.run(disconnect, far)
        far.runtime.exporter.retire(manager)  # as when the holder's process dies
        assert not ending.is_done
        patient.may_go_on.set()
        call.Finish_Sleep()
        wait_until(lambda: ending.is_done, "it is told all the same")
        wait_until(lambda: manager.target is None, "and the object is let go")


def test_two_disconnections_of_one_object_both_end() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        manager = far.runtime.exporter.manager_of(patient)
        first = far.thread.run(disconnect, far, manager)
        second = far.thread.run(disconnect, far, manager)
        assert not first.is_done
        assert not second.is_done
        patient.may_go_on.set()
        call.Finish_Sleep()
        wait_until(lambda: first.is_done and second.is_done, "both are told")


def test_an_object_that_disconnects_itself_finishes_its_own_call() -> None:
    class Suicidal(Probe):
        def Echo(self, text: str) -> str:
            assert pyorpc.disconnect_object(self) == HRESULT.S_OK
            return text

    with FarRuntime(MTA, Suicidal()) as far, in_apartment(STA):
        pointer = far.pointer()
        assert pointer.Echo("last words") == "last words"
        with pytest.raises(pyorpc.DisconnectedError):
            pointer.Echo("again")


def test_a_disconnected_object_is_in_no_table_and_may_come_back() -> None:
    with FarRuntime(STA) as far, in_apartment(STA), ApartmentThread(far.runtime, MTA):
        old = far.pointer()
        manager = far.runtime.exporter.manager_of(far.probe)
        assert manager is not None
        assert far.thread.run(pyorpc.disconnect_object, far.probe) == HRESULT.S_OK
        assert manager.state is StubState.DISCONNECTED
        assert far.runtime.exporter.manager_of(far.probe) is None
        fresh = far.pointer()
        assert fresh.Add(1, 2) == 3
        assert fresh != old


def test_an_object_is_marshaled_afresh_while_a_call_is_still_inside() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(STA):
        old = far.pointer()
        call = pyorpc.create_call(old, AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        ending = far.thread.run(disconnect, far)
        new = far.pointer()
        assert new != old
        assert new.Add(1, 2) == 3
        patient.may_go_on.set()
        call.Finish_Sleep()
        wait_until(lambda: ending.is_done, "the last call has left")
        assert new.Add(1, 2) == 3
        with pytest.raises(pyorpc.DisconnectedError):
            old.Add(1, 2)
