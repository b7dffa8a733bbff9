"""Sized arrays send exactly what they declare (size_is)."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.sized import sized, sized_bytes


@given(st.lists(st.integers()), st.integers(0, 20))
def test_exactly_the_declared_elements_are_sent_or_none(values: list[int], size: int) -> None:
    if size <= len(values):
        assert sized(values, size, "values") == values[:size]
    else:
        with pytest.raises(ComError):
            sized(values, size, "values")


@pytest.mark.parametrize(
    "values", [[1, 2, 3], (1, 2, 3), range(1, 4), iter([1, 2, 3]), array("i", [1, 2, 3])]
)
def test_any_sequence_will_do(values: Any) -> None:
    assert sized(values, 2, "values") == [1, 2]


def test_a_buffer_gives_plain_numbers() -> None:
    assert sized(memoryview(array("d", [1.5, 2.5])), 2, "values") == [1.5, 2.5]


def test_the_callers_list_is_not_the_one_that_is_sent() -> None:
    values = [1, 2]
    assert sized(values, 2, "values") is not values


@pytest.mark.parametrize("data", [b"abcd", bytearray(b"abcd"), memoryview(b"abcd")])
def test_any_buffer_will_do_for_bytes(data: object) -> None:
    assert sized_bytes(data, 4, "data") == b"abcd"
    assert sized_bytes(data, 3, "data") == b"abc"
    assert sized_bytes(data, 0, "data") == b""


def test_the_bytes_of_wider_elements_are_sent_as_they_lie_in_memory() -> None:
    numbers = array("H", [1, 2])
    assert sized_bytes(numbers, 4, "data") == numbers.tobytes()


def test_bytes_of_the_right_size_are_not_copied() -> None:
    data = b"x" * 100
    assert sized_bytes(data, 100, "data") is data


@pytest.mark.parametrize("cut", [sized, sized_bytes])
@pytest.mark.parametrize(("size", "text"), [(4, "size is 4, but it has 3"), (-1, "size is -1")])
def test_a_size_that_the_array_does_not_have_is_refused_with_its_name(
    cut: Callable[[Any, int, str], object], size: int, text: str
) -> None:
    with pytest.raises(ComError, match=rf"prices: its declared {text}") as failure:
        cut(b"abc", size, "prices")
    assert failure.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failure.value.executed == "no"


@pytest.mark.parametrize("cut", [sized, sized_bytes])
@pytest.mark.parametrize("wrong", [None, 7])
def test_what_is_no_array_is_refused_with_its_name(
    cut: Callable[[Any, int, str], object], wrong: Any
) -> None:
    is_null = wrong is None
    text = "it is None, and its pointer" if is_null else f"{wrong} is no "
    with pytest.raises(ComError, match=rf"prices: {text}") as failure:
        cut(wrong, 1, "prices")
    expected = HRESULT.RPC_X_NULL_REF_POINTER if is_null else HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failure.value.hresult == expected
