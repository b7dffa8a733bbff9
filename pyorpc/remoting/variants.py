"""VARIANTs and SAFEARRAYs: users' values to what travels and back, with the pointers inside them.

All plain values are checked before the first pointer is marshaled or unmarshaled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec

from pyorpc.enumerations import VT
from pyorpc.ids import Guid
from pyorpc.remoting.dispatch import IDispatch
from pyorpc.unknown import IUnknown
from pyorpc.wire.numbers import UShort
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.safe_array import SafeArray, SafeArrayWire, bad_data, flattened, nested, refused
from pyorpc.wire.variant import Variant, VariantWire, natural_type
from pyorpc.wire.variant_types import CODES, WIRE_TYPES, elements_from_wire, from_wire, to_wire

T = TypeVar("T", bound=IUnknown)
C = TypeVar("C")

MOST_DEPTH: Final = 64
_LISTS: Final = VT.ARRAY | VT.VECTOR
_POINTERS: Final[dict[VT, type[IUnknown]]] = {VT.UNKNOWN: IUnknown, VT.DISPATCH: IDispatch}
_VARIANT: Final = tuple[UShort, Any]
_BYTES: Final = (bytes, bytearray, memoryview)


class PointerChannel(Protocol):
    """What pointers inside values are marshaled with."""

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None: ...
    def unmarshal(self, ref: ObjRef | None, iface: type[T] | Guid) -> T | None: ...


def pack_variant(channel: PointerChannel, value: Any) -> VariantWire:
    """A value as a VARIANT. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    writer = _Writer()
    vt, wire = writer.variant(value, 0)
    return VariantWire(vt, wire, [channel.marshal(*pointer) for pointer in writer.pointers])


def unpack_variant(channel: PointerChannel, wire: VariantWire) -> Any:
    """The natural value of a VARIANT that came, or a Variant. Raises RPC_X_BAD_STUB_DATA."""
    refs = wire.refs
    try:
        if not refs:
            return _Reader([]).variant([wire.vt, wire.value])
        _Reader([None] * len(refs)).variant([wire.vt, wire.value])
        return _Reader([_pointer_from(channel, ref) for ref in refs]).variant([wire.vt, wire.value])
    except (msgspec.ValidationError, ValueError) as error:
        raise bad_data(f"a VARIANT of type {wire.vt:#x}: {error}") from None


def pack_safe_array(
    channel: PointerChannel, values: Any, vt: VT, iface: type[IUnknown] | None = None
) -> SafeArrayWire[Any]:
    """Lists as a SAFEARRAY of one type. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    if vt == VT.UI1 and type(values) in _BYTES:
        return SafeArrayWire([0], [len(values)], bytes(values))
    bounds = _bounds(values, vt)
    flat = flattened(values, bounds)
    elements: Any = flat.elements
    if vt == VT.VARIANT:
        elements = [pack_variant(channel, each) for each in elements]
    elif vt in _POINTERS:
        elements = [channel.marshal(each, iface or _POINTERS[vt]) for each in elements]
    else:
        elements = _elements(vt, elements)
    return SafeArrayWire(flat.lower_bounds, flat.sizes, elements)


def unpack_safe_array(
    channel: PointerChannel, wire: SafeArrayWire[Any], vt: VT, iface: type[IUnknown] | None = None
) -> SafeArray[Any]:
    """The SafeArray that came. Raises RPC_X_BAD_STUB_DATA."""
    elements = wire.elements
    nested(wire, elements, vt)
    if vt == VT.VARIANT:
        elements = [unpack_variant(channel, each) for each in elements]
    elif vt in _POINTERS:
        elements = [channel.unmarshal(each, iface or _POINTERS[vt]) for each in elements]
    return nested(wire, elements, vt)


def unpack_safe_bytes(
    channel: PointerChannel, wire: SafeArrayWire[bytes], vt: VT
) -> bytes | SafeArray[int]:
    """The bytes that came; a SafeArray, where they have bounds of their own."""
    if wire.lower_bounds == [0] and len(wire.sizes) == 1:
        return wire.elements
    return unpack_safe_array(channel, wire, vt)


def pack_safe_records(
    channel: C, values: Any, convert: Callable[[C, Any], Any]
) -> SafeArrayWire[list[Any]]:
    """Lists of structs as a SAFEARRAY. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    flat = flattened(values, _bounds(values, VT.RECORD))
    elements = [convert(channel, each) for each in flat.elements]
    return SafeArrayWire(flat.lower_bounds, flat.sizes, elements)


def unpack_safe_records(
    channel: C, wire: SafeArrayWire[list[Any]], convert: Callable[[C, Any], Any]
) -> SafeArray[Any]:
    """The SafeArray of structs that came. Raises RPC_X_BAD_STUB_DATA."""
    nested(wire, wire.elements, VT.RECORD)
    return nested(wire, [convert(channel, each) for each in wire.elements], VT.RECORD)


# ---- out ---------------------------------------------------------------------------------


class _Writer:
    """Writes one VARIANT; collects the pointers in it."""

    def __init__(self) -> None:
        self.pointers: list[tuple[IUnknown, type[IUnknown]]] = []

    def variant(self, value: object, depth: int) -> tuple[VT, Any]:
        """The type of a value, and its form on the wire."""
        if depth > MOST_DEPTH:
            raise refused(f"a VARIANT holds itself, or more than {MOST_DEPTH} others in each other")
        if isinstance(value, Variant):
            return value.vt, self._typed(value.vt, value.value, depth)
        if isinstance(value, IUnknown):
            vt = VT.DISPATCH if isinstance(value, IDispatch) else VT.UNKNOWN
            return vt, self._pointer(value, vt)
        natural = natural_type(value)
        if natural is None:
            kind = type(value).__name__
            raise refused(f"a {kind} has no type in a VARIANT: {value!r:.60}; records have none")
        return natural, self._typed(natural, value, depth)

    def _typed(self, vt: VT, value: Any, depth: int) -> Any:
        base = _checked_type(vt)
        if vt & _LISTS:
            return self._array(base, value, depth)
        if base == VT.VARIANT:
            return self.variant(value, depth + 1)
        if base in _POINTERS:
            return self._pointer(value, base)
        return to_wire(base, value)

    def _pointer(self, value: object, vt: VT) -> int | None:
        if value is None:
            return None
        if not isinstance(value, IUnknown):
            raise refused(f"{value!r:.60} in a VARIANT as {vt}: it is no interface pointer")
        self.pointers.append((value, _POINTERS[vt]))
        return len(self.pointers) - 1

    def _array(self, base: VT, values: Any, depth: int) -> tuple[list[int], list[int], Any]:
        if base == VT.UI1 and type(values) in _BYTES:
            return [0], [len(values)], bytes(values)
        flat = flattened(values, _bounds(values, base))
        elements: Any = flat.elements
        if base == VT.VARIANT:
            elements = [self.variant(each, depth + 1) for each in elements]
        elif base in _POINTERS:
            elements = [self._pointer(each, base) for each in elements]
        else:
            elements = _elements(base, elements)
        return flat.lower_bounds, flat.sizes, elements


def _bounds(values: Any, base: VT) -> tuple[int, ...] | None:
    """The lower bounds of some lists; None where only the elements say how many there are."""
    if isinstance(values, SafeArray):
        return values.lower_bounds
    return (0,) if base == VT.VARIANT else None


def _elements(vt: VT, elements: Sequence[Any]) -> Any:
    if vt == VT.UI1:
        return bytes(to_wire(vt, each) for each in elements)
    return [to_wire(vt, each) for each in elements]


def _checked_type(vt: VT) -> VT:
    """The base type. Raises RPC_E_CLIENT_CANTMARSHAL_DATA for what no VARIANT is."""
    base = vt.base
    if base not in WIRE_TYPES and base not in _POINTERS and base != VT.VARIANT:
        raise refused(f"{vt} cannot travel in a VARIANT")
    is_array, is_reference = bool(vt & _LISTS), bool(vt & VT.BYREF)
    is_bare = base in (VT.EMPTY, VT.NULL)
    is_wrong = vt & VT.RESERVED or (is_bare and (is_array or is_reference))
    if is_wrong or (base == VT.VARIANT and not (is_array or is_reference)):
        raise refused(f"{vt} is no type of a VARIANT")
    return base


# ---- in ----------------------------------------------------------------------------------


def _pointer_from(channel: PointerChannel, ref: ObjRef | None) -> IUnknown | None:
    return None if ref is None else channel.unmarshal(ref, ref.iid)


class _Reader:
    """Reads one VARIANT whose pointers are known."""

    def __init__(self, pointers: Sequence[IUnknown | None]) -> None:
        self._pointers = pointers

    def variant(self, wire: Any) -> Any:
        """The natural value, or a Variant. Raises ValueError and msgspec.ValidationError."""
        number, value = msgspec.convert(wire, _VARIANT)
        vt = VT(number)
        found = self._typed(vt, value)
        is_natural = natural_type(found) == vt and vt not in CODES
        return found if is_natural or isinstance(found, IUnknown) else Variant(vt, found)

    def _typed(self, vt: VT, value: Any) -> Any:
        base = vt.base
        if vt & _LISTS:
            return self._array(vt, msgspec.convert(value, SafeArrayWire[Any]))
        if base == VT.VARIANT:
            return self.variant(value)
        if base in _POINTERS:
            return self._pointer(value)
        if base not in WIRE_TYPES:
            raise ValueError(f"{vt} cannot travel in a VARIANT")
        return from_wire(base, value)

    def _array(self, vt: VT, wire: SafeArrayWire[Any]) -> Any:
        base, elements = vt.base, wire.elements
        if base == VT.VARIANT or base in _POINTERS:
            read = self.variant if base == VT.VARIANT else self._pointer
            elements = [read(each) for each in msgspec.convert(elements, list[Any])]
        elif base in WIRE_TYPES:
            elements = elements_from_wire(base, elements)
        else:
            raise ValueError(f"{base} cannot travel in an array")
        found = nested(wire, elements, base)
        is_plain = wire.lower_bounds == [0]
        if base == VT.UI1 and is_plain:
            return elements
        return list(found) if base == VT.VARIANT and is_plain else found

    def _pointer(self, index: Any) -> IUnknown | None:
        if index is None:
            return None
        if not isinstance(index, int) or not 0 <= index < len(self._pointers):
            raise ValueError(f"there is no pointer {index!r:.20}")
        return self._pointers[index]
