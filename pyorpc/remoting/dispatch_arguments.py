"""Arguments of late-bound calls: from whatever the caller passed to the type of the parameter.

Conversions are those of the automation reference: numbers, texts, dates and booleans become each
other where that loses nothing but digits behind the point.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.unknown import IUnknown
from pyorpc.wire.variant import OMITTED, Variant
from pyorpc.wire.variant_types import to_currency, to_decimal

REQUIRED: Final = object()
_RANGES: Final = {
    VT.I1: (-(1 << 7), (1 << 7) - 1),
    VT.UI1: (0, (1 << 8) - 1),
    VT.I2: (-(1 << 15), (1 << 15) - 1),
    VT.UI2: (0, (1 << 16) - 1),
    VT.I4: (-(1 << 31), (1 << 31) - 1),
    VT.UI4: (0, (1 << 32) - 1),
    VT.I8: (-(1 << 63), (1 << 63) - 1),
    VT.UI8: (0, (1 << 64) - 1),
    VT.ERROR: (0, (1 << 32) - 1),
}
_POINTERS: Final = (VT.UNKNOWN, VT.DISPATCH)
_MISFITS: Final = (TypeError, ValueError, InvalidOperation)


class Argument:
    """One parameter of a member.

    `is_rest`: it takes all further arguments; `is_lcid`: nobody passes it, the runtime does.
    """

    __slots__ = ("default", "iface", "is_lcid", "is_rest", "name", "vt")

    def __init__(  # noqa: PLR0913  # what the IDL says of a parameter
        self,
        name: str,
        vt: VT = VT.VARIANT,
        iface: type[IUnknown] | None = None,
        *,
        default: Any = REQUIRED,
        is_rest: bool = False,
        is_lcid: bool = False,
    ) -> None:
        self.name = name
        self.vt = vt
        self.iface = iface
        self.default = default
        self.is_rest = is_rest
        self.is_lcid = is_lcid

    def value_of(self, given: Any, at: int) -> Any:
        """What the member gets for what the caller gave. Raises DISP_E_TYPEMISMATCH."""
        if self.vt == VT.VARIANT:
            return given
        if isinstance(given, Variant):
            if given == OMITTED and given.vt == VT.ERROR:
                return self._left_out(at)
            given = given.value
        if self.vt in _POINTERS:
            return self._pointer(given, at)
        convert = _CONVERTERS.get(self.vt)
        if convert is None:
            return given
        try:
            return convert(given, self.vt)
        except _MISFITS:
            raise self._mismatch(given, at) from None

    def _left_out(self, at: int) -> Any:
        if self.default is REQUIRED:
            raise refusal(HRESULT.DISP_E_PARAMNOTOPTIONAL, f"{self.name} must not be left out", at)
        return self.default

    def _pointer(self, given: Any, at: int) -> IUnknown | None:
        if given is None:
            return None
        if not isinstance(given, IUnknown):
            raise self._mismatch(given, at)
        if self.iface is None:
            return given
        try:
            return given.QueryInterface(self.iface)
        except ComError as error:
            if error.hresult != HRESULT.E_NOINTERFACE:
                raise
            raise self._mismatch(given, at) from None

    def _mismatch(self, given: Any, at: int) -> ComError:
        return refusal(
            HRESULT.DISP_E_TYPEMISMATCH, f"{self.name}: {given!r:.60} is no {self.vt}", at
        )


def refusal(hresult: HRESULT, text: str, at: int) -> ComError:
    """What a late-bound call ends with whose argument is wrong; `.outs` is (its position,)."""
    return ComError(hresult, text, executed="no", outs=(at,))


def _integer(given: Any, vt: VT) -> int:
    if given is None:
        return 0
    number = -1 if given is True else given
    if isinstance(number, str):
        number = Decimal(number.strip())
    if not isinstance(number, (int, float, Decimal)):
        raise TypeError
    try:
        whole = round(number)
    except OverflowError:
        whole = 1 << 70  # infinite
    low, high = _RANGES[vt]
    if not low <= whole <= high:
        raise ComError(HRESULT.DISP_E_OVERFLOW, f"{given!r:.60} does not fit {vt}", executed="no")
    return whole


def _float(given: Any, _vt: VT) -> float:
    if isinstance(given, bool):
        return -float(given)
    if given is None or isinstance(given, (int, float, Decimal, str)):
        return float(given or 0)
    raise TypeError


def _text(given: Any, _vt: VT) -> str:
    if given is None:
        return ""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    if isinstance(given, (str, bool, int, float, Decimal, datetime)):
        return str(given)
    raise TypeError


def _truth(given: Any, _vt: VT) -> bool:
    if isinstance(given, str):
        word = given.strip().lower()
        if word in ("true", "false"):
            return word == "true"
        return Decimal(word) != 0
    if given is None or isinstance(given, (bool, int, float, Decimal)):
        return bool(given)
    raise TypeError


def _date(given: Any, _vt: VT) -> datetime:
    if isinstance(given, str):
        return datetime.fromisoformat(given)
    if isinstance(given, datetime):
        return given
    raise TypeError


def _decimal(given: Any, vt: VT) -> Decimal:
    if isinstance(given, float):
        given = repr(given)
    number = Decimal(given or 0)
    try:
        return to_currency(round(number, 4)) if vt == VT.CY else to_decimal(number)
    except ComError as error:
        raise ComError(HRESULT.DISP_E_OVERFLOW, error.description, executed="no") from None


_CONVERTERS: Final[dict[VT, Callable[[Any, VT], Any]]] = {
    **dict.fromkeys(_RANGES, _integer),
    VT.R4: _float,
    VT.R8: _float,
    VT.BSTR: _text,
    VT.BOOL: _truth,
    VT.DATE: _date,
    VT.CY: _decimal,
    VT.DECIMAL: _decimal,
}
