"""RegisteredFilter: what it does with answers, and without them. FLT has the rest."""

from __future__ import annotations

from typing import Any

import pytest

from pyorpc.apartment.message_filter import IMessageFilter, RegisteredFilter
from pyorpc.enumerations import PENDINGMSG, PENDINGTYPE, SERVERCALL
from pyorpc.errors import HRESULT, ComError


class Retries:
    """No subclass: it only has the method."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.told: list[tuple[int, int, int]] = []

    def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> Any:
        self.told.append((callee, tick_count, reject_type))
        return self._answer


class Watches:
    """Likewise."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.told: list[tuple[int, int, int]] = []

    def MessagePending(self, callee: int, tick_count: int, pending_type: int) -> Any:
        self.told.append((callee, tick_count, pending_type))
        return self._answer


def registered(message_filter: object, *, is_nested: bool = False) -> RegisteredFilter:
    return RegisteredFilter(message_filter, "an STA", 7, lambda: is_nested)


class OnlyRetries(IMessageFilter):
    """Says nothing of incoming calls and waits."""

    def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
        return 250


def test_what_a_filter_inherits_unchanged_it_does_not_answer() -> None:
    made = registered(OnlyRetries())
    assert (made.screens_calls, made.retries, made.watches_waits) == (False, True, False)
    assert made.is_any
    assert not registered(IMessageFilter()).is_any


def test_any_object_with_the_methods_is_a_filter() -> None:
    made = registered(Watches(PENDINGMSG.CANCELCALL))
    assert made.watches_waits
    assert made.cancels_wait(0, 0.0)


@pytest.mark.parametrize(
    ("answer", "delay_ms"),
    [(0, 0), (99, 99), (300, 300), (-1, -1), (-7, -1), (0xFFFFFFFF, -1), (10**12, 86_400_000)],
)
def test_the_delay_before_another_try(answer: int, delay_ms: int) -> None:
    made = registered(Retries(answer))
    refusal = ComError(HRESULT.RPC_E_CALL_REJECTED, "busy", executed="no")
    assert made.retry_delay_ms(refusal, 0.0) == delay_ms


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (HRESULT.RPC_E_CALL_REJECTED, SERVERCALL.REJECTED),
        (HRESULT.RPC_E_SERVERCALL_RETRYLATER, SERVERCALL.RETRYLATER),
    ],
)
def test_it_is_told_what_kind_of_refusal_that_was(code: HRESULT, kind: SERVERCALL) -> None:
    retries = Retries(0)
    made = registered(retries)
    refusal = ComError(code, "busy", executed="no")
    refusal.callee = 5
    made.retry_delay_ms(refusal, 0.0)
    [(callee, ticks, reject_type)] = retries.told
    assert (callee, reject_type) == (5, kind)
    assert ticks > 0


@pytest.mark.parametrize("is_nested", [False, True])
def test_it_is_told_whether_the_call_was_made_inside_another(is_nested: bool) -> None:
    watches = Watches(None)
    made = registered(watches, is_nested=is_nested)
    assert not made.cancels_wait(3, 0.0)
    expected = PENDINGTYPE.NESTED if is_nested else PENDINGTYPE.TOPLEVEL
    assert [(callee, kind) for callee, _, kind in watches.told] == [(3, expected)]


@pytest.mark.parametrize("answer", [None, "yes", 9])
def test_an_answer_that_is_none_gives_up(answer: Any) -> None:
    made = registered(Retries(answer))
    refusal = ComError(HRESULT.RPC_E_CALL_REJECTED, "busy", executed="no")
    assert made.retry_delay_ms(refusal, 0.0) == (9 if answer == 9 else -1)
