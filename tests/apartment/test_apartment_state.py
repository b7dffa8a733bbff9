"""The table of an apartment's life: every state and every event."""

from __future__ import annotations

from itertools import product

import pytest

from pyorpc import COINIT, Runtime
from pyorpc.apartment.apartment import Apartment
from pyorpc.apartment.apartment_state import MOVES, ApartmentEvent, ApartmentState
from tests.support.work import Work, pumping_sta


def test_every_state_and_event_is_in_the_table_or_is_illegal() -> None:
    illegal = {
        (ApartmentState.OPEN, ApartmentEvent.END),
        (ApartmentState.ENDED, ApartmentEvent.END),
    }
    assert set(product(ApartmentState, ApartmentEvent)) == MOVES.keys() | illegal
    assert not MOVES.keys() & illegal


def test_no_move_leads_back() -> None:
    order = list(ApartmentState)
    for (before, _), after in MOVES.items():
        assert order.index(after) >= order.index(before)


def test_an_sta_goes_through_all_of_them() -> None:
    with pumping_sta() as sta:
        assert (sta.state, sta.is_closed) == (ApartmentState.OPEN, False)
        with pytest.raises(KeyError):
            sta.ended()
        assert sta.state is ApartmentState.OPEN
    assert (sta.state, sta.is_closed) == (ApartmentState.LEAVING, True)
    sta.close()
    sta.ended()
    assert (sta.state, sta.is_closed) == (ApartmentState.ENDED, True)
    sta.close()
    with pytest.raises(Exception, match="has ended"):
        sta.submit(Work())


def test_a_runtime_ends_all_of_its_apartments() -> None:
    with Runtime() as runtime:
        with runtime.enter_apartment(COINIT.APARTMENTTHREADED):
            apartments: list[Apartment] = [runtime.mta(), runtime.neutral()]
            apartments += filter(None, [runtime.main_sta])
            assert {each.state for each in apartments} == {ApartmentState.OPEN}
        assert len(apartments) == 3
    assert {each.state for each in apartments} == {ApartmentState.ENDED}
