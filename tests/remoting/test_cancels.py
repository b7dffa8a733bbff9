"""What cancels leave behind, and who waits for whom: nothing, and nobody for longer than needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, CallCanceledError
from pyorpc.functions.calls import cancel_object_of
from pyorpc.remoting.call_object import CallObject
from pyorpc.remoting.mta_lines import MtaLines
from pyorpc.remoting.remote_incoming_call import RemoteIncomingCall
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def cancel(call: AsyncIProbe, seconds: float) -> HRESULT:
    assert isinstance(call, CallObject)
    return cancel_object_of(call).Cancel(seconds)


class Patient(Probe):
    """Its Sleep lasts until the test lets it go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def test_a_cancel_that_crosses_the_answer_is_not_remembered_for_ever() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(MTA):
        probe = far.pointer()
        call = pyorpc.create_call(probe, AsyncIProbe)
        with Gate.before(MtaLines, "late_reply") as unread:
            call.Begin_Sleep(1)
            assert patient.started.wait(DEADLINE_S)
            with Gate.before(far.runtime.resolver.cancels, "received") as received:
                assert cancel(call, 0) == HRESULT.S_OK
                received.wait_until_reached()  # 1. the cancel is about to be read
                patient.may_go_on.set()  # 2. the method returns, its answer leaves
                unread.wait_until_reached()  # 3. and is about to be read
                received.open()
                wait_until(lambda: far.runtime.table.early_cancels, "the cancel is remembered")
            unread.open()  # 4. the caller sees the answer, so there will be no request
        wait_until(lambda: far.runtime.table.early_cancels == {}, "it is forgotten")
        with pytest.raises(CallCanceledError):
            call.Finish_Sleep()


def test_what_a_dead_process_has_cancelled_is_forgotten() -> None:
    with FarRuntime(MTA) as far:
        with in_apartment(MTA) as near:
            assert far.pointer().Add(1, 2) == 3
            dead = near.resolver.identity.process_id
            far.runtime.table.remember_cancel((dead, 1_000_000))
            far.runtime.table.remember_cancel(("somebody else", 1))
        wait_until(
            lambda: list(far.runtime.table.early_cancels) == [("somebody else", 1)],
            "its end is noticed",
        )


def test_who_gives_a_queued_call_time_learns_at_once_that_it_never_starts() -> None:
    with FarRuntime(MTA) as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        # The call is known there, and does not start for as long as the gate is shut.
        with Gate.before(RemoteIncomingCall, "run") as gate:
            call.Begin_Echo("never")
            gate.wait_until_reached()
            begun = time.monotonic()
            assert cancel(call, DEADLINE_S) == HRESULT.S_OK
            assert time.monotonic() - begun < 2
            with pytest.raises(CallCanceledError) as cancelled:
                call.Finish_Echo()
            assert (cancelled.value.executed, cancelled.value.outcome) == ("no", "not started")
            gate.open()
        wait_until(lambda: far.runtime.table.incoming == {}, "it is answered all the same")
        assert far.probe.log == []


def test_of_two_who_cancel_at_once_one_is_told_that_it_came_second() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(MTA) as near:
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        codes: list[HRESULT] = []
        barrier = threading.Barrier(2)

        def go() -> None:
            with near.enter_apartment(MTA):
                barrier.wait(DEADLINE_S)
                codes.append(canceller.Cancel(0))

        assert isinstance(call, CallObject)
        canceller = cancel_object_of(call)
        threads = [threading.Thread(target=go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert sorted(codes) == [HRESULT.S_OK, HRESULT.RPC_E_CALL_CANCELED]
        patient.may_go_on.set()
        with pytest.raises(CallCanceledError):
            call.Finish_Sleep()


# ---- what becomes known later ---------------------------------------------------------------


@pytest.mark.parametrize("caller", [STA, MTA])
def test_an_error_that_knew_nothing_learns_that_its_call_never_starts(caller: COINIT) -> None:
    patient, mine = Patient(), Probe()
    with FarRuntime(STA, patient) as far, in_apartment(caller) as near:
        probe = far.pointer()
        busy = pyorpc.create_call(probe, AsyncIProbe)
        busy.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Hold(mine)
        assert cancel(call, 0) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as raised:
            call.Finish_Hold()
        assert (raised.value.executed, raised.value.outcome) == ("unknown", "unknown")
        wait_until(far.has_cancelled_calls, "its callee knows")
        patient.may_go_on.set()
        busy.Finish_Sleep()

        def is_released() -> bool:
            if caller is STA:
                pyorpc.pump_waiting_messages()
            return near.exporter.manager_of(mine) is None

        wait_until(is_released, "its argument came back, once")
        assert (raised.value.executed, raised.value.outcome) == ("no", "not started")
        assert patient.held is None


def test_an_error_that_knew_nothing_learns_that_its_method_returned() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        assert cancel(call, 0) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as raised:
            call.Finish_Sleep()
        assert (raised.value.executed, raised.value.outcome) == ("unknown", "unknown")
        patient.may_go_on.set()
        wait_until(lambda: raised.value.outcome == "finished anyway", "it is told")
        assert raised.value.executed == "yes"


class Obedient(Patient):
    def Sleep(self, seconds: float) -> None:
        super().Sleep(seconds)
        if seconds:
            raise CallCanceledError(HRESULT.RPC_E_CALL_CANCELED, "seen")


def learns_whether_it_has_stopped(
    obedient: Obedient, probe: IProbe, has_come: Callable[[], bool] = lambda: True
) -> None:
    for seconds, outcome in ((0, "finished anyway"), (1, "stopped")):
        obedient.started.clear()
        obedient.may_go_on.clear()
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Sleep(seconds)
        assert obedient.started.wait(DEADLINE_S)
        assert cancel(call, 0) == HRESULT.S_OK
        with pytest.raises(CallCanceledError) as raised:
            call.Finish_Sleep()
        assert (raised.value.executed, raised.value.outcome) == ("unknown", "unknown")
        wait_until(has_come, "the cancel is there")
        obedient.may_go_on.set()
        wait_until(lambda raised=raised: raised.value.outcome != "unknown", "it is told")  # type: ignore[misc]
        assert (raised.value.executed, raised.value.outcome) == ("yes", outcome)


def test_in_one_process_it_learns_whether_the_method_has_stopped() -> None:
    obedient = Obedient()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, obedient) as thread:
        learns_whether_it_has_stopped(obedient, pyorpc.unmarshal_interface(thread.packet, IProbe))


def test_so_it_does_of_another_process() -> None:
    obedient = Obedient()
    with FarRuntime(STA, obedient) as far, in_apartment(MTA):
        learns_whether_it_has_stopped(obedient, far.pointer(), far.has_cancelled_calls)
