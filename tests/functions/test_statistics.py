"""statistics: counters of this process, as attributes and as items."""

from __future__ import annotations

import dataclasses
import time

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.far_runtime import FarRuntime
from tests.support.probe import ProbeThread, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_requests_are_counted_that_await_a_reply_and_no_releases() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        before = pyorpc.statistics().requests_sent
        assert pointer.QueryInterface(IProbeMore).Log() == ""
        after = pyorpc.statistics()
        assert after.requests_sent == before + 2
        assert after.calls_outgoing == after.calls_incoming == after.objects == 0
        assert after.peers == 1
        pyorpc.release(pointer)
        assert pyorpc.statistics().requests_sent == before + 2


def test_a_hand_off_wakes_threads_and_an_idle_process_hardly_wakes() -> None:
    with in_apartment(STA, deadlock_check_s=0) as runtime, ProbeThread(runtime, STA) as other:
        probe = pyorpc.unmarshal_interface(other.packet, IProbe)
        assert probe.Add(1, 2) == 3
        before = pyorpc.statistics().wakeups
        for _ in range(100):
            probe.Add(1, 2)
        assert (
            pyorpc.statistics().wakeups - before >= 100
        )  # the callee; the caller may find it done
        before = pyorpc.statistics().wakeups
        time.sleep(0.5)  # nothing happens: that is what is looked at
        assert pyorpc.statistics().wakeups - before <= 10


def test_they_are_items_too_and_a_record_that_does_not_change() -> None:
    with in_apartment(MTA):
        now = pyorpc.statistics()
        for field in dataclasses.fields(now):
            assert now[field.name] == getattr(now, field.name)
        with pytest.raises(KeyError):
            _ = now["nothing"]
        with pytest.raises(dataclasses.FrozenInstanceError):
            now.objects = 1  # type: ignore[misc]  # that is what is tested
    with pytest.raises(ComError) as outside:
        pyorpc.statistics()
    assert outside.value.hresult == HRESULT.CO_E_NOTINITIALIZED
