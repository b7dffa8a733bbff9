"""Cancelling: what it tells is true, whichever of the call and the cancel is first."""

from __future__ import annotations

import gc
import threading

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, CallCanceledError
from pyorpc.functions.calls import CancelObject, cancel_object_of
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.stub_manager import StubManager
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def canceller(call: AsyncIProbe) -> CancelObject:
    assert isinstance(call, CallObject)
    return cancel_object_of(call)


class Patient(Probe):
    """Its Sleep lasts until the test lets it go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def test_a_cancel_just_before_the_start_keeps_the_method_from_running() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        with Gate.before(StubManager, "enter") as gate:
            call.Begin_Echo("never")
            gate.wait_until_reached()  # 1. the thread has taken it up
            assert canceller(call).Cancel(0) == HRESULT.S_OK  # 2. it is cancelled
            gate.open()  # 3. it would start
            with pytest.raises(CallCanceledError) as cancelled:
                call.Finish_Echo()
        assert (cancelled.value.executed, cancelled.value.outcome) == ("no", "not started")
        pyorpc.send_work(far.ident, lambda: None)
        assert far.probe.log == []


def test_a_cancel_just_after_the_start_does_not_say_not_started() -> None:
    patient = Patient()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, patient) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        assert canceller(call).Cancel(0) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as cancelled:
            call.Finish_Sleep()
        assert (cancelled.value.executed, cancelled.value.outcome) == ("unknown", "unknown")
        patient.may_go_on.set()


def test_a_queued_call_in_another_process_is_told_of_as_not_started() -> None:
    patient = Patient()
    with FarRuntime(STA, patient) as far, in_apartment(MTA):
        probe = far.pointer()
        running, queued = (pyorpc.create_call(probe, AsyncIProbe) for _ in range(2))
        running.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        queued.Begin_Echo("never")
        wait_until(lambda: len(far.runtime.table.incoming) == 1, "one runs")
        # Both are in the far STA's hands: one runs, one waits unread or queued.
        cancel = canceller(queued)
        patient_go_on = threading.Timer(0.2, patient.may_go_on.set)
        patient_go_on.start()
        assert cancel.Cancel(5) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as cancelled:
            queued.Finish_Echo()
        assert (cancelled.value.executed, cancelled.value.outcome) == ("no", "not started")
        running.Finish_Sleep()
        patient_go_on.join()
        assert patient.log == []


def test_a_cancel_that_overtakes_its_request_keeps_it_from_starting() -> None:
    with FarRuntime(MTA) as far, in_apartment(MTA):
        probe = far.pointer()
        assert probe.Add(1, 2) == 3
        dispatcher = far.runtime.dispatcher
        call = pyorpc.create_call(probe, AsyncIProbe)
        with Gate.before(dispatcher, "request") as gate:
            call.Begin_Echo("never")
            gate.wait_until_reached()  # 1. the request is about to be read
            cancel = canceller(call)
            assert cancel.Cancel(0) == HRESULT.S_OK  # 2. the cancel comes over the process link
            wait_until(lambda: far.runtime.table.early_cancels, "it is remembered")
            gate.open()  # 3. the request is read
            with pytest.raises(CallCanceledError):
                call.Finish_Echo()
        wait_until(lambda: far.runtime.table.early_cancels == {}, "it was used")
        wait_until(lambda: far.runtime.table.incoming == {}, "the call is answered")
        assert far.probe.log == []


def test_a_request_that_arrives_while_its_cancel_is_being_remembered_is_cancelled() -> None:
    with FarRuntime(MTA) as far, in_apartment(MTA):
        probe = far.pointer()
        assert probe.Add(1, 2) == 3
        call = pyorpc.create_call(probe, AsyncIProbe)
        with (
            Gate.before(far.runtime.dispatcher, "request") as request,
            Gate.before(CallTable, "remember_cancel") as remembering,
        ):
            call.Begin_UntilCancelled(5)
            request.wait_until_reached()
            assert canceller(call).Cancel(0) == HRESULT.S_OK
            remembering.wait_until_reached()  # 1. the cancel found no such call
            request.open()  # 2. the call is entered, finds no cancel and starts
            assert far.probe.started.wait(DEADLINE_S)
            remembering.open()  # 3. the cancel is remembered
            wait_until(lambda: far.probe.log == ["cancelled"], "the method sees it all the same")
        assert far.runtime.table.early_cancels == {}
        with pytest.raises(CallCanceledError):
            call.Finish_UntilCancelled()


@pytest.mark.parametrize("callee", [STA, MTA])
def test_a_result_that_comes_after_the_cancel_leaves_no_reference(callee: COINIT) -> None:
    class Slow(Probe):
        def Make(self) -> IProbe | None:
            self.started.set()
            assert self.may_go_on.wait(DEADLINE_S)
            return Probe()

    slow = Slow()
    with FarRuntime(callee, slow) as far, in_apartment(MTA) as near:
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Make()
        assert slow.started.wait(DEADLINE_S)
        assert canceller(call).Cancel(0) == HRESULT.S_OK
        with pytest.raises(CallCanceledError):
            call.Finish_Make()
        slow.may_go_on.set()
        wait_until(lambda: far.runtime.table.incoming == {}, "the method has returned")
        wait_until(lambda: near.table.abandoned == {}, "the late reply was read")
        del call
        gc.collect()  # the failed call and its error know each other
        wait_until(lambda: far.objects() == 0, "what it made is released")


def test_a_result_inside_the_process_that_comes_after_the_cancel_leaves_no_reference() -> None:
    class Slow(Probe):
        def Make(self) -> IProbe | None:
            self.started.set()
            assert self.may_go_on.wait(DEADLINE_S)
            return Probe()

    slow = Slow()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, slow) as far:
        call = pyorpc.create_call(pyorpc.unmarshal_interface(far.packet, IProbe), AsyncIProbe)
        call.Begin_Make()
        assert slow.started.wait(DEADLINE_S)
        assert canceller(call).Cancel(0) == HRESULT.S_OK
        slow.may_go_on.set()
        with pytest.raises(CallCanceledError):
            call.Finish_Make()
        assert runtime.table.abandoned == {}
        wait_until(lambda: len(runtime.exporter.managers()) == 1, "what it made is released")


def test_a_call_that_is_over_cannot_be_cancelled() -> None:
    with FarRuntime(MTA) as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        with pytest.raises(pyorpc.ComError) as none:
            canceller(call)
        assert none.value.hresult == HRESULT.RPC_E_CALL_COMPLETE
        call.Begin_Add(1, 2)
        cancel = canceller(call)
        assert call.Finish_Add() == 3
        assert cancel.Cancel(0) == HRESULT.RPC_E_CALL_COMPLETE


def test_a_thread_that_is_not_waiting_any_more_takes_no_harm_from_a_late_cancel() -> None:
    with FarRuntime(MTA) as far, in_apartment(MTA) as near, ApartmentThread(near, MTA) as other:
        patient = Patient()
        packet = far.packet(patient)

        def call() -> None:
            pyorpc.enable_call_cancellation()
            pyorpc.unmarshal_interface(packet, IProbe).Sleep(1)

        task = other.begin(call)
        assert patient.started.wait(DEADLINE_S)
        cancel = pyorpc.get_cancel_object(other.ident)
        patient.may_go_on.set()
        task.join()
        assert cancel.Cancel(1) == HRESULT.RPC_E_CALL_COMPLETE
        assert other.run(far_add, far.packet()) == 3


def far_add(packet: bytes) -> int:
    return pyorpc.unmarshal_interface(packet, IProbe).Add(1, 2)


def test_test_cancel_outside_a_call_says_that_there_is_none() -> None:
    assert pyorpc.test_cancel() == HRESULT.RPC_E_CALL_COMPLETE
