"""Both sides of a call have one key, by which they can be found in two processes' answers."""

from __future__ import annotations

import pyorpc
from pyorpc import COINIT
from pyorpc.remoting.call_sight import INCOMING, OUTGOING, calls_seen
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Waiter(Probe):
    """Sleeps until it may go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def test_of_a_call_to_another_process_each_process_has_one_side() -> None:
    waiter = Waiter()
    with FarRuntime(STA, waiter) as far, in_apartment(MTA) as near:
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(1)
        assert waiter.started.wait(DEADLINE_S)
        (made,), (got,) = calls_seen(near.resolver), calls_seen(far.runtime.resolver)
        assert (made.direction, got.direction) == (OUTGOING, INCOMING)
        assert (made.caller, made.call_id) == (got.caller, got.call_id)
        assert made.caller == near.identity.process_id == got.peer_id
        assert made.peer_id == far.runtime.identity.process_id
        assert made.causality == got.causality
        assert made.oxid == got.oxid != ""
        waiter.may_go_on.set()
        call.Finish_Sleep()


def test_of_a_call_inside_a_process_both_sides_are_there() -> None:
    waiter = Waiter()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, waiter) as far:
        call = pyorpc.create_call(pyorpc.unmarshal_interface(far.packet, IProbe), AsyncIProbe)
        call.Begin_Sleep(1)
        assert waiter.started.wait(DEADLINE_S)
        made, got = calls_seen(runtime.resolver)
        assert (made.caller, made.call_id) == (got.caller, got.call_id)
        assert made.peer == got.peer == ""
        assert made.peer_pid == got.peer_pid == runtime.identity.pid
        waiter.may_go_on.set()
        call.Finish_Sleep()
