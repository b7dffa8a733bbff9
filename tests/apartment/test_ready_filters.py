"""The filters that ship: what they answer, and that they do what they are for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import pyorpc
from pyorpc import (
    HRESULT,
    INTERFACEINFO,
    SERVERCALL,
    AdmittingFilter,
    ComError,
    RetryingFilter,
    Runtime,
)
from pyorpc.enumerations import CALLTYPE, COINIT
from tests.support.apartment_thread import ApartmentThread
from tests.support.filters import ScriptedFilter, register
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S

STA = COINIT.APARTMENTTHREADED
INFO = INTERFACEINFO(None, IProbe.IID, 3)


@pytest.mark.parametrize("call_type", CALLTYPE)
def test_the_admitting_one_lets_everything_in(call_type: CALLTYPE) -> None:
    assert AdmittingFilter().HandleInComingCall(call_type, 0, 0, INFO) == SERVERCALL.ISHANDLED


def test_the_retrying_one_waits_longer_and_longer_then_gives_up() -> None:
    patient = RetryingFilter(first_ms=100, longest_ms=1_000, give_up_after_s=5)
    for ticks, low, high in (
        (0, 100, 125),
        (100, 100, 125),
        (400, 400, 500),
        (4_000, 1_000, 1_250),
    ):
        assert low <= patient.RetryRejectedCall(0, ticks, SERVERCALL.RETRYLATER) <= high
    assert patient.RetryRejectedCall(0, 5_000, SERVERCALL.RETRYLATER) == -1
    assert patient.RetryRejectedCall(0, 0, SERVERCALL.REJECTED) == -1


class Patient(AdmittingFilter, RetryingFilter):
    """Both."""


def test_a_busy_callee_is_tried_again_until_it_takes_the_call() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as caller,
        ApartmentThread(runtime, STA) as callee,
    ):
        busy = ScriptedFilter(handle=(SERVERCALL.RETRYLATER,) * 2 + (SERVERCALL.ISHANDLED,))
        callee.run(register, busy)
        packet = callee.run(pyorpc.marshal_interface, Probe(), IProbe)
        pointer = caller.run(pyorpc.unmarshal_interface, packet, IProbe)
        caller.run(register, Patient(first_ms=100))
        begun = time.monotonic()
        assert caller.run(pointer.Add, 1, 2) == 3
        assert time.monotonic() - begun >= 0.2
        assert len(busy.asked["handle"]) == 3


def crossing(pointer: IProbe, start: threading.Barrier) -> Callable[[], int]:
    def call() -> int:
        start.wait(DEADLINE_S)
        return pointer.Add(1, 2)

    return call


def test_two_stas_that_call_each_other_at_once_do_not_deadlock() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        packets = [each.run(pyorpc.marshal_interface, Probe(), IProbe) for each in (a, b)]
        to_b = a.run(pyorpc.unmarshal_interface, packets[1], IProbe)
        to_a = b.run(pyorpc.unmarshal_interface, packets[0], IProbe)
        for each in (a, b):
            each.run(register, AdmittingFilter())
        for _ in range(50):
            start = threading.Barrier(2)
            tasks = [a.begin(crossing(to_b, start)), b.begin(crossing(to_a, start))]
            assert [task.join() for task in tasks] == [3, 3]


def test_the_retrying_one_gives_up_with_call_rejected() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as caller,
        ApartmentThread(runtime, STA) as callee,
    ):
        callee.run(register, ScriptedFilter(handle=(SERVERCALL.RETRYLATER,)))
        packet = callee.run(pyorpc.marshal_interface, Probe(), IProbe)
        pointer = caller.run(pyorpc.unmarshal_interface, packet, IProbe)
        caller.run(register, RetryingFilter(first_ms=100, give_up_after_s=0.2))
        with pytest.raises(ComError, match="gave up after") as failed:
            caller.run(pointer.Add, 1, 2)
        assert failed.value.hresult == HRESULT.RPC_E_CALL_REJECTED
        caller.run(pyorpc.release, pointer)
