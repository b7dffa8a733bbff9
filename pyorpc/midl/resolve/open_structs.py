"""Structs that end with an open array: nothing can stand behind one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declared import CArray, CType, StructRecord

if TYPE_CHECKING:
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place


def check_open_structs(
    unit: Unit, record: StructRecord, fields: list[tuple[str, CType, AttributeList, Place]]
) -> None:
    """Refuse such structs as array elements and before other fields; note a new one.

    Headers of C hold them anywhere, and there an array without size_is is none of ours.
    """
    if record.kind != "struct":
        return
    is_header = record.place.source.is_header
    for at, (name, ctype, attributes, place) in enumerate(fields):
        is_last = at == len(fields) - 1
        inner = ctype
        while isinstance(inner, CArray):
            inner = inner.of
        if isinstance(inner, StructRecord) and inner.is_conformant and not is_header:
            shown = inner.name
            if inner is not ctype:
                unit.reporter.error(Mistake.OPEN_STRUCT_ELEMENT, place, type=shown)
            elif not is_last:
                unit.reporter.error(Mistake.OPEN_STRUCT_NOT_LAST, place, type=shown, name=name)
        is_sized = "size_is" in attributes or "max_is" in attributes
        is_open = isinstance(ctype, CArray) and ctype.size is None and is_sized
        is_held = isinstance(ctype, StructRecord) and ctype.is_conformant
        record.is_conformant = record.is_conformant or is_open or is_held
