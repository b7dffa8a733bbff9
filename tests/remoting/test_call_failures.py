from __future__ import annotations

from pyorpc import HRESULT, ComError
from pyorpc.remoting.call_failures import cancelled_before_start, copy_of, describe


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def test_an_exception_that_cannot_be_told_is_told_by_its_type() -> None:
    assert describe(UnspeakableError()) == "UnspeakableError"
    assert describe(ValueError("oops")) == "ValueError: oops"


def test_a_copied_error_keeps_text_and_outcome_only() -> None:
    original = ComError(HRESULT.E_FAIL, "why", executed="no", outcome="stopped")
    copied = copy_of(original, "yes")
    assert (copied.hresult, copied.description) == (HRESULT.E_FAIL, "why")
    assert (copied.executed, copied.outcome) == ("yes", "stopped")
    assert copied.__traceback__ is None


def test_what_never_started_certainly_did_not_run() -> None:
    error = cancelled_before_start("IFoo.Bar")
    assert (error.executed, error.outcome) == ("no", "not started")
