"""Random IDL types, how they are declared, and values of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pyorpc import VT, Guid, Variant

NUMBERS = itertools.count()
SAFE_ARRAY = "SAFEARRAY(struct {}) {{}};"


@dataclass(frozen=True)
class Kind:
    """A type: how a field of it is declared, what must be declared before, and its values."""

    field: str  # with {} for the name
    values: Callable[[Any], st.SearchStrategy[Any]]  # of the generated module
    before: str = ""


def plain(field: str, values: st.SearchStrategy[Any]) -> Kind:
    return Kind(field, lambda _module: values)


def integers(bits: int, *, is_signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << bits - 1) if is_signed else 0
    return st.integers(low, low + (1 << bits) - 1)


def exactly(count: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=count, max_size=count)


TEXT = st.text(st.characters(), max_size=8)
FLOAT = st.floats(allow_nan=False)
VARIANT = st.recursive(
    st.none()
    | st.booleans()
    | integers(64, is_signed=True)
    | FLOAT
    | TEXT
    | st.binary(max_size=4)
    | st.builds(Variant, st.just(VT.UI2), integers(16, is_signed=False)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
LEAVES = [
    plain("boolean {};", st.booleans()),
    plain("byte {};", integers(8, is_signed=False)),
    plain("short {};", integers(16, is_signed=True)),
    plain("unsigned long {};", integers(32, is_signed=False)),
    plain("hyper {};", integers(64, is_signed=True)),
    plain("double {};", FLOAT),
    plain("BSTR {};", TEXT),
    plain("[unique] LPWSTR {};", st.none() | TEXT),
    plain("wchar_t {};", st.characters()),
    plain("GUID {};", st.builds(Guid, st.binary(min_size=16, max_size=16))),
    plain("DATE {};", st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))),
    plain("CY {};", st.integers(-(2**63), 2**63 - 1).map(lambda units: Decimal(units).scaleb(-4))),
    plain("VARIANT {};", VARIANT),
    plain("SAFEARRAY(BSTR) {};", st.lists(TEXT, max_size=3)),
    plain("SAFEARRAY(VARIANT) {};", st.lists(VARIANT, max_size=3)),
    plain("long {}[2][3];", exactly(2, exactly(3, integers(32, is_signed=True)))),
    plain("byte {}[4];", st.binary(min_size=4, max_size=4)),
    plain("[unique] double *{};", st.none() | FLOAT),
    plain("float {};", st.floats(width=32, allow_nan=False)),
    plain("DECIMAL {};", st.integers(-(2**95), 2**95).map(lambda units: Decimal(units).scaleb(-7))),
    plain("SAFEARRAY(long) {};", st.lists(integers(32, is_signed=True), max_size=3)),
    plain("IUnknown *{};", st.none()),
]  # fmt: skip


@st.composite
def enums(draw: st.DrawFn) -> Kind:
    """An enum; values that it does not know stay numbers."""
    values = draw(st.lists(integers(32, is_signed=True), min_size=1, max_size=4, unique=True))
    name = f"E{next(NUMBERS)}"
    members = ", ".join(f"{name}_{at} = {value}" for at, value in enumerate(values))
    before = f"typedef [v1_enum] enum {{ {members} }} {name};\n"
    return Kind(f"{name} {{}};", lambda module: st.sampled_from(getattr(module, name)), before)


@st.composite
def parts(draw: st.DrawFn) -> Kind:
    """An array of which a part is sent, from an index on or as many as are there."""
    name = f"P{next(NUMBERS)}"
    first_and_last = draw(st.booleans())
    bounds = "first_is(a), last_is(b)" if first_and_last else "length_is(b)"
    before = f"struct {name} {{ long n; long a; long b; [size_is(n), {bounds}] short *items; }};\n"
    shape = st.tuples(st.integers(0, 4), st.integers(0, 4))

    def values(module: Any) -> st.SearchStrategy[Any]:
        def made(first: int, count: int) -> st.SearchStrategy[Any]:
            last = first + count - 1 if first_and_last else count
            items = exactly(count, integers(16, is_signed=True))
            return items.map(lambda found: getattr(module, name)(9, first, last, found))

        return shape.flatmap(lambda both: made(*both))

    return Kind(f"struct {name} {{}};", values, before)  # fmt: skip


@st.composite
def pointed(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """A full or unique pointer to a struct, or a safe array of structs."""
    kind = draw(structs(inner))
    name = kind.field.split()[1]
    form = draw(
        st.sampled_from(["[ptr] struct {} *{{}};", "[unique] struct {} *{{}};", SAFE_ARRAY])
    )
    is_list = form == SAFE_ARRAY

    def values(module: Any) -> st.SearchStrategy[Any]:
        each = kind.values(module)
        return st.lists(each, max_size=3) if is_list else st.none() | each

    return Kind(form.format(name), values, kind.before)


@st.composite
def switched(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """A union whose tag is another field of the struct around it."""
    kind = draw(inner)
    name, other = f"N{next(NUMBERS)}", f"S{next(NUMBERS)}"
    arms = f"[case(1, 2)] {kind.field.format('one')} [case(3)] ; [default] short more;"
    before = kind.before + f"typedef [switch_type(long)] union {name} {{ {arms} }} {name};\n"
    before += f"struct {other} {{ long t; [switch_is(t)] {name} u; }};\n"

    def values(module: Any) -> st.SearchStrategy[Any]:
        def made(tag: int, value: Any) -> Any:
            return getattr(module, other)(tag, getattr(module, name)(tag, value))

        ones = st.builds(made, st.sampled_from([1, 2]), kind.values(module))
        others = st.builds(made, st.integers(4, 99), integers(16, is_signed=True))
        return st.one_of(ones, others, st.just(made(3, None)))

    return Kind(f"struct {other} {{}};", values, before)  # fmt: skip


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """A struct of some fields; a sized array has its count before it."""
    kinds = draw(st.lists(inner, min_size=1, max_size=4))
    name = f"S{next(NUMBERS)}"
    fields = " ".join(kind.field.format(f"f{at}") for at, kind in enumerate(kinds))
    sized = draw(st.booleans())
    if sized:
        fields += " long n; [size_is(n)] short *items;"
    before = "".join(kind.before for kind in kinds) + f"struct {name} {{ {fields} }};\n"

    def values(module: Any) -> st.SearchStrategy[Any]:
        parts = [kind.values(module) for kind in kinds]
        made = getattr(module, name)
        if not sized:
            return st.builds(made, *parts)
        items = st.lists(integers(16, is_signed=True), max_size=4)
        return st.tuples(st.tuples(*parts), items).map(
            lambda both: made(*both[0], len(both[1]), both[1])
        )

    return Kind(f"struct {name} {{}};", values, before)  # fmt: skip


@st.composite
def unions(draw: st.DrawFn, inner: st.SearchStrategy[Kind]) -> Kind:
    """An encapsulated union; the last arm is empty."""
    kinds = draw(st.lists(inner, min_size=1, max_size=3))
    name = f"U{next(NUMBERS)}"
    arms = "".join(f"case {at}: {kind.field.format(f'a{at}')} " for at, kind in enumerate(kinds))
    before = "".join(kind.before for kind in kinds)
    before += f"union {name} switch (long t) u {{ {arms} case -1: ; }};\n"

    def values(module: Any) -> st.SearchStrategy[Any]:
        made = getattr(module, name)
        each = [st.builds(made, st.just(at), kind.values(module)) for at, kind in enumerate(kinds)]
        return st.one_of(st.just(made(-1, None)), *each)

    return Kind(f"union {name} {{}};", values, before)  # fmt: skip


KINDS = st.recursive(
    st.sampled_from(LEAVES) | enums() | parts(),
    lambda inner: structs(inner) | unions(inner) | pointed(inner) | switched(inner),
    max_leaves=6,
)
