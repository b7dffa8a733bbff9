"""Pipes: where one may stand, and what it may carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CType,
    EnumRecord,
    InterfaceRecord,
    PipeOf,
    Pointer,
    StructRecord,
    Void,
    type_name,
)
from pyorpc.midl.resolve.holder import NULLABLE_KINDS

if TYPE_CHECKING:
    from pyorpc.midl import syntax
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.holder import Holder
    from pyorpc.midl.resolve.scope import Unit

# A pointer to characters is no value, and a BOOL is no number to its users.
NOT_CARRIED = (model.ScalarKind.STRING, model.ScalarKind.BOOL)


def pipe_in(ctype: CType) -> PipeOf | None:
    """Give the pipe that a parameter of this type is: `LPIPE p` or `LPIPE *p`."""
    inner = ctype.to if isinstance(ctype, Pointer) else ctype
    return inner if isinstance(inner, PipeOf) else None


def map_pipe(unit: Unit, holder: Holder, attributes: AttributeList, ctype: CType) -> model.Type:
    """Give the type of a parameter that is a pipe; refused where it cannot be one."""
    pipe = pipe_in(ctype)
    if pipe is None or holder.is_local:
        return model.Opaque()
    if holder.is_in and holder.is_out:
        unit.reporter.error(Mistake.PIPE_TWO_WAYS, holder.place)
        return model.Opaque()
    written = attributes.pointer_kind or (ctype.kind if isinstance(ctype, Pointer) else None)
    if written in NULLABLE_KINDS:
        return misplaced_pipe(unit, holder)
    if holder.is_out and not isinstance(ctype, Pointer):
        name = holder.name or "p"
        unit.reporter.error(
            Mistake.OUT_NEEDS_POINTER, holder.place, type=type_name(ctype), name=name
        )
        return model.Opaque()
    element = _element(unit, holder, pipe)
    return model.Opaque() if element is None else model.Pipe(element)


def check_element(unit: Unit, pipe: PipeOf) -> None:
    """Refuse what no pipe carries where it is declared; structs may be completed later."""
    of = pipe.of
    is_open = isinstance(of, StructRecord) and of.is_conformant
    is_text = isinstance(of, Base) and of.kind is model.ScalarKind.STRING
    if is_open or is_text or isinstance(of, (Void, Pointer, InterfaceRecord)):
        unit.reporter.error(Mistake.PIPE_ELEMENT, pipe.place, type=type_name(of))


def check_declarator(unit: Unit, ctype: CType, declarator: syntax.Declarator) -> None:
    """Refuse `typedef pipe long *P;`: the stars and brackets would be those of the elements."""
    if isinstance(ctype, PipeOf) and (declarator.pointers or declarator.arrays):
        suffix = " *" if declarator.pointers else "[]"
        shown = f"{type_name(ctype.of)}{suffix}"
        unit.reporter.error(Mistake.PIPE_ELEMENT, declarator.place, type=shown)


def misplaced_pipe(unit: Unit, holder: Holder) -> model.Type:
    """Refuse a pipe inside of something else."""
    if not (holder.is_local and holder.is_parameter):
        unit.reporter.error(Mistake.PIPE_PLACE, holder.place, name=holder.name)
    return model.Opaque()


def _element(unit: Unit, holder: Holder, pipe: PipeOf) -> model.Type | None:
    element = pipe.of
    if isinstance(element, Broken):
        return None
    if isinstance(element, StructRecord) and element.definition is None:
        unit.reporter.error(Mistake.INCOMPLETE_STRUCT, holder.place, name=element.name)
        return None
    mapped: model.Type = model.Opaque()
    match element:
        case Base():
            mapped = model.Scalar(element.kind)
        case EnumRecord():
            mapped = model.EnumRef(element.key)
        case StructRecord():
            mapped = model.StructRef(element.key)
        case _:
            pass
    if all(_is_carried(part) for part in unit.world.parts(mapped)):
        return mapped
    unit.reporter.error(Mistake.PIPE_ELEMENT, pipe.place, type=type_name(element))
    return None


def _is_carried(part: model.Type) -> bool:
    if isinstance(part, model.Scalar):
        return part.kind not in NOT_CARRIED
    return isinstance(part, (model.EnumRef, model.StructRef))
