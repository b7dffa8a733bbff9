"""What enters a waiting STA: the whole table."""

from __future__ import annotations

from itertools import product

import pytest

from pyorpc.apartment.admission import ItemKind, Waiting, may_enter
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
