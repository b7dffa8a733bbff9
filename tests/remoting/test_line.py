"""Data links: what becomes of calls when a queue is full, a line breaks, an answer is dropped."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.line import Line, error_of, lost
from pyorpc.remoting.outgoing_call import NOBODY, OutgoingCall
from pyorpc.transport import zeromq
from pyorpc.transport.connection import Break
from pyorpc.wire.objref import unpack
from pyorpc.wire.packets import VERSION, Fault, Kind
from tests.remoting.test_cancel import canceller
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbeStub
from tests.support.waiting import wait_until
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def fault(hresult: int, executed: str, outcome: str | None = None) -> ComError:
    return error_of(Fault(VERSION, Kind.FAULT, 1, hresult, executed, "why", "trace", outcome))


def test_a_fault_becomes_the_error_that_it_names() -> None:
    error = fault(HRESULT.E_ACCESSDENIED, "no")
    assert (error.hresult, error.executed) == (HRESULT.E_ACCESSDENIED, "no")
    assert (error.description, error.remote_traceback) == ("why", "trace")
    assert isinstance(error, pyorpc.AccessDeniedError)
    assert fault(HRESULT.E_FAIL, "perhaps").executed == "unknown"
    assert fault(HRESULT.RPC_E_CALL_CANCELED, "no", "not started").outcome == "not started"
    assert fault(HRESULT.RPC_E_CALL_CANCELED, "no", "made up").outcome is None


def test_bad_stub_data_that_was_not_executed_is_the_callers_own_mistake() -> None:
    bad = HRESULT.RPC_X_BAD_STUB_DATA
    assert fault(bad, "no").hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert fault(bad, "yes").hresult == bad


def test_what_was_not_sent_was_not_executed() -> None:
    assert lost(Break.CUT, sent=False).executed == "no"
    assert lost(Break.REFUSED, sent=True).executed == "no"
    cut = lost(Break.CUT, sent=True, what="IProbe.Add")
    assert (cut.hresult, cut.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
    assert "IProbe.Add" in cut.description


@pytest.mark.parametrize("is_first", [True, False])
def test_a_call_is_sent_while_its_line_breaks(*, is_first: bool) -> None:
    """Whichever is first, the call ends, and is not in the table any more."""
    with FarRuntime() as far, in_apartment(MTA) as near:
        probe = far.pointer()
        assert probe.Add(1, 2) == 3
        call = pyorpc.create_call(probe, AsyncIProbe)
        line = near.mta().lines.primary[unpack(far.packet()).oxid]
        if is_first:
            line.connection.break_off(Break.CUT)
            wait_until(lambda: line.connection.broken, "the break is delivered")
            call.Begin_Add(1, 2)  # over a new line
            assert call.Finish_Add() == 3
        else:
            far.thread.run(lambda: None)
            with Gate.before(Line, "broke") as gate:
                line.connection.break_off(Break.CUT)
                gate.wait_until_reached()  # 1. the break is being delivered
                begun = Running(line_send, near, line)  # 2. somebody who had this line sends
                error = begun.join()
                gate.open()  # 3. the break ends what it finds
            assert error.executed == "no"
        wait_until(lambda: near.table.outgoing == {}, "no call is left")


def line_send(runtime: pyorpc.Runtime, line: Line) -> ComError:
    state = thread_state()
    method, _ = IProbeStub.METHODS[3]
    call = OutgoingCall(runtime.table.new_id(), method, state.own_causality(), NOBODY)
    try:
        line.send(call, (b"", b""))
    except ComError as error:
        return error
    raise AssertionError("it was sent over a dead line")


def test_an_answer_that_a_full_queue_refuses_ends_its_call_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zeromq, "SNDHWM", 4)
    with FarRuntime(mta_threads=1) as far, in_apartment(STA):
        probe = far.pointer()
        calls = [pyorpc.create_call(probe, AsyncIProbe) for _ in range(60)]
        for call in calls:
            wait_until(lambda: begin_squares(call), "the requests' own queue has room")  # noqa: B023
        wait_until(lambda: far.runtime.table.incoming == {}, "every method has run")
        ended = [finish_squares(call) for call in calls]
        assert {"returned", "unknown"} <= set(ended) <= {"returned", "unknown", "no"}
        assert probe.Add(1, 2) == 3


def begin_squares(call: AsyncIProbe) -> bool:
    try:
        call.Begin_Squares(40_000)
    except ComError as error:
        return error.hresult != HRESULT.RPC_E_SERVERCALL_RETRYLATER
    return True


def finish_squares(call: AsyncIProbe) -> str:
    try:
        return "returned" if call.Finish_Squares()[0] == 40_000 else "wrong"
    except ComError as error:
        return error.executed


def test_a_reply_that_was_given_up_in_the_moment_it_came_is_released() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        with Gate.before(CallTable, "replied") as gate:
            call.Begin_Make()
            gate.wait_until_reached()  # 1. the reply is found to be waited for
            assert canceller(call).Cancel(0) == HRESULT.S_OK  # 2. it is given up
            gate.open()  # 3. the reply is to end the call
            with pytest.raises(pyorpc.CallCanceledError):
                call.Finish_Make()
        wait_until(lambda: near.table.abandoned == {}, "nothing is left in the table")
        wait_until(lambda: far.objects() == 1, "the object that it made is released")


def test_the_lines_of_an_apartment_that_ends_are_forgotten_by_the_other_side() -> None:
    with FarRuntime() as far:
        lines = far.runtime.mta().lines
        with in_apartment(STA):
            assert far.pointer().Add(1, 2) == 3
            assert len(lines.all_lines()) > 0
        wait_until(lambda: lines.all_lines() == [], "the goodbye on the line is heard")


def test_a_call_that_was_sent_before_the_caller_left_runs_all_the_same() -> None:
    with FarRuntime() as far, Runtime() as near:
        assert far.packet()  # the object stays exported, whatever the caller releases
        with near.enter_apartment(STA):
            call = pyorpc.create_call(far.pointer(), AsyncIProbe)
            call.Begin_Echo("sent")
            del call
        wait_until(lambda: far.probe.log == ["sent"], "it runs")
