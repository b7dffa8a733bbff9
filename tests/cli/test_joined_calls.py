"""What two processes say of a call becomes one call."""

from __future__ import annotations

from typing import Any

from pyorpc.cli.joined_calls import JoinedCall, join
from pyorpc.cli.neighbours import Neighbour
from pyorpc.errors import HRESULT, CallTimeoutError
from pyorpc.remoting.call_sight import INCOMING, OUTGOING, QUEUED, RUNNING, WAITING
from pyorpc.wire.sight import CallSeen, CallsSeen


def side(direction: str, **changes: Any) -> CallSeen:
    """Process a calls, process b is called."""
    is_made = direction == OUTGOING
    values: dict[str, Any] = {
        "direction": direction,
        "method": "IProbe.Sleep",
        "state": WAITING if is_made else RUNNING,
        "since_s": 2.0 if is_made else 1.9,
        "causality": "c",
        "thread_id": 0xA if is_made else 0xB,
        "apartment": "" if is_made else "<STA 0b>",
        "peer": "",
        "peer_id": "b" if is_made else "a",
        "peer_pid": 2 if is_made else 1,
        "oxid": "0b",
        "caller": "a",
        "call_id": 1,
        "is_cancelled": False,
    }
    return CallSeen(**{**values, **changes})


def says(process_id: str, *calls: CallSeen) -> Neighbour:
    pid = {"a": 1, "b": 2, "c": 3}[process_id]
    return Neighbour(pid, "", CallsSeen(process_id=process_id, pid=pid, calls=list(calls)))


def silent(pid: int) -> Neighbour:
    return Neighbour(pid, "", CallTimeoutError(HRESULT.RPC_E_TIMEOUT, "does not answer"))


def one(*neighbours: Neighbour) -> JoinedCall:
    (call,) = join(neighbours)
    return call


def test_both_sides_make_one_call() -> None:
    call = one(says("a", side(OUTGOING)), says("b", side(INCOMING)))
    assert (call.state, call.since_s) == ("running", 2.0)
    assert (call.caller_pid, call.caller_thread) == (1, 0xA)
    assert (call.callee_pid, call.callee_thread) == (2, 0xB)
    assert call.where == "runs in <STA 0b> on thread 0xb"


def test_a_running_method_names_the_innermost_call_that_it_waits_for() -> None:
    inner = side(OUTGOING, method="IBar.Baz", thread_id=0xB, since_s=1.0, caller="b", peer_id="c")
    older = side(OUTGOING, method="IOld.Call", thread_id=0xB, since_s=3.0, caller="b", call_id=2)
    calls = join([says("a", side(OUTGOING)), says("b", side(INCOMING), inner, older)])
    (sleep,) = [call for call in calls if call.method == "IProbe.Sleep"]
    assert sleep.where.endswith("on thread 0xb, waits for IBar.Baz")


def test_a_call_that_has_not_been_read_names_what_the_sta_runs() -> None:
    running = side(INCOMING, method="IProbe.Add", call_id=7, caller="c")
    calls = join([says("a", side(OUTGOING)), says("b", running)])
    (sleep,) = [call for call in calls if call.method == "IProbe.Sleep"]
    assert sleep.where == "on its way to <STA 0b>, which runs IProbe.Add"


def test_a_queued_call_names_what_runs_before_it() -> None:
    running = side(INCOMING, method="IProbe.Add", call_id=7, caller="c", since_s=5.0)
    queued = side(INCOMING, state=QUEUED, thread_id=0)
    first, second = join([says("b", running, queued)])
    assert first.method == "IProbe.Add"
    assert second.where == "queued in <STA 0b> behind IProbe.Add"
    assert second.caller_pid == 1  # which the callee knows


def test_who_does_not_answer_is_named_and_who_is_not_known_is_not() -> None:
    assert one(says("a", side(OUTGOING)), silent(2)).where == "pid 2 does not answer"
    assert one(says("a", side(OUTGOING))).state == "waiting"
    assert one(says("a", side(OUTGOING)), says("b")).where == "on its way"
