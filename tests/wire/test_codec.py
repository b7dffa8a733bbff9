"""What may travel, and how it comes back. Plain msgpack reads all that we write."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.wire.codec import (
    SURROGATES,
    UNREADABLE,
    OpenIntEnum,
    OpenIntFlag,
    Struct,
    decode_hook,
    decoder,
    encode,
    encode_hook,
    reread,
)
from tests.support.plain_msgpack import pack, unpack


class Side(OpenIntEnum):
    BID = 0
    ASK = 1


class Access(OpenIntFlag):
    READ = 1
    WRITE = 2


class Quote(Struct, frozen=True):
    symbol: str
    price: float
    size: int
    side: Side = Side.BID


class LongerQuote(Struct, frozen=True):
    symbol: str
    price: float
    size: int
    side: Side
    venue: str


class ShorterQuote(Struct, frozen=True):
    symbol: str
    price: float


# ---- structs --------------------------------------------------------------------------------


def test_a_struct_travels_as_an_array_in_field_order() -> None:
    assert unpack(encode(Quote("ABC", 1.5, 7, Side.ASK))) == ["ABC", 1.5, 7, 1]


@given(st.builds(Quote, st.text(), st.floats(allow_nan=False), st.integers(0, 2**63 - 1)))
def test_a_struct_comes_back_as_it_was(quote: Quote) -> None:
    assert decoder(Quote).decode(encode(quote)) == quote


def test_a_struct_is_frozen_and_hashable() -> None:
    quote: Any = Quote("ABC", 1.5, 7)
    with pytest.raises(AttributeError):
        quote.size = 8
    assert {quote: 1}[Quote("ABC", 1.5, 7)] == 1


def test_what_a_newer_peer_adds_at_the_end_of_a_struct_is_skipped() -> None:
    longer = LongerQuote("ABC", 1.5, 7, Side.ASK, "XETR")
    assert decoder(Quote).decode(encode(longer)) == Quote("ABC", 1.5, 7, Side.ASK)


def test_what_an_older_peer_does_not_send_must_have_a_default() -> None:
    with pytest.raises(msgspec.ValidationError, match="length 3, got 2"):
        decoder(Quote).decode(encode(ShorterQuote("ABC", 1.5)))
    assert decoder(Quote).decode(encode(["ABC", 1.5, 7])) == Quote("ABC", 1.5, 7, Side.BID)


# ---- enums ----------------------------------------------------------------------------------


def test_a_named_value_of_an_enum_is_its_member() -> None:
    assert decoder(Side).decode(encode(Side.ASK)) is Side.ASK


def test_a_value_that_an_enum_does_not_know_passes_through_without_a_name() -> None:
    side = decoder(Side).decode(encode(77))
    assert isinstance(side, Side)
    assert (side, side.value, side.name) == (77, 77, "77")
    assert encode(side) == encode(77)


def test_a_peer_cannot_fill_an_enum_with_values() -> None:
    before = set(Side._value2member_map_), set(Access._value2member_map_)
    for value in range(100, 200):
        decoder(Side).decode(encode(value))
        decoder(Access).decode(encode(value))
    assert (set(Side._value2member_map_), set(Access._value2member_map_)) == before


def test_what_is_no_number_is_no_value_of_an_enum() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `str`"):
        decoder(Side).decode(encode("ASK"))
    with pytest.raises(ValueError, match="'ASK' is not a valid Side"):
        Side("ASK")  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("value", [0, 1, 3, 4, 1 << 30])
def test_flags_keep_the_bits_that_they_do_not_know(value: int) -> None:
    access = decoder(Access).decode(encode(value))
    assert isinstance(access, Access)
    assert access.value == value
    assert encode(access) == encode(value)


def test_a_declared_flag_stays_declared_however_it_is_asked_for() -> None:
    assert Access(~Access.WRITE.value) is Access.READ
    assert Access(1) is Access.READ


# ---- Guids ----------------------------------------------------------------------------------


@given(st.binary(min_size=16, max_size=16))
def test_a_guid_travels_as_its_16_bytes(octets: bytes) -> None:
    body = encode(Guid(octets))
    assert unpack(body) == octets
    assert decoder(Guid).decode(body) == Guid(octets)


@pytest.mark.parametrize("wrong", [b"", b"x" * 15, b"x" * 17, "0" * 16, 7, None])
def test_anything_but_16_bytes_is_no_guid(wrong: object) -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `Guid`, got"):
        decoder(Guid).decode(encode(wrong))


def test_the_hooks_refuse_every_type_that_is_not_ours() -> None:
    with pytest.raises(TypeError, match="a complex cannot be sent"):
        encode_hook(1j)
    with pytest.raises(TypeError, match="Expected `complex`, got `bytes`"):
        decode_hook(complex, b"x" * 16)


# ---- what cannot be sent --------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "a object cannot be sent: <object object at 0x"),
        ([1, {2j}], "a complex cannot be sent: 2j"),
        (2**64, "ints"),
        (-(2**63) - 1, "ints"),
        (nested(100_000), "recursion"),
    ],
)
def test_what_cannot_be_sent_is_the_callers_mistake(value: object, text: str) -> None:
    with pytest.raises(ComError, match=text) as failure:
        encode(value)
    assert failure.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failure.value.executed == "no"


@pytest.mark.parametrize("text", ["\ud800", "a\0\udfff\ud800", "\udc00" + "x" * 70_000])
def test_lone_surrogates_travel_and_msgpack_reads_them(text: str) -> None:
    known = decoder(tuple[str, list[str], Quote])
    value = text, ["plain", text], Quote(text, 1.5, 2)
    body = encode(value)
    assert reread(known, body) == value
    code, data = unpack(body)[0]
    assert (code, data.decode("utf-8", "surrogatepass")) == (SURROGATES, text)


def test_only_surrogates_are_read_again() -> None:
    known = decoder(list[str])
    for body in (encode([1]), b"\x91\xd4\x02a", b"\x91\xc7\x01\x01\xff", b"\x91\xc7\x09\x01a"):
        with pytest.raises(msgspec.DecodeError):
            known.decode(body)
        assert reread(known, body) is UNREADABLE
    assert decoder(list[Any]).decode(encode(["\ud800"])) == ["\ud800"]


def test_the_text_of_an_error_does_not_repeat_a_large_value() -> None:
    class Large:
        def __repr__(self) -> str:
            return "x" * 10_000

    with pytest.raises(ComError) as failure:
        encode(Large())
    assert len(failure.value.description) < 200


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_plain_msgpack_reads_whatever_is_written(value: object) -> None:
    assert unpack(encode(value)) == value
    assert decoder(Any).decode(pack(value)) == value
