"""What a plain value is in a VARIANT, and what a Variant is."""

from __future__ import annotations

from array import array
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.wire.safe_array import SafeArray
from pyorpc.wire.variant import OMITTED, Variant, natural_type


@pytest.mark.parametrize(
    ("value", "vt"),
    [
        (None, VT.EMPTY),
        (True, VT.BOOL),
        (-(2**31), VT.I4),
        (2**31, VT.I8),
        (2**63, VT.UI8),
        (1.0, VT.R8),
        ("", VT.BSTR),
        (datetime(2026, 1, 1), VT.DATE),
        (Decimal(1), VT.DECIMAL),
        (b"", VT.ARRAY | VT.UI1),
        (memoryview(b""), VT.ARRAY | VT.UI1),
        ([], VT.ARRAY | VT.VARIANT),
        ((1, 2), VT.ARRAY | VT.VARIANT),
        (array("i"), VT.ARRAY | VT.VARIANT),
        (SafeArray([1], 0, VT.I2), VT.ARRAY | VT.I2),
        (HRESULT.S_OK, VT.ERROR),
        (VT.UI8, VT.I4),  # as any enum
        (ComError(HRESULT.E_FAIL), VT.ERROR),
        ({}, None),
        (Guid.new(), None),
        (1j, None),
    ],
)
def test_the_natural_type_of_a_value(value: object, vt: VT | None) -> None:
    assert natural_type(value) == vt


def test_a_variant_equals_its_like_and_the_value_it_holds() -> None:
    assert Variant(VT.I2, 5) == Variant(VT.I2, 5)
    assert Variant(VT.I2, 5) != Variant(VT.I4, 5)
    assert Variant(VT.I2, 5) == 5
    assert Variant(VT.I2, 5) != 6
    assert hash(Variant(VT.I2, 5)) == hash(5)


def test_a_variant_stays_as_it_is() -> None:
    one: Any = Variant(VT.I2, 5)
    with pytest.raises(AttributeError):
        one.value = 6
    with pytest.raises(AttributeError):
        del one.vt
    assert copy(one) == one


def test_a_variant_shows_how_it_is_written() -> None:
    assert repr(Variant(VT.BYREF | VT.I4, 1)) == "Variant(VT.BYREF|VT.I4, 1)"
    assert repr(OMITTED).startswith("Variant(VT.ERROR, <HRESULT DISP_E_PARAMNOTFOUND")
