"""CAN: call cancellation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, CallCanceledError, ComError, ICancelMethodCalls, Runtime
from tests.conformance.test_apt import code_of
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CANCELED = HRESULT.RPC_E_CALL_CANCELED


class Servant(Probe):
    """Its Sleep ignores cancels until the test lets it go; its UntilCancelled obeys."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.before: HRESULT | None = None

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        self.may_go_on.wait(seconds)
        self.ended.set()

    def UntilCancelled(self, seconds: float) -> bool:
        self.before = pyorpc.test_cancel()
        if not super().UntilCancelled(seconds):
            return False
        raise ComError(CANCELED, "stopped")


@contextmanager
def calling(
    coinit: COINIT, callee: COINIT, work: Callable[[IProbe], Any], *, is_enabled: bool = True
) -> Generator[tuple[Servant, int, Callable[[], Any]]]:
    """A thread that is inside a call to a servant elsewhere: the servant, the thread, its end."""
    servant = Servant()
    with (
        FarRuntime(callee, servant) as far,
        Runtime() as near,
        ApartmentThread(near, coinit) as caller,
        near.enter_apartment(MTA),
    ):
        packet = far.packet()

        def call() -> Any:
            if is_enabled:
                pyorpc.enable_call_cancellation()
            try:
                return work(pyorpc.unmarshal_interface(packet, IProbe))
            finally:
                if is_enabled:
                    pyorpc.disable_call_cancellation()

        task = caller.begin(call)
        assert servant.started.wait(DEADLINE_S)
        state = near.thread(caller.ident)
        assert state is not None
        wait_until(lambda: state.outgoing, "the caller waits")
        try:
            yield servant, caller.ident, task.join
        finally:
            servant.may_go_on.set()
        wait_until(lambda: near.table.outgoing == {}, "no call is left at the caller")
        wait_until(lambda: far.runtime.table.incoming == {}, "nor at the callee")
        wait_until(lambda: near.table.abandoned == {} or coinit is STA, "no reply is owed")


def error_of(end: Callable[[], Any]) -> ComError:
    with pytest.raises(ComError) as failed:
        end()
    return failed.value


def test_CAN_01_enables_are_counted_per_thread_and_outlive_the_apartment() -> None:
    codes: list[int] = []

    def act() -> None:
        enable, disable = pyorpc.enable_call_cancellation, pyorpc.disable_call_cancellation
        codes.extend(code_of(each) for each in (disable, enable, disable, disable, enable))
        with in_apartment(STA):
            codes.append(code_of(enable))
        codes.extend(code_of(disable) for _ in range(3))

    thread = threading.Thread(target=act)
    thread.start()
    thread.join(DEADLINE_S)
    off = HRESULT.CO_E_CANCEL_DISABLED
    assert codes == [off, 0, 0, off, 0, 0, 0, 0, off]


@pytest.mark.parametrize(("coinit", "callee"), [(STA, MTA), (MTA, STA)])
def test_CAN_02_it_is_off_by_default(coinit: COINIT, callee: COINIT) -> None:
    def work(probe: IProbe) -> str:
        probe.Sleep(0.5)
        return "as usual"

    with calling(coinit, callee, work, is_enabled=False) as (servant, thread, end):
        pyorpc.enable_call_cancellation()  # of the canceller: that makes no difference
        assert pyorpc.get_cancel_object(thread).Cancel(0) == HRESULT.CO_E_CANCEL_DISABLED
        assert pyorpc.cancel_call(thread) == HRESULT.CO_E_CANCEL_DISABLED
        pyorpc.disable_call_cancellation()
        assert end() == "as usual"
        assert servant.ended.is_set()


def test_a_thread_that_waits_for_nothing_has_no_cancel_object() -> None:
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, STA) as idle:
        for thread in (idle.ident, 0, 1):
            assert code_of(pyorpc.get_cancel_object, thread) == HRESULT.E_NOINTERFACE
            assert code_of(pyorpc.cancel_call, thread) == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize("callee", [STA, MTA])
@pytest.mark.parametrize("coinit", [STA, MTA])
def test_CAN_04_with_zero_wait_the_caller_goes_on_at_once(coinit: COINIT, callee: COINIT) -> None:
    with calling(coinit, callee, lambda probe: probe.Sleep(10)) as (servant, thread, end):
        begun = time.monotonic()
        assert pyorpc.get_cancel_object(thread).Cancel(0) == HRESULT.S_OK
        error = error_of(end)
        assert time.monotonic() - begun < 0.5
        assert isinstance(error, CallCanceledError)
        assert (error.hresult, error.executed, error.outcome) == (CANCELED, "unknown", "unknown")
        assert not servant.ended.is_set()
        servant.may_go_on.set()
        assert servant.ended.wait(DEADLINE_S)


@pytest.mark.parametrize("seconds", [20, pyorpc.INFINITE])
def test_a_method_that_obeys_within_the_wait_ends_the_call(seconds: int) -> None:
    with calling(STA, MTA, lambda probe: probe.UntilCancelled(20)) as (_, thread, end):
        begun = time.monotonic()
        assert pyorpc.cancel_call(thread, seconds) == HRESULT.S_OK
        error = error_of(end)
        assert time.monotonic() - begun < 5
        assert (error.hresult, error.executed, error.outcome) == (CANCELED, "yes", "stopped")


def test_a_method_that_ignores_the_cancel_is_left_when_the_wait_is_over() -> None:
    with calling(MTA, STA, lambda probe: probe.Sleep(20)) as (servant, thread, end):
        begun = time.monotonic()
        assert pyorpc.cancel_call(thread, 0.4) == HRESULT.S_OK
        error = error_of(end)
        assert 0.35 < time.monotonic() - begun < 1.5
        assert (error.hresult, error.executed) == (CANCELED, "unknown")
        assert not servant.ended.is_set()


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_method_that_finishes_within_the_wait_gives_its_result(coinit: COINIT) -> None:
    def work(probe: IProbe) -> str:
        probe.Sleep(20)
        return "finished"

    with calling(coinit, MTA, work) as (servant, thread, end):
        letting_go = threading.Timer(0.2, servant.may_go_on.set)
        letting_go.start()
        assert pyorpc.cancel_call(thread, 10) == HRESULT.RPC_E_CALL_COMPLETE
        assert end() == "finished"
        letting_go.join()


def test_another_error_after_the_cancel_says_finished_anyway() -> None:
    class Failing(Probe):
        def Sleep(self, seconds: float) -> None:
            self.started.set()
            assert self.may_go_on.wait(DEADLINE_S)
            raise ComError(HRESULT.E_ABORT, "of its own")

    failing = Failing()
    with FarRuntime(MTA, failing) as far, in_apartment(MTA) as near:
        with ApartmentThread(near, MTA) as caller:
            packet = far.packet()

            def call() -> None:
                pyorpc.enable_call_cancellation()
                pyorpc.unmarshal_interface(packet, IProbe).Sleep(1)

            task = caller.begin(call)
            assert failing.started.wait(DEADLINE_S)
            letting_go = threading.Timer(0.2, failing.may_go_on.set)
            letting_go.start()
            assert pyorpc.cancel_call(caller.ident, 10) == HRESULT.RPC_E_CALL_COMPLETE
            error = error_of(task.join)
            letting_go.join()
        assert (error.hresult, error.executed) == (HRESULT.E_ABORT, "yes")
        assert error.outcome == "finished anyway"


def test_CAN_07_cancelling_twice_and_too_late() -> None:
    with calling(MTA, STA, lambda probe: probe.Sleep(10)) as (_, thread, end):
        cancel = pyorpc.get_cancel_object(thread)
        assert cancel.TestCancel() == HRESULT.RPC_S_CALLPENDING
        assert cancel.Cancel(0) == HRESULT.S_OK
        assert cancel.Cancel(0) == CANCELED
        assert cancel.TestCancel() == CANCELED
        assert error_of(end).hresult == CANCELED
    with calling(MTA, STA, lambda probe: probe.Sleep(10)) as (servant, thread, end):
        late = pyorpc.get_cancel_object(thread)
        servant.may_go_on.set()
        end()
        assert late.Cancel(0) == HRESULT.RPC_E_CALL_COMPLETE
        assert late.Cancel(1) == HRESULT.RPC_E_CALL_COMPLETE
        assert late.TestCancel() == HRESULT.RPC_E_CALL_COMPLETE


def test_a_wait_that_is_no_time_is_refused_and_cancels_nothing() -> None:
    with calling(MTA, STA, lambda probe: probe.Sleep(10)) as (servant, thread, end):
        assert pyorpc.cancel_call(thread, -1) == HRESULT.E_INVALIDARG
        assert pyorpc.cancel_call(thread, float("nan")) == HRESULT.E_INVALIDARG
        servant.may_go_on.set()
        end()


def test_CAN_08_the_method_is_told_by_test_cancel() -> None:
    with calling(MTA, STA, lambda probe: probe.UntilCancelled(20)) as (servant, thread, end):
        assert servant.before == HRESULT.RPC_S_CALLPENDING
        assert pyorpc.cancel_call(thread, 0) == HRESULT.S_OK
        assert error_of(end).hresult == CANCELED
        wait_until(lambda: servant.log == ["cancelled"], "the method sees it")
    assert pyorpc.test_cancel() == HRESULT.RPC_E_CALL_COMPLETE
    assert code_of(pyorpc.get_call_context) == HRESULT.RPC_E_CALL_COMPLETE


def test_a_thread_of_an_sta_has_a_stack_of_them_and_the_innermost_is_found() -> None:
    class Inner(Probe):
        """Called back, it waits for a call of its own."""

        def ThreadId(self) -> int:
            pyorpc.unmarshal_interface(inner_packet, IProbe).Sleep(20)
            return 0

    inner = Servant()
    with FarRuntime(MTA, inner) as second, FarRuntime(MTA) as far, Runtime() as near:
        inner_packet, packet = second.packet(), far.packet()
        with ApartmentThread(near, STA) as caller, near.enter_apartment(MTA):

            def call() -> int:
                pyorpc.enable_call_cancellation()
                return pyorpc.unmarshal_interface(packet, IProbe).CallBack(Inner())

            task = caller.begin(call)
            assert inner.started.wait(DEADLINE_S)
            state = near.thread(caller.ident)
            assert state is not None
            wait_until(lambda: len(state.outgoing) == 2, "two calls pend")
            assert pyorpc.cancel_call(caller.ident) == HRESULT.S_OK
            error = error_of(task.join)
            inner.may_go_on.set()
            # The inner call was cancelled; that it failed is the callback's own error.
            assert (error.hresult, error.executed, error.outcome) == (CANCELED, "yes", None)


def test_CAN_10_begun_calls_are_outside_the_thread_table() -> None:
    servant = Servant()
    with FarRuntime(MTA, servant) as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(10)
        assert servant.started.wait(DEADLINE_S)
        assert code_of(pyorpc.get_cancel_object) == HRESULT.E_NOINTERFACE
        servant.may_go_on.set()
        call.Finish_Sleep()


class Own(ICancelMethodCalls):
    """An application's cancel object."""

    def __init__(self) -> None:
        self.cancels: list[int] = []

    def Cancel(self, seconds: int) -> HRESULT:
        self.cancels.append(seconds)
        return HRESULT.S_OK

    def TestCancel(self) -> HRESULT:
        return HRESULT.RPC_S_CALLPENDING


def test_CAN_11_an_application_sets_cancel_objects_of_its_own() -> None:
    own, inner = Own(), Own()
    with in_apartment(MTA) as runtime, ApartmentThread(runtime, STA) as other:
        other.run(pyorpc.set_cancel_object, own)
        assert pyorpc.get_cancel_object(other.ident) is own
        assert pyorpc.cancel_call(other.ident, 3) == HRESULT.S_OK
        assert own.cancels == [3]
        assert code_of(pyorpc.get_cancel_object) == HRESULT.E_NOINTERFACE  # it is the thread's
        other.run(pyorpc.set_cancel_object, inner)
        assert pyorpc.get_cancel_object(other.ident) is inner
        other.run(pyorpc.set_cancel_object, None)
        assert pyorpc.get_cancel_object(other.ident) is own
        assert other.run(pyorpc.set_cancel_object, None) == HRESULT.S_OK
        assert code_of(pyorpc.get_cancel_object, other.ident) == HRESULT.E_NOINTERFACE
        assert code_of(pyorpc.set_cancel_object, Probe()) == HRESULT.E_NOINTERFACE
        assert pyorpc.set_cancel_object(None) == HRESULT.S_OK  # there is none


def test_a_blocking_call_made_since_then_is_further_inside_than_an_object_of_ones_own() -> None:
    own = Own()

    def work(probe: IProbe) -> None:
        pyorpc.set_cancel_object(own)
        try:
            probe.Sleep(10)
        finally:
            pyorpc.set_cancel_object(None)

    with calling(MTA, STA, work) as (_, thread, end):
        assert pyorpc.cancel_call(thread) == HRESULT.S_OK
        assert error_of(end).hresult == CANCELED
        assert own.cancels == []


@pytest.mark.parametrize("seconds", [0, 5])
def test_a_call_that_waits_for_its_turn_never_starts(seconds: int) -> None:
    servant = Servant()
    with FarRuntime(STA, servant) as far, in_apartment(MTA) as near:
        packet = far.packet()
        busy = pyorpc.create_call(far.pointer(), AsyncIProbe)
        busy.Begin_Sleep(20)
        assert servant.started.wait(DEADLINE_S)
        with ApartmentThread(near, MTA) as caller:

            def call() -> str:
                pyorpc.enable_call_cancellation()
                return pyorpc.unmarshal_interface(packet, IProbe).Echo("never")

            task = caller.begin(call)
            state = near.thread(caller.ident)
            assert state is not None
            wait_until(lambda: state.outgoing, "the caller waits")
            letting_go = threading.Timer(0.3, servant.may_go_on.set)
            letting_go.start()
            assert pyorpc.cancel_call(caller.ident, seconds) == HRESULT.S_OK
            error = error_of(task.join)
            assert error.hresult == CANCELED
            # Given time, the callee says so; at once it is not known, but soon.
            assert error.executed in (("no",) if seconds else ("unknown", "no"))
            letting_go.join()
        busy.Finish_Sleep()
        wait_until(lambda: far.runtime.table.incoming == {}, "all is answered")
        wait_until(lambda: far.runtime.table.early_cancels == {}, "no cancel is remembered")
        assert servant.log == []
