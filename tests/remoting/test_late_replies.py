"""A reply that comes after its caller was cancelled is read, though nobody calls there again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, Runtime
from pyorpc.remoting.mta_lines import MtaLines
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

MTA, STA = COINIT.MULTITHREADED, COINIT.APARTMENTTHREADED


class SlowMaker(Probe):
    """Makes an object once it is allowed to."""

    def Make(self) -> IProbe | None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return Probe()


def cancelled_make(near: Runtime, caller: ApartmentThread, far: FarRuntime) -> Task:
    """Have the caller's thread call Make, and cancel that once it runs."""

    def call() -> None:
        pyorpc.enable_call_cancellation()
        with pytest.raises(pyorpc.CallCanceledError):
            pyorpc.unmarshal_interface(packet, IProbe).Make()

    packet = far.packet()
    task = caller.begin(call)
    assert far.probe.started.wait(DEADLINE_S)
    with near.enter_apartment(MTA):
        assert pyorpc.cancel_call(caller.ident) == HRESULT.S_OK
    task.join()
    return task


def pool_of(near: Runtime) -> tuple[int, int]:
    """How many lines the MTA's pool has, and how many of them are free."""
    lines: Any = near.mta().lines
    assert isinstance(lines, MtaLines)
    return len(lines._leased), sum(map(len, lines._free.values()))


def test_a_late_reply_releases_what_it_holds_and_frees_its_line() -> None:
    with (
        FarRuntime(probe=SlowMaker()) as far,
        Runtime() as near,
        ApartmentThread(near, MTA) as caller,
    ):
        cancelled_make(near, caller, far)
        assert len(near.table.abandoned) == 1
        assert pool_of(near) == (1, 0), "a line whose reply is to come was lent out"
        far.probe.may_go_on.set()
        wait_until(lambda: not near.table.abandoned, "the late reply is read")
        wait_until(lambda: pool_of(near) == (1, 1), "its line is free again")
        wait_until(lambda: far.objects() <= 1, "the object in the reply is released")


def test_the_lines_of_many_late_replies_do_not_stay_open() -> None:
    with (
        FarRuntime(probe=SlowMaker()) as far,
        Runtime() as near,
        ApartmentThread(near, MTA) as caller,
    ):
        for _ in range(3):
            far.probe.started.clear()
            cancelled_make(near, caller, far)
        assert pool_of(near) == (3, 0)
        far.probe.may_go_on.set()
        wait_until(lambda: not near.table.abandoned, "the late replies are read")
        wait_until(lambda: pool_of(near) == (1, 1), "one is kept for the next call")
        wait_until(lambda: far.objects() <= 1, "the objects in the replies are released")


def test_a_line_that_dies_before_the_late_reply_is_forgotten() -> None:
    far, near = FarRuntime(probe=SlowMaker()), Runtime()
    with near, ApartmentThread(near, MTA) as caller:
        cancelled_make(near, caller, far)
        closing = threading.Thread(target=far.runtime.close)
        closing.start()
        wait_until(lambda: not near.table.abandoned, "the call is given up")
        wait_until(lambda: pool_of(near) == (0, 0), "so is its line")
        far.probe.may_go_on.set()
        far.thread.close()
        closing.join(DEADLINE_S)


@pytest.mark.parametrize("coinit", [MTA, STA])
def test_an_apartment_ends_and_its_runtime_goes_on(coinit: COINIT) -> None:
    with FarRuntime(probe=SlowMaker()) as far, Runtime() as near, near.enter_apartment(MTA):
        with ApartmentThread(near, coinit) as caller:
            cancelled_make(near, caller, far)
            assert len(near.table.abandoned) == 1
        far.probe.may_go_on.set()
        wait_until(lambda: not near.table.abandoned, "the call is given up, or answered")
        wait_until(lambda: far.objects() <= 1, "the object in the reply is released")


def test_an_apartment_ends_while_a_late_reply_is_awaited() -> None:
    with FarRuntime(probe=SlowMaker()) as far:
        with Runtime() as near, ApartmentThread(near, MTA) as caller:
            cancelled_make(near, caller, far)
        far.probe.may_go_on.set()
        wait_until(lambda: far.objects() == 0, "who has gone holds nothing")
