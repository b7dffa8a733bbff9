"""The checks of each base type, out and in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.wire.variant_types import (
    elements_from_wire,
    from_wire,
    to_currency,
    to_decimal,
    to_wire,
)


@pytest.mark.parametrize(
    ("vt", "value"),
    [
        (VT.I1, 128),
        (VT.UI1, -1),
        (VT.I4, True),
        (VT.I4, 1.0),
        (VT.BOOL, 1),
        (VT.BSTR, b""),
        (VT.R8, "1"),
        (VT.DATE, "2026"),
        (VT.CY, 1.5),
        (VT.EMPTY, 0),
        (VT.CLSID, 5),
    ],
)
def test_what_does_not_fit_its_type_is_refused(vt: VT, value: object) -> None:
    with pytest.raises(ComError) as refused:
        to_wire(vt, value)
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert refused.value.executed == "no"


def test_codes_are_unsigned_on_the_wire() -> None:
    assert to_wire(VT.ERROR, -1) == 0xFFFFFFFF
    assert to_wire(VT.ERROR, ComError(HRESULT.E_FAIL)) == 0x80004005
    assert from_wire(VT.ERROR, 0x80004005) is HRESULT.E_FAIL
    assert elements_from_wire(VT.ERROR, [1]) == [HRESULT.S_FALSE]


def test_a_guid_is_its_bytes() -> None:
    guid = Guid.new()
    assert from_wire(VT.CLSID, to_wire(VT.CLSID, guid).bytes) == guid


def test_dates_come_as_text_or_as_dates() -> None:
    when = datetime(2026, 11, 25, 12)
    assert from_wire(VT.DATE, when) == from_wire(VT.DATE, when.isoformat()) == when


@pytest.mark.parametrize(("vt", "value"), [(VT.I1, 128), (VT.BSTR, 1)])
def test_what_comes_is_checked_again(vt: VT, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        from_wire(vt, value)
    with pytest.raises(msgspec.ValidationError):
        elements_from_wire(vt, [value])


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_currency_fits(units: int) -> None:
    value = Decimal(units).scaleb(-4)
    assert to_currency(value) == value


@given(st.integers(-(2**96) + 1, 2**96 - 1), st.integers(0, 28))
def test_every_decimal_fits(mantissa: int, places: int) -> None:
    value = Decimal((int(mantissa < 0), tuple(map(int, str(abs(mantissa)))), -places))
    assert to_decimal(value) == value


@pytest.mark.parametrize(
    "value",
    [Decimal(2**96), Decimal("1e-29"), Decimal("1e29"), Decimal("NaN"), Decimal("Inf"), 0.5],
)
def test_what_is_no_decimal_of_96_bits_is_refused(value: Any) -> None:
    with pytest.raises(ComError):
        to_decimal(value)


def test_zeros_behind_the_point_do_not_count() -> None:
    long = Decimal("1." + "0" * 40)
    assert to_decimal(long) == 1
    assert to_currency(long) == 1
    assert to_decimal(Decimal("1e28")) == 10**28
    assert to_decimal(7) == 7


@pytest.mark.parametrize("value", [Decimal(2**63).scaleb(-4), Decimal("0.00001"), True])
def test_what_is_no_currency_is_refused(value: Any) -> None:
    with pytest.raises(ComError):
        to_currency(value)
