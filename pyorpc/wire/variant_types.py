"""What a value of each base type of a VARIANT is on the wire, and its checks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from types import GenericAlias
from typing import Any, Final

import msgspec

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.wire.codec import decode_hook
from pyorpc.wire.numbers import Byte, Hyper, Long, Short, Small, UHyper, ULong, UShort
from pyorpc.wire.safe_array import refused

WIRE_TYPES: Final[dict[VT, Any]] = {
    VT.EMPTY: None,
    VT.NULL: None,
    VT.I1: Small,
    VT.UI1: Byte,
    VT.I2: Short,
    VT.UI2: UShort,
    VT.I4: Long,
    VT.UI4: ULong,
    VT.I8: Hyper,
    VT.UI8: UHyper,
    VT.INT: Long,
    VT.UINT: ULong,
    VT.R4: float,
    VT.R8: float,
    VT.CY: Decimal,
    VT.DECIMAL: Decimal,
    VT.DATE: datetime,
    VT.FILETIME: datetime,
    VT.BOOL: bool,
    VT.BSTR: str | None,
    VT.LPSTR: str | None,
    VT.LPWSTR: str | None,
    VT.ERROR: ULong,
    VT.HRESULT: ULong,
    VT.CLSID: Guid,
    VT.BLOB: bytes,
}
CODES: Final = (VT.ERROR, VT.HRESULT)
_DECIMALS: Final = (VT.CY, VT.DECIMAL)
_MOST_PLACES: Final = 28
_MOST_MANTISSA: Final = (1 << 96) - 1
_CURRENCY_PLACES: Final = 4
_MOST_CURRENCY: Final = (1 << 63) - 1


def to_wire(vt: VT, value: object) -> Any:
    """A value of a base type as it travels. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    if vt in _DECIMALS:
        return to_decimal(value) if vt == VT.DECIMAL else to_currency(value)
    if vt in CODES and isinstance(value, ComError):
        value = value.hresult
    if vt in CODES and isinstance(value, int):
        value = int(value) & 0xFFFFFFFF
    if isinstance(value, int) and not isinstance(value, bool):
        value = int(value)  # of an enum
    try:
        return msgspec.convert(value, WIRE_TYPES[vt], dec_hook=_keep_guid)
    except (msgspec.ValidationError, TypeError) as error:
        raise refused(f"{value!r:.60} in a VARIANT as {vt}: {error}") from None


def from_wire(vt: VT, value: object) -> Any:
    """A value of a base type that came. Raises msgspec.ValidationError."""
    found = msgspec.convert(value, WIRE_TYPES[vt], dec_hook=decode_hook)
    return HRESULT(found) if vt in CODES else found


def elements_from_wire(vt: VT, values: object) -> Sequence[Any]:
    """The elements of an array that came. Raises msgspec.ValidationError."""
    if vt == VT.UI1 and isinstance(values, bytes):
        return values
    kind: Any = WIRE_TYPES[vt]
    found: list[Any] = msgspec.convert(values, GenericAlias(list, kind), dec_hook=decode_hook)
    return [HRESULT(each) for each in found] if vt in CODES else found


def to_decimal(value: object) -> Decimal:
    """A DECIMAL: 96 bits, 28 places. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    number = _number(value)
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    places = -exponent
    mantissa = int("".join(map(str, digits)))
    while places > 0 and mantissa % 10 == 0 and (places > _MOST_PLACES or mantissa == 0):
        mantissa, places = mantissa // 10, places - 1
    if places < 0 and -places <= _MOST_PLACES:
        mantissa, places = mantissa * 10**-places, 0
    if not 0 <= places <= _MOST_PLACES or mantissa > _MOST_MANTISSA:
        raise refused(f"{number} as DECIMAL: it has room for 96 bits and {_MOST_PLACES} places")
    return number


def to_currency(value: object) -> Decimal:
    """A CY: 64 bits, of which 4 decimal places. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    number = _number(value)
    exponent = number.as_tuple().exponent
    is_long = not isinstance(exponent, int) or exponent < -_CURRENCY_PLACES
    if is_long and number != round(number, _CURRENCY_PLACES):
        raise refused(f"{number} as CY: it has {_CURRENCY_PLACES} decimal places; round it first")
    if not -_MOST_CURRENCY - 1 <= number.scaleb(_CURRENCY_PLACES) <= _MOST_CURRENCY:
        raise refused(f"{number} as CY: it has room for 64 bits, with {_CURRENCY_PLACES} places")
    return number


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise refused(f"{value!r:.60} is no Decimal: pass a finite Decimal, or an int")


def _keep_guid(expected: type, value: object) -> object:
    if expected is Guid:
        return Guid(value)  # type: ignore[arg-type]
    return decode_hook(expected, value)
