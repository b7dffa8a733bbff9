"""Safe arrays keep their bounds; they travel flat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.safe_array import (
    MOST_DIMENSIONS,
    SafeArray,
    SafeArrayWire,
    dimensions_of,
    flattened,
    nested,
)


def test_it_is_a_list_with_bounds_and_a_type() -> None:
    one = SafeArray([1, 2], 5, VT.I4)
    assert one == [1, 2]
    assert (one.lower_bounds, one.vt) == ((5,), VT.I4)
    assert one == SafeArray([1, 2], (5,), VT.I4)
    assert one != SafeArray([1, 2], 0, VT.I4)
    assert one != SafeArray([1, 2], 5, VT.I2)
    assert repr(one) == "SafeArray([1, 2], (5,), VT.I4)"


def test_without_bounds_the_lists_say_how_many_dimensions_there_are() -> None:
    assert SafeArray([[1], [2]], None, VT.I4).lower_bounds == (0, 0)
    assert SafeArray([[1], [2]]).lower_bounds == (0,)
    assert dimensions_of([]) == 1
    deep: list[list[list[int]]] = [[[]]]
    assert dimensions_of(deep) == 3


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_what_is_flattened_is_nested_again(sizes: list[int]) -> None:
    count = iter(range(1000))

    def made(dimension: int) -> Any:
        if dimension == len(sizes):
            return next(count)
        return [made(dimension + 1) for _ in range(sizes[dimension])]

    values = made(0)
    bounds = tuple(range(len(sizes)))
    wire = flattened(values, bounds)
    again = nested(wire, wire.elements, VT.I4)
    assert again == SafeArray(values, bounds, VT.I4)
    assert wire.elements == list(range(len(wire.elements)))


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        ([[1], [1, 2]], None),
        ([[1], 2], None),
        (5, None),
        ("text", None),
        ([], ()),
        ([], (0,) * (MOST_DIMENSIONS + 1)),
    ],
)
def test_what_is_no_box_is_refused(values: Any, bounds: tuple[int, ...] | None) -> None:
    with pytest.raises(ComError) as refused:
        flattened(values, bounds)
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA


@pytest.mark.parametrize(
    ("bounds", "sizes", "elements"),
    [
        ([0], [2], [1]),
        ([0, 0], [1], [1]),
        ([], [], []),
        ([0, 0], [1 << 31, 0], []),
        ([0], [1 << 31], []),
    ],
)
def test_bounds_that_lie_are_refused(
    bounds: list[int], sizes: list[int], elements: list[int]
) -> None:
    with pytest.raises(ComError) as refused:
        nested(SafeArrayWire(bounds, sizes, elements), elements, VT.I4)
    assert refused.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
