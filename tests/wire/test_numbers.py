"""Every number type accepts exactly the range of its IDL type."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.wire.codec import decoder, encode
from pyorpc.wire.method import Method
from pyorpc.wire.numbers import (
    Byte,
    Char,
    Float,
    Hyper,
    Long,
    Short,
    Small,
    UHyper,
    ULong,
    UShort,
)

# By width and sign: these are C's limits, not those that the module states.
RANGES: list[tuple[str, Any, int, int]] = [
    ("Byte", Byte, 0, 2**8 - 1),
    ("Small", Small, -(2**7), 2**7 - 1),
    ("Short", Short, -(2**15), 2**15 - 1),
    ("UShort", UShort, 0, 2**16 - 1),
    ("Long", Long, -(2**31), 2**31 - 1),
    ("ULong", ULong, 0, 2**32 - 1),
    ("Hyper", Hyper, -(2**63), 2**63 - 1),
    ("UHyper", UHyper, 0, 2**64 - 1),
]
by_name = pytest.mark.parametrize(
    ("declared", "low", "high"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES]
)


@by_name
def test_both_ends_of_a_range_are_in_it(declared: Any, low: int, high: int) -> None:
    for value in (low, 0, 1, high):
        assert decoder(declared).decode(encode(value)) == value


@by_name
def test_a_number_beyond_its_range_is_refused_before_it_is_sent(
    declared: Any, low: int, high: int
) -> None:
    method: Method[tuple[int], None] = Method("IFoo.Bar", 3, tuple[declared], None)
    for value in (low - 1, high + 1):
        for refuse in (method.encode_args, method.copy_args):
            with pytest.raises(InvalidArgumentError) as failure:
                refuse((value,))
            assert failure.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA


@pytest.mark.parametrize("declared", [row[1] for row in RANGES], ids=[row[0] for row in RANGES])
@pytest.mark.parametrize("wrong", [True, 1.0, "1", b"1", None])
def test_only_a_whole_number_is_a_number(declared: Any, wrong: object) -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        decoder(declared).decode(encode(wrong))


@given(st.floats(allow_nan=False))
def test_a_float_travels_with_all_its_bits(value: float) -> None:
    assert decoder(Float).decode(encode(value)) == value


def test_a_whole_number_may_stand_for_a_float() -> None:
    value = decoder(Float).decode(encode(3))
    assert (value, type(value)) == (3.0, float)


@pytest.mark.parametrize("character", ["a", "\0", "é", "😀"])
def test_a_char_is_one_character(character: str) -> None:
    assert decoder(Char).decode(encode(character)) == character


@pytest.mark.parametrize("text", ["", "ab"])
def test_a_char_is_neither_none_nor_two(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="of length"):
        decoder(Char).decode(encode(text))
