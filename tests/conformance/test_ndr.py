"""NDR: typed parameters on the wire."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    MSHCTX,
    VT,
    ComError,
    Guid,
    Runtime,
    SafeArray,
    Variant,
)
from tests.conftest import Spawn
from tests.midl.good.unions_idl import (
    Drawn,
    Drawn_sides,
    Figure,
    Inner,
    IUnions,
    Letter,
    Letter_held,
    Shape,
    Spot,
    Tagged,
    Tagged_data,
    Unnamed,
)
from tests.support.apartment_thread import ApartmentThread
from tests.support.kinds import STOP, Kinds, Unions, serve_kinds
from tests.support.kinds_idl import Bag, Heat, IKinds, Wide
from tests.support.probe import in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CANNOT_SEND = HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA

INTEGERS: list[tuple[int, int]] = [
    (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, 2**bits - 1)
    for bits in (8, 16, 32, 64)
    for is_signed in (True, False)
]
TEXTS = ["", "a\0b\0", "\ud800 alone \udfff", "\U0001f600", "x" * 5000, "\udc00" + "y" * 5000]


@contextmanager
def both(spawn: Spawn, is_remote: bool) -> Generator[tuple[IKinds, IUnions]]:
    """Proxies, over each of the two wires."""
    if is_remote:
        server = spawn(serve_kinds)
        with in_apartment(MTA):
            yield (
                pyorpc.unmarshal_interface(server.receive(), IKinds),
                pyorpc.unmarshal_interface(server.receive(), IUnions),
            )
        server.send(STOP)
        assert server.join() == 0
        return
    with Runtime() as runtime, ApartmentThread(runtime, STA) as host, runtime.enter_apartment(MTA):
        inside = MSHCTX.INPROC
        kinds = host.run(pyorpc.marshal_interface, Kinds(), IKinds, inside)
        unions = host.run(pyorpc.marshal_interface, Unions(), IUnions, inside)
        yield (
            pyorpc.unmarshal_interface(kinds, IKinds),
            pyorpc.unmarshal_interface(unions, IUnions),
        )


WIRES = ["another process", "another apartment"]


@pytest.fixture(params=WIRES)
def kinds(request: pytest.FixtureRequest, spawn: Spawn) -> Iterator[IKinds]:
    with both(spawn, request.param == WIRES[0]) as (kinds, _):
        yield kinds


@pytest.fixture(params=WIRES)
def unions(request: pytest.FixtureRequest, spawn: Spawn) -> Iterator[IUnions]:
    with both(spawn, request.param == WIRES[0]) as (_, unions):
        yield unions


def refusal(function: Any, *args: Any) -> ComError:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value


def test_NDR_01_integers(kinds: IKinds) -> None:
    lowest, highest = [low for low, _ in INTEGERS], [high for _, high in INTEGERS]
    assert kinds.Integers(*lowest) == tuple(lowest)
    assert kinds.Integers(*highest) == tuple(highest)
    for at, (low, high) in enumerate(INTEGERS):
        for wrong in (low - 1, high + 1):
            values: list[int] = [*highest[:at], wrong, *highest[at + 1 :]]
            error = refusal(kinds.Integers, *values)
            assert (error.hresult, error.executed) == (CANNOT_SEND, "no")


def test_NDR_01_fractions_and_booleans(kinds: IKinds) -> None:
    for value in (math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308):
        assert kinds.Numbers(value, value, True, False, 1) == (value, value, True, False, 1)
    r4, r8, *rest = kinds.Numbers(math.nan, math.nan, False, True, 0)
    assert math.isnan(r4)
    assert math.isnan(r8)
    assert rest == [False, True, 0]


def test_NDR_01_strings(kinds: IKinds) -> None:
    for text in TEXTS:
        assert kinds.Texts(text, text, text, "\ud800") == (text, text, text, "\ud800")
        assert kinds.Texts(text, None, "", "\0") == (text, None, "", "\0")
    assert refusal(kinds.Texts, "", None, "", "ab").hresult == CANNOT_SEND


def test_NDR_01_guids_codes_and_enums(kinds: IKinds) -> None:
    guid = Guid.new()
    unknown = Heat(77)
    values = (guid, HRESULT(0x80041234), Heat.HOT, Wide.W_LOW, -1)
    assert kinds.Codes(*values) == values
    back = kinds.Codes(Guid(bytes(16)), HRESULT.S_FALSE, unknown, Wide(2), 2**40)
    assert back == (Guid(bytes(16)), 1, 77, 2, 2**40)


def test_NDR_01_dates_and_decimals(kinds: IKinds) -> None:
    lowest = Decimal(-(2**63)) / 10000
    values = (
        datetime(1899, 12, 30),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        lowest,
        Decimal(2**96 - 1).scaleb(-28),
        -(2**63),
    )
    assert kinds.Amounts(*values) == values
    for at, wrong in ((2, lowest - 1), (2, Decimal("0.00001")), (3, Decimal("1e-29"))):
        changed: list[Any] = [*values[:at], wrong, *values[at + 1 :]]
        assert refusal(kinds.Amounts, *changed).hresult == CANNOT_SEND


SHAPES: list[Shape] = [
    Shape(1, 0.5),
    Shape(2, -0.0),
    Shape(3, Spot(1, -1)),
    Shape(4, None),
    Shape(5, "text"),
    Shape(5, None),
    Shape(6, None),
    Shape(-7, [1, 2, 3, 4]),
]


def test_NDR_04_encapsulated_unions(unions: IUnions) -> None:
    nothing = Unnamed(False, None)
    for shape in SHAPES:
        assert unions.Encapsulated(shape, nothing) == shape
    mine = Unions()
    assert unions.Encapsulated(Shape(6, mine), nothing).value is mine
    unions.Many(2, [SHAPES[0], SHAPES[2]], None)
    for tag in (0, 7, 99):
        error = refusal(unions.Encapsulated, Shape(tag, 1.5), nothing)
        assert (error.hresult, error.executed) == (HRESULT.RPC_S_INVALID_TAG, "no")
    wrong = Unnamed(True, "a wrong tag, please")
    assert refusal(unions.Encapsulated, SHAPES[0], wrong).hresult == 0x800706C5
    for value in (None, "text", [1.5]):
        error = refusal(unions.Encapsulated, Shape(1, value), nothing)  # type: ignore[arg-type]
        assert (error.hresult, error.executed) == (CANNOT_SEND, "no")


def test_NDR_04_unions_with_switch_is(unions: IUnions) -> None:
    arms = [
        Drawn(Figure.CIRCLE, 1.5),
        Drawn(Figure.SQUARE, Drawn_sides(1.0, 2.0)),
        Drawn(Figure(77), Variant(VT.I2, 5)),
    ]
    for drawn in arms:
        assert unions.Switched(drawn.tag, drawn, 0, arms[0]) == (drawn.tag, drawn)
    error = refusal(unions.Switched, Figure.CIRCLE, arms[1], 0, arms[0])
    assert (error.hresult, error.executed) == (HRESULT.RPC_S_INVALID_TAG, "no")


def test_NDR_04_unions_in_structures_arrays_and_each_other(unions: IUnions) -> None:
    shapes = [SHAPES[0], SHAPES[3]]
    drawn = Drawn(Figure.CIRCLE, 1.5)
    tagged = Tagged(2, Tagged_data(2, [7, 8, 9]), Figure.CIRCLE, drawn, SHAPES[2], 2, shapes)
    deep = Letter("a", Letter_held(Inner(1, 255)))
    assert unions.Nested(deep, tagged) == (deep, tagged)
    chained = Letter("b", Shape(3, Spot(5, 6)))
    other = Tagged(9, Tagged_data(9, None), Figure.CIRCLE, drawn, None, 0, [])
    assert unions.Nested(chained, other) == (chained, other)
    lying = Tagged(2, Tagged_data(1, 5), Figure.CIRCLE, drawn, None, 0, [])
    assert refusal(unions.Nested, deep, lying).hresult == HRESULT.RPC_S_INVALID_TAG
    nothing = Letter("z", None)
    assert refusal(unions.Nested, nothing, tagged).hresult == HRESULT.RPC_S_INVALID_TAG


# Type, smallest or oddest value, largest or another one.
BASE_TYPES: list[tuple[VT, Any, Any]] = [
    (VT.I1, -128, 127),
    (VT.UI1, 0, 255),
    (VT.I2, -(2**15), 2**15 - 1),
    (VT.UI2, 0, 2**16 - 1),
    (VT.I4, -(2**31), 2**31 - 1),
    (VT.UI4, 0, 2**32 - 1),
    (VT.I8, -(2**63), 2**63 - 1),
    (VT.UI8, 0, 2**64 - 1),
    (VT.INT, -(2**31), 2**31 - 1),
    (VT.UINT, 0, 2**32 - 1),
    (VT.R4, -1.5, math.inf),
    (VT.R8, 5e-324, 1.7976931348623157e308),
    (VT.CY, Decimal("-1.2345"), Decimal("922337203685477.5807")),
    (VT.DATE, datetime(1899, 12, 30), datetime(2026, 11, 25, 12, 30)),
    (VT.BSTR, "", "\ud800\0"),
    (VT.ERROR, HRESULT.DISP_E_PARAMNOTFOUND, HRESULT.S_OK),
    (VT.BOOL, False, True),
    (VT.DECIMAL, Decimal("1e-28"), Decimal(2**96 - 1)),
]


def kept(kinds: IKinds, sent: Any) -> Any:
    """What comes back, which the callee saw in the same way."""
    seen, back = kinds.Value(sent)
    assert seen == repr(back)
    return back


def test_NDR_06_base_types(kinds: IKinds) -> None:
    for vt, *values in BASE_TYPES:
        for value in values:
            for sent in (Variant(vt, value), Variant(VT.BYREF | vt, value)):
                back = kept(kinds, sent)
                again = back if isinstance(back, Variant) else Variant(natural(back), back)
                assert (again.vt, again.value) == (sent.vt, value)


def test_NDR_06_arrays(kinds: IKinds) -> None:
    for vt, one, other in BASE_TYPES:
        flat = SafeArray([one, other, one], -3, vt)
        box = SafeArray([[[one, other], [other, one], [one, one]]], (1, -2, 1000), vt)
        arrays: list[SafeArray[Any]] = [flat, box, SafeArray([], 7, vt)]
        for sent in arrays:
            back = kept(kinds, sent)
            assert (back, back.lower_bounds, back.vt) == (sent, sent.lower_bounds, vt)
            reference = Variant(VT.BYREF | VT.ARRAY | vt, sent)
            assert kept(kinds, reference) == reference


def natural(value: object) -> VT:
    """The type that a plain value has in a VARIANT."""
    types: dict[type, VT] = {
        bool: VT.BOOL,
        float: VT.R8,
        str: VT.BSTR,
        datetime: VT.DATE,
        Decimal: VT.DECIMAL,
    }
    if isinstance(value, int) and not isinstance(value, bool):
        return VT.I4 if -(2**31) <= value < 2**31 else VT.I8 if value < 2**63 else VT.UI8
    return types[type(value)]


def test_NDR_06_natural_values(kinds: IKinds) -> None:
    values: list[Any] = [None, True, 1, 2**31, 2**64 - 1, 0.5, "text", Decimal("1.10"), b"\0\xff"]
    values += [[1, ["a", [None, False]]], [], datetime(2000, 1, 1, tzinfo=UTC)]
    for value in values:
        back = kept(kinds, value)
        assert (back, type(back)) == (value, type(value))
    assert kept(kinds, (1, "a")) == [1, "a"]
    assert kept(kinds, Variant(VT.NULL)) == Variant(VT.NULL, None)
    assert kept(kinds, ComError(HRESULT.E_FAIL)) == Variant(VT.ERROR, HRESULT.E_FAIL)
    nested = Variant(VT.BYREF | VT.VARIANT, [1, Variant(VT.I2, 2)])
    assert kept(kinds, nested) == nested


def test_NDR_06_what_has_no_type_is_refused_before_it_is_sent(kinds: IKinds) -> None:
    endless: list[Any] = []
    endless.append(endless)
    wrong: list[Any] = [{}, object(), 2**64, Variant(VT.I2, 40000), Variant(VT.RECORD, 1), endless]
    wrong += [SafeArray([[1], [1, 2]], None, VT.I4), Variant(VT.I4, True), Variant(VT.VARIANT, 1)]
    for value in wrong:
        error = refusal(kinds.Value, value)
        assert (error.hresult, error.executed) == (CANNOT_SEND, "no")


def test_NDR_06_variants_in_structures_arrays_and_behind_pointers(kinds: IKinds) -> None:
    bag = Bag("bag", Variant(VT.UI2, 9), Decimal("1.5"), datetime(2026, 1, 1), 2, [1, [None]])
    assert kinds.Bags(bag, None) == (bag, None)
    assert kinds.Bags(bag, Variant(VT.I1, -1)) == (bag, Variant(VT.I1, -1))
    assert kinds.Several(2, ["a", b"b", "not sent"]) == ["a", b"b"]
    assert refusal(kinds.Several, 2, ["a"]).hresult == CANNOT_SEND
    assert kinds.Optional(1) == Variant(VT.ERROR, HRESULT.DISP_E_PARAMNOTFOUND)
    assert kinds.Optional(1, None) is None


def test_NDR_06_interface_pointers(kinds: IKinds) -> None:
    mine = Kinds()
    assert kinds.Pointer(mine) is mine
    assert kinds.Pointer(Variant(VT.BYREF | VT.UNKNOWN, mine)) == Variant(
        VT.BYREF | VT.UNKNOWN, mine
    )
    theirs = kinds.Pointer(kinds)
    assert pyorpc.is_same_object(theirs, kinds)
    assert kept(kinds, Variant(VT.UNKNOWN, None)) == Variant(VT.UNKNOWN, None)
    array = kinds.Value(SafeArray([[mine, None], [kinds, mine]], (1, 2), VT.UNKNOWN))[1]
    assert array[0] == [mine, None]
    assert pyorpc.is_same_object(array[1][0], kinds)
    assert (array.lower_bounds, array.vt) == ((1, 2), VT.UNKNOWN)
