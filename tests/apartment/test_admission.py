"""What enters a waiting STA: the whole table."""

from __future__ import annotations

from itertools import product

import pytest

from pyorpc.apartment.admission import ItemKind, Waiting, call_type_of, may_enter, refusal_of
from pyorpc.enumerations import CALLTYPE, SERVERCALL
from pyorpc.errors import HRESULT
from pyorpc.ids import CausalityId, new_causality_id

OWN = new_causality_id()
OTHER = new_causality_id()

ALWAYS = {"no causality": True, "own": True, "other": True}
HELD = {"no causality": False, "own": False, "other": False}
CALLBACKS = {"no causality": False, "own": True, "other": False}

# A row is an item, a column what the thread waits for.
TABLE = {
    ItemKind.CALL: {
        Waiting.PUMPING: ALWAYS,
        Waiting.FOR_REPLY: CALLBACKS,
        Waiting.FOR_HANDLES: ALWAYS,
    },
    ItemKind.POSTED: {
        Waiting.PUMPING: ALWAYS,
        Waiting.FOR_REPLY: HELD,
        Waiting.FOR_HANDLES: HELD,
    },
    ItemKind.SENT: dict.fromkeys(Waiting, ALWAYS),
    ItemKind.RUNTIME: dict.fromkeys(Waiting, ALWAYS),
}
CAUSALITIES = {"no causality": None, "own": OWN, "other": OTHER}


def test_the_table_is_whole() -> None:
    cells = {(kind, waiting) for kind, row in TABLE.items() for waiting in row}
    assert cells == set(product(ItemKind, Waiting))


@pytest.mark.parametrize("kind", ItemKind)
@pytest.mark.parametrize("waiting", Waiting)
@pytest.mark.parametrize("causality", CAUSALITIES)
def test_an_item_enters_when_the_table_says_so(
    kind: ItemKind, waiting: Waiting, causality: str
) -> None:
    enters = may_enter(kind, CAUSALITIES[causality], waiting, OWN)
    assert enters is TABLE[kind][waiting][causality]


@pytest.mark.parametrize("causality", [None, OTHER])
def test_who_waits_without_a_causality_has_no_callbacks(causality: CausalityId | None) -> None:
    assert not may_enter(ItemKind.CALL, causality, Waiting.FOR_REPLY, None)


@pytest.mark.parametrize("kind", ItemKind)
@pytest.mark.parametrize("waiting", Waiting)
@pytest.mark.parametrize("causality", CAUSALITIES)
def test_a_message_filter_gets_every_call_and_changes_nothing_else(
    kind: ItemKind, waiting: Waiting, causality: str
) -> None:
    enters = may_enter(kind, CAUSALITIES[causality], waiting, OWN, is_filtered=True)
    assert enters is (kind is ItemKind.CALL or TABLE[kind][waiting][causality])


@pytest.mark.parametrize("waiting", Waiting)
@pytest.mark.parametrize("causality", CAUSALITIES)
@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_filter_is_told_that_a_call_is(
    waiting: Waiting, causality: str, is_async: bool
) -> None:
    call_type = call_type_of(waiting, CAUSALITIES[causality], OWN, is_async=is_async)
    is_pending = waiting is Waiting.FOR_REPLY
    if is_async:
        assert call_type == (CALLTYPE.ASYNC_CALLPENDING if is_pending else CALLTYPE.ASYNC)
    elif causality == "own" and waiting is not Waiting.PUMPING:
        assert call_type == CALLTYPE.NESTED
    else:
        assert call_type == (CALLTYPE.TOPLEVEL_CALLPENDING if is_pending else CALLTYPE.TOPLEVEL)


@pytest.mark.parametrize("answer", SERVERCALL)
@pytest.mark.parametrize("call_type", CALLTYPE)
def test_what_the_caller_gets_for_a_filters_answer(answer: SERVERCALL, call_type: CALLTYPE) -> None:
    refusal = refusal_of(answer, call_type)
    if call_type in (CALLTYPE.ASYNC, CALLTYPE.ASYNC_CALLPENDING) or answer == SERVERCALL.ISHANDLED:
        assert refusal is None
    elif answer == SERVERCALL.REJECTED:
        assert refusal == HRESULT.RPC_E_CALL_REJECTED
    else:
        assert refusal == HRESULT.RPC_E_SERVERCALL_RETRYLATER
