"""A call that did not start gives the references in its arguments back, however it failed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import pyorpc
from pyorpc import COINIT, ComError
from tests.conftest import Spawn
from tests.support.probe import Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def refuse(call: Callable[[], object]) -> None:
    with pytest.raises(ComError) as refused:
        call()
    assert refused.value.executed == "no"


def test_wrong_argument_wrong_thread_busy_object_and_gone_object_leak_nothing() -> None:
    with in_apartment(MTA) as runtime:
        with ProbeThread(runtime, STA) as far:
            before = alive()
            probe = pyorpc.unmarshal_interface(far.packet, IProbe)
            refuse(lambda: probe.Descend(Probe(), 2**40))
            call = pyorpc.create_call(probe, AsyncIProbe)
            call.Begin_Add(1, 2)
            refuse(lambda: call.Begin_Hold(Probe()))
            assert call.Finish_Add() == 3

            def elsewhere() -> None:
                with runtime.enter_apartment(STA):
                    refuse(lambda: probe.Hold(Probe()))

            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join(DEADLINE_S)
            wait_until(lambda: alive() == before, "refused calls keep nothing")
        refuse(lambda: probe.Hold(Probe()))
        del far
        wait_until(lambda: alive() < before, "nor does a call to an object that is gone")


def test_a_call_to_a_dead_process_leaks_nothing(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        assert probe.Add(1, 2) == 3
        before = alive()
        # One more on its way when the process dies: sent, perhaps not even read, never claimed.
        call = pyorpc.create_call(probe, AsyncIProbe)
        child.stop()
        call.Begin_Hold(Probe())
        child.kill9()
        with pytest.raises(pyorpc.DisconnectedError):
            call.Finish_Hold()

        def is_known_dead() -> bool:
            try:
                probe.Add(1, 2)
            except ComError as error:
                return error.executed == "no"
            return False

        wait_until(is_known_dead, "the death is known")
        refuse(lambda: probe.Hold(Probe()))
        wait_until(lambda: alive() == before, "calls to a dead process keep nothing")
