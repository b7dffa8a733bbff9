"""A caller of the MTA that goes on without its reply: who reads that, and what becomes of it."""

from __future__ import annotations

import threading

import pytest

import pyorpc
from pyorpc import COINIT, CallTimeoutError
from pyorpc.remoting.mta_lines import MtaLines
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

MTA = COINIT.MULTITHREADED


class Slow(Probe):
    """Its methods last until the test lets them go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)

    def Make(self) -> Probe | None:
        made = Probe()
        self.Sleep(0)
        return made


def give_up_on(slow: Slow, far: FarRuntime, method: str) -> IProbe:
    probe = far.pointer()
    with pytest.raises(CallTimeoutError), pyorpc.deadline(0.2):
        getattr(probe, method)(*([0] if method == "Sleep" else []))
    assert slow.started.is_set()
    return probe


def test_it_is_read_although_nobody_calls_any_more() -> None:
    slow = Slow()
    with FarRuntime(MTA, slow) as far, in_apartment(MTA) as near:
        give_up_on(slow, far, "Sleep")
        assert near.table.abandoned != {}
        slow.may_go_on.set()
        wait_until(lambda: near.table.abandoned == {}, "the late reply was read")


def test_references_in_it_are_released() -> None:
    slow = Slow()
    with FarRuntime(MTA, slow) as far, in_apartment(MTA) as near:
        probe = give_up_on(slow, far, "Make")
        slow.may_go_on.set()
        wait_until(lambda: near.table.abandoned == {}, "the late reply was read")
        wait_until(lambda: far.objects() == 1, "what it made is released")
        assert probe.Add(1, 2) == 3


def test_its_connection_serves_the_next_caller_afterwards() -> None:
    slow = Slow()
    with FarRuntime(MTA, slow) as far, in_apartment(MTA) as near:
        give_up_on(slow, far, "Sleep")
        [lines] = [each for each in near.all_lines() if isinstance(each, MtaLines)]
        before = len(lines.all_lines())
        slow.may_go_on.set()
        wait_until(lambda: near.table.abandoned == {}, "the late reply was read")
        # Read to its end, on the housekeeping thread; then that gives it back.
        turn = threading.Event()
        near.housekeeping.post(turn.set)
        assert turn.wait(DEADLINE_S)
        assert far.pointer().Add(1, 2) == 3
        assert len(lines.all_lines()) == before


def test_a_callee_that_ends_first_leaves_nothing_to_wait_for() -> None:
    slow = Slow()
    with in_apartment(MTA) as near:
        with FarRuntime(MTA, slow, grace_s=0.1) as far:
            give_up_on(slow, far, "Sleep")
            far.runtime.close()
            slow.may_go_on.set()
        wait_until(lambda: near.table.abandoned == {}, "the end of the link is noticed")


def test_a_runtime_that_is_closed_meanwhile_does_not_wait_for_it() -> None:
    slow = Slow()
    with FarRuntime(MTA, slow) as far:
        with in_apartment(MTA):
            give_up_on(slow, far, "Sleep")
        slow.may_go_on.set()
