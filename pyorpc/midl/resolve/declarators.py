"""From a type and a declarator (`**name[3]`) to the declared type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.constants import BITS, evaluate_integer
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CArray,
    CType,
    EnumRecord,
    Foreign,
    InterfaceRecord,
    Pointer,
    type_name,
)
from pyorpc.midl.resolve.named_types import named_type
from pyorpc.midl.resolve.standard_types import SIZES

if TYPE_CHECKING:
    from pyorpc.midl import syntax
    from pyorpc.midl.resolve.scope import Unit

LARGEST_ARRAY = 2**31 - 1
DEEPEST_TYPE = 16


def declared_type(unit: Unit, ctype: CType, declarator: syntax.Declarator) -> CType:
    """Give the type that the declarator makes of `ctype`."""
    if declarator.function is not None or declarator.bits is not None:
        return _of_c(unit, ctype, declarator)
    depth = _depth(ctype) + declarator.pointers + len(declarator.arrays)
    if depth > DEEPEST_TYPE:
        unit.reporter.error(Mistake.TYPE_DEPTH, declarator.place, most=DEEPEST_TYPE)
        return Broken()
    for _ in range(declarator.pointers):
        ctype = Pointer(ctype)
    if isinstance(ctype, InterfaceRecord) and declarator.arrays:
        place = declarator.arrays[0].place
        unit.reporter.error(Mistake.INTERFACE_ELEMENT, place, name=ctype.name)
        return Broken()
    return _with_arrays(unit, ctype, declarator)


def _with_arrays(unit: Unit, ctype: CType, declarator: syntax.Declarator) -> CType:
    for position, array in reversed(list(enumerate(declarator.arrays))):
        size = _array_size(unit, array)
        if isinstance(size, Broken):
            return size
        if size is None and position > 0:
            unit.reporter.error(Mistake.OPEN_ARRAY_INSIDE, array.place)
            return Broken()
        ctype = CArray(ctype, size, array.place)
    return ctype


def _of_c(unit: Unit, ctype: CType, declarator: syntax.Declarator) -> CType:
    """Give the type of a function pointer or a bit-field, after a look at its names."""
    if declarator.bits is not None:
        return _bit_field(unit, ctype, declarator.bits)
    for parameter in declarator.function.parameters if declarator.function else ():
        declared_type(unit, named_type(unit, parameter.spec.type), parameter.declarator)
    return Foreign("a function pointer")


def _bit_field(unit: Unit, ctype: CType, bits: syntax.Expression) -> CType:
    """Give the type of a bit-field, after a look at its width."""
    width = evaluate_integer(unit, bits, Mistake.ARRAY_SIZE_TYPE)
    if isinstance(ctype, Broken) or width is None:
        return Broken()
    most = 8 * SIZES.get(ctype.kind, 0) if isinstance(ctype, Base) else 32
    if isinstance(ctype, EnumRecord) or (isinstance(ctype, Base) and ctype.kind in BITS):
        if not 0 <= width <= most:
            unit.reporter.error(Mistake.BIT_FIELD_WIDTH, bits.place, most=most)
        return Foreign("a bit-field")
    unit.reporter.error(Mistake.BIT_FIELD_TYPE, bits.place, type=type_name(ctype))
    return Broken()


def _array_size(unit: Unit, array: syntax.Array) -> int | Broken | None:
    if array.size is None:
        return None
    size = evaluate_integer(unit, array.size, Mistake.ARRAY_SIZE_TYPE)
    if size is None:
        return Broken()
    if not 1 <= size <= LARGEST_ARRAY:
        unit.reporter.error(Mistake.ARRAY_SIZE_RANGE, array.size.place, size=size)
        return Broken()
    return size


def _depth(ctype: CType) -> int:
    """Give how many pointers and arrays a type has."""
    depth = 0
    while isinstance(ctype, (Pointer, CArray)):
        ctype = ctype.to if isinstance(ctype, Pointer) else ctype.of
        depth += 1
    return depth
