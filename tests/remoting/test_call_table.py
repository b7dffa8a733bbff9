"""Where calls end: whoever is first decides, and what comes later is known for what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyorpc
from pyorpc.errors import HRESULT, ComError, Outcome
from pyorpc.ids import new_causality_id
from pyorpc.remoting.call_states import OutgoingState
from pyorpc.remoting.call_table import EARLY_CANCELS, CallTable
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.wire.method import Method

ECHO: Method[Any, Any] = Method("IFoo.Echo", 3, tuple[str], str)


class Bell:
    def __init__(self) -> None:
        self.rung = 0

    def wake(self) -> None:
        self.rung += 1


def entered(table: CallTable) -> OutgoingCall:
    call = OutgoingCall(table.new_id(), ECHO, new_causality_id(), Bell())
    table.outgoing[call.id] = call
    return call


def failure() -> ComError:
    return ComError(HRESULT.E_ABORT, "ended")


def test_the_first_ending_wins_and_the_others_are_told_so() -> None:
    table = CallTable()
    call = entered(table)
    assert table.replied(call.id, 0, ECHO.encode_result("x")) is call
    assert not table.finish(call, failure())
    assert not table.abandon(call, failure())
    assert table.replied(call.id, 0, b"") is None
    assert call.is_done
    assert call.result() == "x"
    assert not table.outgoing
    assert not table.abandoned


def test_an_abandoned_call_is_remembered_until_its_reply_comes() -> None:
    table = CallTable()
    call = entered(table)
    assert table.abandon(call, failure())
    assert table.abandoned == {call.id: call}
    assert table.replied(call.id, 0, b"") is None


def test_who_claims_a_call_alone_completes_it() -> None:
    table = CallTable()
    call = entered(table)
    assert table.claim(call)
    assert not table.claim(call)
    assert not call.is_done
    assert not table.finish(call, failure())


def test_no_reply_is_awaited_of_what_never_left_though_a_cancel_has_claimed_it() -> None:
    table = CallTable()
    call = entered(table)
    assert table.claim(call)
    assert table.abandoned
    table.unsent(call)
    assert table.state_of(call) is OutgoingState.ENDED


def test_a_success_code_is_kept_with_the_reply() -> None:
    table = CallTable()
    call = entered(table)
    table.replied(call.id, int(HRESULT.S_FALSE), ECHO.encode_result("x"))
    assert call.hresult == HRESULT.S_FALSE


def test_a_peer_cannot_make_us_remember_cancels_without_end() -> None:
    table = CallTable()
    for number in range(EARLY_CANCELS + 10):
        table.remember_cancel(("peer", number))
    assert len(table.early_cancels) == EARLY_CANCELS
    assert ("peer", 0) not in table.early_cancels


def given_up(table: CallTable, outcome: Outcome | None) -> tuple[OutgoingCall, ComError]:
    call = entered(table)
    error = ComError(HRESULT.RPC_E_CALL_CANCELED, outcome=outcome)
    assert table.abandon(call, error)
    assert error.of_call() is call
    return call, error


def test_the_error_of_a_call_that_was_given_up_learns_what_became_of_it_in_either_order() -> None:
    table = CallTable()
    call, error = given_up(table, "unknown")
    call.learn("no", "not started")
    assert error.executed == "unknown"  # its caller has not looked at it yet
    call.settle(error)
    assert (error.executed, error.outcome) == ("no", "not started")
    call, error = given_up(table, "unknown")
    call.settle(error)
    call.learn("yes", "finished anyway")
    assert (error.executed, error.outcome) == ("yes", "finished anyway")


def test_what_it_said_with_certainty_never_changes_and_an_outcome_is_only_of_cancels() -> None:
    table = CallTable()
    call, error = given_up(table, None)
    call.settle(error)
    call.learn("yes", "finished anyway")
    assert (error.executed, error.outcome) == ("yes", None)
    call.learn("no", "not started")
    assert error.executed == "yes"


def test_calls_are_completed_nowhere_else() -> None:
    package = Path(pyorpc.__file__).parent
    completing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "call.complete()" in path.read_text()
    }
    assert completing == {"remoting/call_table.py"}
