"""Variant: a value with its type, where the natural Python value does not say enough. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.codec import Struct
from pyorpc.wire.numbers import UShort
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.safe_array import SafeArray

_set: Final = object.__setattr__  # past Variant's own, which refuses


class Variant:
    """`Variant(VT.I2, 5)`: a VARIANT of that type; immutable.

    A VARIANT arrives as the natural Python value where that says the type too, and as a Variant
    where it does not, so that its type is kept. A Variant equals another one of its type and value,
    and a plain value that it holds.
    """

    __slots__ = ("value", "vt")

    vt: VT
    value: Any

    def __init__(self, vt: int, value: Any = None) -> None:
        _set(self, "vt", VT(vt))
        _set(self, "value", value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Variant is immutable: cannot set {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Variant is immutable: cannot delete {name}")

    def __reduce__(self) -> tuple[type[Variant], tuple[int, Any]]:
        return Variant, (int(self.vt), self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Variant):
            return self.vt == other.vt and bool(self.value == other.value)
        return bool(self.value == other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Variant({self.vt}, {self.value!r})"


OMITTED: Final = Variant(VT.ERROR, HRESULT.DISP_E_PARAMNOTFOUND)
"""What an optional VARIANT is that its caller left out."""


class VariantWire(Struct, frozen=True):
    """How a VARIANT travels: its type and its value; interface pointers stand apart.

    A pointer in `value` is a number, its index in `refs`; an array is [lower bounds, sizes,
    elements]; a VARIANT inside, as an element or by reference, is [type, value].
    """

    vt: UShort
    value: Any
    refs: list[ObjRef | None] = msgspec.field(default_factory=list[ObjRef | None])


def natural_type(value: object) -> VT | None:
    """The type of a plain value in a VARIANT; None where it has none (pointers are not here)."""
    for kind, vt in _NATURAL.items():
        if isinstance(value, kind):
            return vt
    if isinstance(value, int):
        return _integer_type(value)
    if isinstance(value, SafeArray):
        return VT.ARRAY | value.vt
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        return VT.ARRAY | VT.VARIANT
    if isinstance(value, ComError):
        return VT.ERROR
    return None


def _integer_type(value: int) -> VT:
    if isinstance(value, HRESULT):
        return VT.ERROR
    if -0x80000000 <= value <= 0x7FFFFFFF:
        return VT.I4
    return VT.I8 if value < 1 << 63 else VT.UI8


_NATURAL: Final[dict[type, VT]] = {
    type(None): VT.EMPTY,
    bool: VT.BOOL,
    float: VT.R8,
    str: VT.BSTR,
    datetime: VT.DATE,
    Decimal: VT.DECIMAL,
    bytes: VT.ARRAY | VT.UI1,
    bytearray: VT.ARRAY | VT.UI1,
    memoryview: VT.ARRAY | VT.UI1,
}
