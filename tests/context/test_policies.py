"""Policies stand around a call like brackets: in order before it, in reverse after it."""

from __future__ import annotations

import pytest

from pyorpc.context.policies import run_inside
from pyorpc.context.thread_state import CurrentCall
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId

REFUSED = ComError(HRESULT.E_ACCESSDENIED, "not you")


class Call:
    """A CurrentCall."""

    causality: CausalityId | None = None
    depth = 1
    is_cancelled = False
    method_name = "IFoo.Bar"


CALL = Call()


class Note:
    """A policy that notes what happens, and may refuse or fail."""

    def __init__(
        self,
        name: str,
        notes: list[object],
        *,
        refuses: ComError | None = None,
        fails: Exception | None = None,
    ) -> None:
        self.name = name
        self.notes = notes
        self.refuses = refuses
        self.fails = fails

    def enter(self, call: CurrentCall) -> None:
        assert call is CALL
        self.notes.append(f"enter {self.name}")
        if self.refuses is not None:
            raise self.refuses

    def leave(self, call: CurrentCall, error: BaseException | None) -> None:
        assert call is CALL
        self.notes.append((f"leave {self.name}", error))
        if self.fails is not None:
            raise self.fails


def test_without_policies_only_the_method_runs() -> None:
    assert run_inside((), CALL, lambda: 7) == 7


def test_policies_are_entered_in_order_and_left_in_reverse() -> None:
    notes: list[object] = []

    def method() -> str:
        notes.append("method")
        return "its result"

    assert run_inside((Note("a", notes), Note("b", notes)), CALL, method) == "its result"
    assert notes == ["enter a", "enter b", "method", ("leave b", None), ("leave a", None)]


def test_policies_are_told_what_the_method_raised() -> None:
    notes: list[object] = []
    error = ValueError("of the method")

    def method() -> None:
        raise error

    with pytest.raises(ValueError, match="of the method"):
        run_inside((Note("a", notes), Note("b", notes)), CALL, method)
    assert notes[2:] == [("leave b", error), ("leave a", error)]


def test_a_refusal_keeps_the_method_and_later_policies_from_running() -> None:
    notes: list[object] = []
    policies = (Note("a", notes), Note("b", notes, refuses=REFUSED), Note("c", notes))
    with pytest.raises(ComError) as failure:
        run_inside(policies, CALL, lambda: notes.append("method"))
    assert failure.value is REFUSED
    # Who refused has not been entered, so it is not left either.
    assert notes == ["enter a", "enter b", ("leave a", REFUSED)]


def test_a_policy_that_fails_when_it_is_left_fails_the_call() -> None:
    notes: list[object] = []
    failing = RuntimeError("of a policy")
    policies = (Note("a", notes), Note("b", notes, fails=failing))
    with pytest.raises(RuntimeError, match="of a policy"):
        run_inside(policies, CALL, lambda: 7)
    assert notes[2:] == [("leave b", None), ("leave a", failing)]


def test_policies_are_left_also_when_the_thread_is_interrupted() -> None:
    notes: list[object] = []
    interrupt = KeyboardInterrupt()

    def method() -> None:
        raise interrupt

    with pytest.raises(KeyboardInterrupt):
        run_inside((Note("a", notes),), CALL, method)
    assert notes == ["enter a", ("leave a", interrupt)]
