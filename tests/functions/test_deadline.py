"""with pyorpc.deadline(seconds): at every distance, from every apartment."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, CallTimeoutError, ComError, Runtime
from pyorpc.context.thread_state import thread_state
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
BUDGET_S = 0.3


class Servant(Probe):
    """Its Sleep lasts until the test lets it go; it notes what it was told and had left."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[float | None] = []
        self.runtime: Runtime

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        self.may_go_on.wait(seconds)

    def Make(self) -> IProbe | None:
        self.Sleep(DEADLINE_S)
        return Probe()

    def Echo(self, text: str) -> str:
        deadline = thread_state().deadline
        self.left.append(None if deadline is None else deadline - time.monotonic())
        return super().Echo(text)


def timed_out(work: Callable[[], Any]) -> CallTimeoutError:
    """What `work` ends with, which it does when the budget is spent and not much later."""
    begun = time.monotonic()
    with pytest.raises(CallTimeoutError) as late, pyorpc.deadline(BUDGET_S):
        work()
    assert BUDGET_S * 0.9 < time.monotonic() - begun < BUDGET_S + 0.7
    assert late.value.hresult == HRESULT.RPC_E_TIMEOUT
    return late.value


@contextmanager
def callee(where: str, coinit: COINIT, servant: Servant, runtime: Runtime) -> Generator[bytes]:
    """A packet of a servant in another apartment, of this process or another."""
    if where == "another process":
        with FarRuntime(coinit, servant) as far:
            servant.runtime = far.runtime
            yield far.packet()
            wait_until(lambda: far.runtime.table.incoming == {}, "all calls are answered")
    else:
        servant.runtime = runtime
        with ProbeThread(runtime, coinit, servant) as near:
            yield near.packet


PLACES = [
    (where, caller, callee)
    for where in ("another apartment", "another process")
    for caller, callee in product((STA, MTA), repeat=2)
    # In one process there is one MTA: such a caller has the object itself.
    if where == "another process" or (caller, callee) != (MTA, MTA)
]


@pytest.mark.parametrize(("where", "caller", "kind"), PLACES)
def test_the_caller_goes_on_in_time_and_the_method_is_told(
    where: str, caller: COINIT, kind: COINIT
) -> None:
    servant = Servant()
    with in_apartment(caller) as runtime, callee(where, kind, servant, runtime) as packet:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        late = timed_out(lambda: probe.UntilCancelled(DEADLINE_S))
        # The method may have been the first to see that time is over, or its end is known by now.
        assert late.executed in ("unknown", "yes")
        assert late.outcome in (None, "finished anyway")
        wait_until(lambda: servant.log == ["cancelled"], "the method sees that it is to stop")
        assert probe.Add(1, 2) == 3  # without a deadline
        assert runtime.table.outgoing == {}
        wait_until(lambda: runtime.table.abandoned == {}, "the late reply was read")


# In the MTA no call waits for another.
@pytest.mark.parametrize(("where", "caller"), [each[:2] for each in PLACES if each[2] is STA])
def test_a_call_that_waits_too_long_for_its_turn_never_starts(where: str, caller: COINIT) -> None:
    servant = Servant()
    with in_apartment(caller) as runtime, callee(where, STA, servant, runtime) as packet:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        busy = pyorpc.create_call(probe, AsyncIProbe)
        busy.Begin_Sleep(DEADLINE_S)
        assert servant.started.wait(DEADLINE_S)
        late = timed_out(lambda: probe.Echo("never"))
        assert late.executed == ("no" if where == "another apartment" else "unknown")
        if where == "another process":  # there it waits unread, so only its cancel is known
            wait_until(lambda: servant.runtime.table.early_cancels, "the callee is told")
        servant.may_go_on.set()
        busy.Finish_Sleep()
        assert probe.Echo("after") == "after"
        assert servant.log == ["after"]
        assert servant.left == [None]


@pytest.mark.parametrize(("where", "caller", "kind"), PLACES)
def test_a_begun_call_ends_in_time_whether_or_not_somebody_waits_for_it(
    where: str, caller: COINIT, kind: COINIT
) -> None:
    servant = Servant()
    with in_apartment(caller) as runtime, callee(where, kind, servant, runtime) as packet:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        waited, unwaited = (pyorpc.create_call(probe, AsyncIProbe) for _ in range(2))

        def work() -> None:
            waited.Begin_Sleep(DEADLINE_S)
            unwaited.Begin_Echo("queued, in an STA")
            waited.Finish_Sleep()

        timed_out(work)
        if kind is STA:
            wait_until(lambda: runtime.table.outgoing == {}, "the other one has ended, too")
            with pytest.raises(CallTimeoutError):
                unwaited.Finish_Echo()
        else:
            assert unwaited.Finish_Echo() == "queued, in an STA"
        servant.may_go_on.set()


@pytest.mark.parametrize("where", ["another apartment", "another process"])
def test_a_late_result_leaves_no_reference(where: str) -> None:
    servant = Servant()
    with in_apartment(MTA) as runtime, callee(where, STA, servant, runtime) as packet:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        timed_out(probe.Make)
        servant.may_go_on.set()
        assert probe.Add(1, 2) == 3  # after it, in that STA
        wait_until(lambda: runtime.table.abandoned == {}, "the late reply was read")

        exporter = servant.runtime.exporter
        wait_until(lambda: len(exporter.managers()) == 1, "what it made is released")


def test_what_is_left_is_handed_down_the_chain_and_nested_ones_take_the_smaller() -> None:
    class Middle(Servant):
        def CallHeld(self, a: int, b: int) -> int:
            assert self.held is not None
            for seconds in (100.0, 0.5):
                with pyorpc.deadline(seconds):
                    self.held.Echo("nested")
            self.held.Echo("as given")
            return 0

    end, middle = Servant(), Middle()
    with FarRuntime(MTA, end) as third, FarRuntime(STA, middle) as second, in_apartment(STA):
        probe = second.pointer()
        probe.Hold(third.pointer())
        with pyorpc.deadline(5):
            probe.CallHeld(1, 2)
        wide, narrow, given = end.left
        assert wide is not None
        assert narrow is not None
        assert given is not None
        assert 4 < given < wide < 5
        assert 0 < narrow <= 0.5
        end.left.clear()
        probe.CallHeld(1, 2)
        assert end.left[-1] is None
        probe.LetGo()


def test_the_chain_ends_from_its_far_end_and_each_caller_in_it_goes_on() -> None:
    class Middle(Probe):
        def CallHeld(self, a: int, b: int) -> int:
            assert self.held is not None
            try:
                self.held.Sleep(DEADLINE_S)
            except ComError as error:
                self.log.append(f"{error.hresult!s}")
                raise
            return 0

    end, middle = Servant(), Middle()
    with FarRuntime(MTA, end) as third, FarRuntime(STA, middle) as second, in_apartment(STA):
        probe = second.pointer()
        probe.Hold(third.pointer())
        timed_out(lambda: probe.CallHeld(1, 2))
        wait_until(lambda: middle.log, "the one between goes on, too")
        assert middle.log[0].startswith("RPC_E_TIMEOUT")
        end.may_go_on.set()
        probe.LetGo()


@pytest.mark.parametrize("where", ["another apartment", "another process"])
def test_once_it_is_spent_nothing_begins(where: str) -> None:
    servant = Servant()
    with in_apartment(STA) as runtime, callee(where, STA, servant, runtime) as packet:
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        for work in (lambda: probe.Echo("no"), lambda: call.Begin_Echo("no")):
            with pytest.raises(CallTimeoutError) as late, pyorpc.deadline(0):
                work()
            assert late.value.executed == "no"
        assert servant.log == []
        assert call.pending is None  # type: ignore[attr-defined]


def test_an_unrelated_call_that_enters_a_waiting_sta_does_not_inherit_its_deadline() -> None:
    servant = Servant()
    far = Servant()
    with (
        FarRuntime(MTA, far) as second,
        Runtime() as near,
        ApartmentThread(near, STA) as sta,
        near.enter_apartment(MTA),
    ):
        far_packet = second.packet()
        packet = sta.run(pyorpc.marshal_interface, servant, IProbe, pyorpc.MSHCTX.INPROC)

        def wait() -> None:
            pyorpc.register_message_filter(pyorpc.AdmittingFilter())
            with pyorpc.deadline(DEADLINE_S):
                pyorpc.unmarshal_interface(far_packet, IProbe).Sleep(DEADLINE_S)
            pyorpc.register_message_filter(None)

        task = sta.begin(wait)
        assert far.started.wait(DEADLINE_S)
        assert pyorpc.unmarshal_interface(packet, IProbe).Echo("in between") == "in between"
        assert servant.left == [None]
        far.may_go_on.set()
        task.join()


def test_a_callback_that_runs_past_it_is_not_interrupted_and_the_outer_call_ends_after() -> None:
    class Slow(Probe):
        def ThreadId(self) -> int:
            time.sleep(2 * BUDGET_S)
            self.log.append("to its end")
            return 0

    slow = Slow()
    with FarRuntime(MTA) as far, in_apartment(STA):
        probe = far.pointer()
        begun = time.monotonic()
        with pytest.raises(CallTimeoutError), pyorpc.deadline(BUDGET_S):
            probe.CallBack(slow)
        assert time.monotonic() - begun >= 2 * BUDGET_S
        assert slow.log == ["to its end"]


def test_a_refused_call_is_not_tried_again_for_longer() -> None:
    class Busy(pyorpc.IMessageFilter):
        def HandleInComingCall(
            self, call_type: int, caller: int, tick_count: int, info: pyorpc.INTERFACEINFO
        ) -> int:
            return pyorpc.SERVERCALL.RETRYLATER

    class Patient(pyorpc.IMessageFilter):
        def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
            return 60_000

    with Runtime() as runtime, ProbeThread(runtime, STA) as far, runtime.enter_apartment(STA):
        pyorpc.post_work(far.ident, pyorpc.register_message_filter, Busy())
        pyorpc.register_message_filter(Patient())
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        assert timed_out(lambda: probe.Add(1, 2)).executed == "no"
        pyorpc.register_message_filter(None)
        pyorpc.post_work(far.ident, pyorpc.register_message_filter, None)


def test_an_in_argument_of_a_call_that_never_started_comes_back() -> None:
    servant = Servant()
    with FarRuntime(STA, servant) as far, in_apartment(MTA) as near:
        probe = far.pointer()
        busy = pyorpc.create_call(probe, AsyncIProbe)
        busy.Begin_Sleep(DEADLINE_S)
        assert servant.started.wait(DEADLINE_S)
        given = Probe()
        timed_out(lambda: probe.Hold(given))
        wait_until(far.has_cancelled_calls, "the cancel has come there")
        servant.may_go_on.set()
        busy.Finish_Sleep()
        wait_until(lambda: near.table.abandoned == {}, "the callee has said that it never started")
        wait_until(lambda: near.exporter.manager_of(given) is None, "nobody holds it any more")
        assert servant.held is None


class Choosy(Servant):
    """Decides by itself what it answers, and takes its time."""

    def QueryInterface(self, iface: Any) -> Any:
        if iface in (IProbeMore, IProbeMore.IID):
            self.Sleep(DEADLINE_S)
        return super().QueryInterface(iface)


def test_a_query_in_this_process_that_takes_too_long_leaves_no_reference() -> None:
    choosy = Choosy()
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA, choosy) as near:
        probe = pyorpc.unmarshal_interface(near.packet, IProbe)
        assert timed_out(lambda: probe.QueryInterface(IProbeMore)).executed == "unknown"
        choosy.may_go_on.set()
        assert probe.Add(1, 2) == 3  # after it, in that STA
        more = probe.QueryInterface(IProbeMore)
        assert more.Log() == ""
        pyorpc.release(more)
        pyorpc.release(probe)
        wait_until(lambda: runtime.exporter.manager_of(choosy) is None, "nobody holds it")


def test_a_query_in_another_process_that_takes_too_long_leaves_no_reference() -> None:
    choosy = Choosy()
    with FarRuntime(STA, choosy) as far, in_apartment(MTA) as runtime:
        probe = far.pointer()
        assert timed_out(lambda: probe.QueryInterface(IProbeMore)).executed == "unknown"
        choosy.may_go_on.set()
        assert probe.Add(1, 2) == 3  # after it, in that STA
        wait_until(lambda: runtime.table.abandoned == {}, "the late answer was read")
        more = probe.QueryInterface(IProbeMore)
        assert more.Log() == ""
        pyorpc.release(more)
        pyorpc.release(probe)
        wait_until(lambda: far.references() == 0, "nobody holds it")


@pytest.mark.parametrize("seconds", [float("nan"), None, "1"])
def test_what_is_no_time_is_refused(seconds: Any) -> None:
    with pytest.raises(pyorpc.InvalidArgumentError), pyorpc.deadline(seconds):
        pass


def test_a_time_that_is_over_already_is_a_spent_budget() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        with pytest.raises(CallTimeoutError), pyorpc.deadline(-1):
            probe.Add(1, 2)
