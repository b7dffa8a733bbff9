"""Calls that are answered later, from another thread: once, in the object's apartment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime, Success
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.call_states import IncomingState
from pyorpc.remoting.incoming_call import IncomingCall
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Deferring(Probe):
    """Its Echo returns nothing yet; the test resumes the call."""

    def __init__(self) -> None:
        super().__init__()
        self.call: IncomingCall | None = None

    def Echo(self, text: str) -> Any:
        self.call = thread_state().incoming
        assert self.call is not None
        deferred = self.call.defer()
        self.started.set()
        return deferred

    def resume(self, produce: Callable[[], object]) -> None:
        assert self.call is not None
        self.call.resume(produce)


class Case:
    """A caller, and a callee in an STA or in the MTA, in one process or two."""

    def __init__(self, near: Runtime, far: Runtime, kind: COINIT) -> None:
        self.callee = ApartmentThread(far, kind)
        self.caller = ApartmentThread(near, STA)
        self.probe = Deferring()
        packet = self.callee.run(pyorpc.marshal_interface, self.probe, IProbe)
        self.pointer: IProbe = self.caller.run(pyorpc.unmarshal_interface, packet, IProbe)
        self.far = far

    def begin(self) -> Any:
        task = self.caller.begin(self.pointer.Echo, "x")
        assert self.probe.started.wait(DEADLINE_S)
        return task


@pytest.fixture(params=[(1, STA), (1, MTA), (2, STA), (2, MTA)], ids=str)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    processes, kind = request.param
    near = Runtime()
    far = near if processes == 1 else Runtime()
    made = Case(near, far, kind)
    yield made
    made.caller.close()
    made.callee.close()
    near.close()
    far.close()


def test_the_thread_is_free_until_the_call_is_resumed(case: Case) -> None:
    task = case.begin()
    with pytest.raises(AssertionError):
        task_is_done(task)
    # Its STA serves others meanwhile, and the call counts as inside the object.
    assert case.callee.run(lambda: 7) == 7
    assert case.probe.call is not None
    assert case.probe.call.state is IncomingState.RUNNING
    assert case.probe.call.manager.running == 1
    ran_in: list[object] = []

    def produce() -> str:
        ran_in.append(thread_state().apartment)
        return "later"

    case.probe.resume(produce)
    assert task.join() == "later"
    assert ran_in == [case.probe.call.manager.apartment]
    wait_until(lambda: case.probe.call is not None and case.probe.call.manager.running == 0)


def task_is_done(task: Any) -> None:
    assert task._is_done.is_set()


def test_what_it_raises_is_the_calls_error(case: Case) -> None:
    task = case.begin()

    def produce() -> str:
        raise ComError(HRESULT.E_ACCESSDENIED, "not you")

    case.probe.resume(produce)
    with pytest.raises(ComError, match="not you") as failed:
        task.join()
    assert (failed.value.hresult, failed.value.executed) == (HRESULT.E_ACCESSDENIED, "yes")


def test_another_success_code_is_seen_by_the_caller(case: Case) -> None:
    codes: list[int] = []

    def call() -> str:
        result = case.pointer.Echo("x")
        codes.append(pyorpc.last_hresult())
        return result

    task = case.caller.begin(call)
    assert case.probe.started.wait(DEADLINE_S)
    case.probe.resume(lambda: Success(HRESULT.S_FALSE, "partly"))
    assert task.join() == "partly"
    assert codes == [HRESULT.S_FALSE]


def test_a_disconnect_waits_for_it(case: Case) -> None:
    task = case.begin()
    case.callee.run(pyorpc.disconnect_object, case.probe)
    case.probe.resume(lambda: "its own result")
    assert task.join() == "its own result"


def test_the_end_of_the_apartment_answers_it() -> None:
    with Runtime() as runtime:
        case = Case(runtime, runtime, STA)
        task = case.begin()
        case.callee.close()
        ran: list[str] = []

        def produce() -> str:
            ran.append("never")
            return "never"

        case.probe.resume(produce)
        with pytest.raises(ComError) as failed:
            task.join()
        assert failed.value.executed in ("yes", "unknown")
        assert ran == []
        case.caller.close()
