"""A short body cannot become a value that is too deep or of too many containers."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.wire.codec import Struct
from pyorpc.wire.numbers import Long
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.value_limits import Growth, ValueLimits, growth_of, measure
from tests.support.plain_msgpack import pack


class Point(Struct, frozen=True):
    x: Long
    y: Long


class Tree(Struct, frozen=True):
    value: Long
    left: Tree | None
    right: Tree | None


class Bush(Struct, frozen=True):
    twigs: list[Bush]


BOUNDED = Growth(may_nest=False, may_multiply=False)
MANY = Growth(may_nest=False, may_multiply=True)
DEEP = Growth(may_nest=True, may_multiply=True)


@pytest.mark.parametrize(
    ("declared", "growth"),
    [
        (tuple[()], BOUNDED),
        (tuple[Long, str, bytes, Guid, float | None], BOUNDED),
        (tuple[list[Long], bytes], BOUNDED),
        (tuple[Point, Point | None], BOUNDED),
        (Long, BOUNDED),
        (type(None), BOUNDED),
        (tuple[list[Point]], MANY),
        (tuple[list[Point | None]], MANY),
        (list[list[Long]], MANY),
        (tuple[dict[str, list[Long]]], MANY),
        (tuple[ObjRef | None], MANY),
        (tuple[Tree], DEEP),
        (tuple[list[Bush]], DEEP),
        (tuple[Any], DEEP),
        (tuple[list[Any]], DEEP),
    ],
)
def test_only_types_that_leave_it_open_can_grow(declared: Any, growth: Growth) -> None:
    assert growth_of(declared) == growth


def depth_and_containers(value: object) -> tuple[int, int]:
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value).items()
        parts = [part for pair in pairs for part in pair]
    elif isinstance(value, list):
        parts = cast("list[object]", value)
    else:
        return 0, 0
    below = [depth_and_containers(part) for part in parts]
    return 1 + max((d for d, _ in below), default=0), 1 + sum(c for _, c in below)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=300)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=17)
    ),
    max_leaves=40,
)


@given(values)
def test_a_body_is_measured_without_decoding_it(value: object) -> None:
    assert measure(pack(value), 10_000, 10_000_000) == depth_and_containers(value)


@pytest.mark.parametrize("length", [31, 32, 255, 256, 65_535, 65_536])
def test_long_strings_bytes_and_lists_are_measured_by_their_lengths(length: int) -> None:
    value: list[Any] = [
        "x" * length,
        b"x" * length,
        [0] * length,
        {n: [] for n in range(length)},
        [],
    ]
    assert measure(pack(value), 100, 10**9) == (3, 4 + length)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_measure(body: bytes) -> None:
    depth, containers = measure(body, 10, 100)
    assert 0 <= depth <= containers <= 101


def refusal_of(limits: ValueLimits, body: bytes, growth: Growth) -> ComError:
    with pytest.raises(ComError) as refused:
        limits.check(body, growth, "the arguments")
    assert refused.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
    assert refused.value.executed == "no"
    return refused.value


def test_a_value_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    limits = ValueLimits(max_depth=64)
    limits.check(b"\x91" + b"\x91" * 63 + b"\x90", DEEP, "the arguments")
    error = refusal_of(limits, b"\x91" + b"\x91" * 64 + b"\x90", DEEP)
    assert "max_value_depth" in error.description


def test_a_mebibyte_of_empty_arrays_is_refused() -> None:
    body = b"\xdd\x00\x10\x00\x00" + b"\x90" * 2**20
    assert "max_elements" in refusal_of(ValueLimits(), body, MANY).description


def test_as_many_containers_as_the_limit_are_taken() -> None:
    limits = ValueLimits(max_elements=100)
    nothing: list[Any] = []
    limits.check(pack([nothing] * 99), MANY, "the arguments")
    refusal_of(limits, pack([nothing] * 100), MANY)


def test_numbers_and_bytes_that_look_like_arrays_are_not_counted() -> None:
    limits = ValueLimits(max_elements=100)
    limits.check(pack([b"\x90" * 1000, "a", [0x90] * 1000, -100.5]), MANY, "the arguments")
    limits.check(b"\x90" * 1000, BOUNDED, "the arguments")  # the declared types bound it
