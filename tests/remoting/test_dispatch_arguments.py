"""What late-bound arguments become."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.dispatch import IDispatch
from pyorpc.remoting.dispatch_arguments import Argument
from pyorpc.unknown import IUnknown
from pyorpc.wire.variant import OMITTED, Variant


@pytest.mark.parametrize(
    ("vt", "given", "value"),
    [
        (VT.I4, 5, 5),
        (VT.I4, 2.5, 2),
        (VT.I4, 3.5, 4),
        (VT.I4, " -7 ", -7),
        (VT.I4, True, -1),
        (VT.I4, False, 0),
        (VT.I4, None, 0),
        (VT.I4, Decimal("1.5"), 2),
        (VT.I4, Variant(VT.BYREF | VT.I2, 5), 5),
        (VT.R8, 1, 1.0),
        (VT.R8, "1e3", 1000.0),
        (VT.BSTR, 1.0, "1"),
        (VT.BSTR, 0.5, "0.5"),
        (VT.BSTR, None, ""),
        (VT.BSTR, True, "True"),
        (VT.BOOL, 2, True),
        (VT.BOOL, "FALSE", False),
        (VT.BOOL, "0.0", False),
        (VT.DATE, "2026-11-25T12:00:00", datetime(2026, 11, 25, 12)),
        (VT.CY, 0.12345, Decimal("0.1234")),
        (VT.DECIMAL, "1.50", Decimal("1.50")),
        (VT.VARIANT, OMITTED, OMITTED),
        (VT.CLSID, "as it is", "as it is"),
        (VT.UNKNOWN, None, None),
    ],
)
def test_a_value_becomes_one_of_the_parameters_type(vt: VT, given: Any, value: Any) -> None:
    made = Argument("a", vt).value_of(given, 0)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("vt", "given", "hresult"),
    [
        (VT.I4, "five", HRESULT.DISP_E_TYPEMISMATCH),
        (VT.I4, [], HRESULT.DISP_E_TYPEMISMATCH),
        (VT.I4, float("nan"), HRESULT.DISP_E_TYPEMISMATCH),
        (VT.I4, float("inf"), HRESULT.DISP_E_OVERFLOW),
        (VT.I1, 128, HRESULT.DISP_E_OVERFLOW),
        (VT.CY, 10**20, HRESULT.DISP_E_OVERFLOW),
        (VT.R8, b"", HRESULT.DISP_E_TYPEMISMATCH),
        (VT.BSTR, [], HRESULT.DISP_E_TYPEMISMATCH),
        (VT.BOOL, "maybe", HRESULT.DISP_E_TYPEMISMATCH),
        (VT.DATE, 5, HRESULT.DISP_E_TYPEMISMATCH),
        (VT.UNKNOWN, "pointer", HRESULT.DISP_E_TYPEMISMATCH),
        (VT.I4, OMITTED, HRESULT.DISP_E_PARAMNOTOPTIONAL),
    ],
)
def test_what_cannot_become_one_is_refused(vt: VT, given: Any, hresult: HRESULT) -> None:
    with pytest.raises(ComError) as refused:
        Argument("a", vt).value_of(given, 3)
    assert refused.value.hresult == hresult


def test_the_position_of_the_wrong_one_is_told() -> None:
    with pytest.raises(ComError, match=r"a: 'five' is no VT\.I4") as refused:
        Argument("a", VT.I4).value_of("five", 3)
    assert refused.value.outs == (3,)


def test_a_pointer_is_asked_for_its_interface() -> None:
    one = IDispatch()
    assert Argument("a", VT.DISPATCH, IDispatch).value_of(one, 0) is one
    with pytest.raises(ComError) as refused:
        Argument("a", VT.DISPATCH, IDispatch).value_of(IUnknown(), 0)
    assert refused.value.hresult == HRESULT.DISP_E_TYPEMISMATCH


def test_what_is_left_out_has_its_default() -> None:
    assert Argument("a", VT.I4, default=7).value_of(OMITTED, 0) == 7
