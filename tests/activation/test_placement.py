"""The table of the seed on apartments, with the rows that the neutral apartment adds (ACT-01..06).

A row is a creator, a column a threading model.
"""

from __future__ import annotations

from itertools import product

import pytest

from pyorpc.activation.placement import Creator, Placement, placement_of
from pyorpc.activation.threading_model import ThreadingModel

MODELS = ["NONE", "APARTMENT", "FREE", "BOTH", "NEUTRAL"]

TABLE = {
    "MAIN_STA": ["CREATOR", "CREATOR", "MTA", "CREATOR", "NEUTRAL"],
    "OTHER_STA": ["MAIN_STA", "CREATOR", "MTA", "CREATOR", "NEUTRAL"],
    "MTA": ["MAIN_STA", "HOST_STA", "CREATOR", "CREATOR", "NEUTRAL"],
    "NEUTRAL_ON_STA": ["MAIN_STA", "CURRENT_THREAD_STA", "MTA", "CREATOR", "CREATOR"],
    "NEUTRAL_ON_MTA": ["MAIN_STA", "HOST_STA", "MTA", "CREATOR", "CREATOR"],
}

CELLS = [
    (ThreadingModel[model], Creator[creator], Placement[placement])
    for creator, row in TABLE.items()
    for model, placement in zip(MODELS, row, strict=True)
]


def test_the_table_has_every_creator_and_every_model() -> None:
    assert {(model, creator) for model, creator, _ in CELLS} == set(
        product(ThreadingModel, Creator)
    )


@pytest.mark.parametrize(("model", "creator", "placement"), CELLS)
def test_an_object_goes_where_the_table_says(
    model: ThreadingModel, creator: Creator, placement: Placement
) -> None:
    assert placement_of(model, creator, has_main_sta=True) is placement


@pytest.mark.parametrize(("model", "creator", "placement"), CELLS)
def test_without_a_main_sta_only_what_must_go_to_it_goes_elsewhere(
    model: ThreadingModel, creator: Creator, placement: Placement
) -> None:
    expected = Placement.NEW_MAIN_STA if placement is Placement.MAIN_STA else placement
    assert placement_of(model, creator, has_main_sta=False) is expected


def test_the_creator_gets_the_object_itself_only_in_its_own_apartment() -> None:
    assert [placement for placement in Placement if placement.is_raw] == [Placement.CREATOR]


def test_a_neutral_object_keeps_the_both_and_neutral_objects_that_it_creates() -> None:
    for creator in (Creator.NEUTRAL_ON_STA, Creator.NEUTRAL_ON_MTA):
        for model in (ThreadingModel.BOTH, ThreadingModel.NEUTRAL):
            assert placement_of(model, creator, has_main_sta=True).is_raw
