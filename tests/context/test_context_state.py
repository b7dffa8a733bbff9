"""Every state of a context, and every event."""

from __future__ import annotations

import threading
from itertools import product

import pytest

from pyorpc.apartment.sta import Sta
from pyorpc.context.context import Context
from pyorpc.context.context_state import MOVES, ContextEvent, ContextState
from pyorpc.ids import new_oxid
from pyorpc.transport.port import Port
from tests.support.work import no_sockets

COLUMNS = ["DISCONNECT", "DRAINED"]
TABLE: dict[str, list[str | None]] = {
    "LIVE": ["DRAINING", None],
    "DRAINING": ["DRAINING", "DISCONNECTED"],
    "DISCONNECTED": ["DRAINING", "DISCONNECTED"],
}
CELLS = [
    (ContextState[state], ContextEvent[event], None if after is None else ContextState[after])
    for state, row in TABLE.items()
    for event, after in zip(COLUMNS, row, strict=True)
]


def test_every_state_and_every_event_is_tested() -> None:
    assert [cell[:2] for cell in CELLS] == list(product(ContextState, ContextEvent))


@pytest.mark.parametrize(("state", "event", "after"), CELLS)
def test_a_context_makes_the_moves_of_the_table_and_no_others(
    state: ContextState, event: ContextEvent, after: ContextState | None
) -> None:
    port = Port(no_sockets, owner=threading.get_ident())
    try:
        context = Context(Sta(new_oxid(), port, is_main=True, max_queue=10))
    finally:
        port.close()
    context.state = state
    if after is None:
        with pytest.raises(KeyError):
            context.apply(event)
        assert context.state is state
        assert (state, event) not in MOVES
    else:
        context.apply(event)
        assert context.state is after


def test_a_context_says_that_it_is_live_no_more() -> None:
    port = Port(no_sockets, owner=threading.get_ident())
    try:
        context = Context(Sta(new_oxid(), port, is_main=True, max_queue=10))
    finally:
        port.close()
    assert repr(context).startswith("<private context ")
    context.apply(ContextEvent.DISCONNECT)
    assert repr(context).startswith("<draining context ")
    context.apply(ContextEvent.DRAINED)
    assert repr(context).startswith("<disconnected context ")
