"""Structs: their fields, the structs in them, and that none holds itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import FIELD
from pyorpc.midl.resolve.attributes import AttributeList, check_attributes
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import (
    CArray,
    CType,
    InterfaceRecord,
    PipeOf,
    Pointer,
    SafeArrayOf,
    StructRecord,
    Void,
)
from pyorpc.midl.resolve.enums import define_enum
from pyorpc.midl.resolve.holder import Holder
from pyorpc.midl.resolve.mapping import Mapper
from pyorpc.midl.resolve.named_types import named_type
from pyorpc.midl.resolve.open_structs import check_open_structs
from pyorpc.midl.resolve.pipes import check_element
from pyorpc.midl.resolve.selectors import mark_fields
from pyorpc.midl.resolve.siblings import Sibling, Siblings
from pyorpc.midl.resolve.unions import ArmLabels, is_told_apart, tag_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place

UNNAMED = (syntax.StructType, syntax.UnionType, syntax.EnumType)
NO_ATTRIBUTES = AttributeList({})
DEEPEST_STRUCT = 16


def spec_type(
    unit: Unit,
    spec: syntax.Spec,
    typedef_name: str | None = None,
    doc: str = "",
    attributes: AttributeList = NO_ATTRIBUTES,
) -> CType:
    """Give the type of a declaration, and define the type whose body stands in it."""
    match spec.type:
        case syntax.StructType() as written:
            return _define_struct(unit, written, typedef_name, doc)
        case syntax.EnumType() as written:
            if written.tag is None and typedef_name is None:
                unit.reporter.error(Mistake.TYPE_UNNAMED, written.place, kind="enum")
            return define_enum(unit, written, typedef_name, doc)
        case syntax.UnionType() as written:
            return _define_union(unit, written, typedef_name, doc, attributes)
        case syntax.SafeArrayType() as written:
            return _safe_array(unit, written)
        case syntax.PipeType() as written:
            pipe = PipeOf(spec_type(unit, written.element), written.place)
            check_element(unit, pipe)
            return pipe
        case written:
            return named_type(unit, written)


def _safe_array(unit: Unit, written: syntax.SafeArrayType) -> CType:
    element = spec_type(unit, written.element)
    pointers = written.pointers
    if isinstance(element, InterfaceRecord):
        pointers = max(pointers, 1)  # SAFEARRAY(IFoo) is written too
    for _ in range(pointers):
        element = Pointer(element)
    return SafeArrayOf(element, written.place)


def check_by_value(unit: Unit, records: list[StructRecord]) -> None:
    """Refuse structs that hold themselves, and structs held before they are defined."""
    refused: set[str] = set()
    for path in _cycles(records):
        names = [one.name for one in path]
        shown = " holds ".join([*names, names[0]])
        unit.reporter.error(Mistake.STRUCT_CYCLE, path[0].place, name=names[0], path=shown)
        refused.update(names)
    for record in records:
        for held, place in record.held_by_value:
            is_known = held.definition is not None and held.name not in refused
            if is_known and not _is_before(held, place):
                unit.reporter.error(Mistake.INCOMPLETE_STRUCT, place, name=held.name)


def _cycles(records: list[StructRecord]) -> list[list[StructRecord]]:
    """Give the ways from a struct through what it holds back to itself."""
    found: list[list[StructRecord]] = []
    finished: set[str] = set()
    for start in records:
        path: list[StructRecord] = []
        waiting: list[tuple[StructRecord, bool]] = [(start, False)]
        while waiting:
            record, is_done = waiting.pop()
            if is_done:
                finished.add(path.pop().key)
            elif record in path:
                found.append(path[path.index(record) :])
            elif record.key not in finished:
                path.append(record)
                waiting.append((record, True))
                waiting.extend((held, False) for held, _ in record.held_by_value)
    return found


def _define_struct(
    unit: Unit, written: syntax.StructType, typedef_name: str | None, doc: str
) -> StructRecord:
    record = _record(unit, written, typedef_name, "struct")
    if not written.fields:
        unit.reporter.error(Mistake.STRUCT_EMPTY, written.place, name=record.name)
    if unit.depth > DEEPEST_STRUCT:
        unit.reporter.error(Mistake.STRUCT_DEPTH, written.place, most=DEEPEST_STRUCT)
        return record
    record.is_open = True
    fields = _fields(unit.inside(), record, written.fields)
    record.definition = model.Struct(record.name, fields, doc, unit.home)
    record.is_open = False
    unit.world.structs[record.key] = record.definition
    return record if record.twin is None else _as_twin(unit, record, record.twin)


def _as_twin(unit: Unit, record: StructRecord, twin: StructRecord) -> StructRecord:
    """Give the struct of the same tag that was there before; refuse a different one."""
    forget_twin(unit, record)
    if not is_same_struct(record, twin):
        unit.scope.refuse_duplicate(twin.name, record.place, twin.place)
    return twin


def is_same_struct(one: CType, other: CType) -> bool:
    """True if two structs have the same fields, as in two headers of C."""
    if not (isinstance(one, StructRecord) and isinstance(other, StructRecord)):
        return False
    first, second = one.definition, other.definition
    if not (isinstance(first, model.Struct) and isinstance(second, model.Struct)):
        return False
    fields = [[(each.name, each.type) for each in record.fields] for record in (first, second)]
    return fields[0] == fields[1]


def forget_twin(unit: Unit, ctype: CType) -> None:
    """Take a struct out again that says the same as one before."""
    if isinstance(ctype, StructRecord):
        unit.scope.tags.pop(ctype.key, None)
        unit.world.structs.pop(ctype.key, None)


def _define_union(
    unit: Unit,
    written: syntax.UnionType,
    typedef_name: str | None,
    doc: str,
    attributes: AttributeList,
) -> StructRecord:
    record = _record(unit, written, typedef_name, "union")
    if unit.depth > DEEPEST_STRUCT:
        unit.reporter.error(Mistake.STRUCT_DEPTH, written.place, most=DEEPEST_STRUCT)
        return record
    record.is_open = True
    record.is_plain = not is_told_apart(written)
    record.needs_switch = written.switch is None
    switch = None if written.switch is None else spec_type(unit, written.switch.spec)
    tag = tag_type(unit, written, attributes, switch)
    labels = ArmLabels(unit, record.name, tag)
    arms = _arms(unit.inside(), record, written, labels)
    if not arms and not record.is_plain:
        unit.reporter.error(Mistake.STRUCT_EMPTY, written.place, name=record.name)
    record.definition = model.Union(record.name, tag, arms, doc, unit.home)
    record.is_open = False
    unit.world.unions[record.key] = record.definition
    return record


def _arms(
    unit: Unit, record: StructRecord, written: syntax.UnionType, labels: ArmLabels
) -> tuple[model.Arm, ...]:
    """Give the arms of a union; each field of one is a field of its own."""
    told = [labels.of(arm) for arm in written.arms]
    fields = [arm.field for arm in written.arms if arm.field is not None]
    typed = iter(_fields(unit, record, tuple(fields)))
    arms: list[model.Arm] = []
    for arm, (values, is_default) in zip(written.arms, told, strict=True):
        field = None if arm.field is None else next(typed)
        name = "" if field is None else field.name
        is_lost = not (values or arm.labels or is_default or record.is_plain)
        if is_lost:
            unit.reporter.error(Mistake.UNION_ARM_UNLABELLED, arm.place, name=record.name)
        held = None if field is None else field.type
        doc = "" if field is None else field.doc
        arms.append(model.Arm(name, held, values, is_default, doc))
    return tuple(arms)


def _record(
    unit: Unit,
    written: syntax.StructType | syntax.UnionType,
    typedef_name: str | None,
    kind: str,
) -> StructRecord:
    record = _tagged(unit, written, typedef_name, kind)
    if typedef_name is not None:
        record.name = typedef_name
    if not record.name:
        unit.reporter.error(Mistake.TYPE_UNNAMED, written.place, kind=kind)
    return record


def _tagged(
    unit: Unit,
    written: syntax.StructType | syntax.UnionType,
    typedef_name: str | None,
    kind: str,
) -> StructRecord:
    tag = written.tag
    if tag is None:
        key = f"{typedef_name or kind} at {written.place.offset} of {unit.home.path}"
        record = StructRecord(key, typedef_name or "", written.place, kind=kind)
        unit.scope.tags[key] = record
        return record
    known = unit.scope.tags.get(tag.text)
    is_elsewhere = known is not None and known.place.source is not tag.place.source
    if isinstance(known, StructRecord) and known.definition and known.kind == kind and is_elsewhere:
        key = f"{tag.text} at {tag.place.offset} of {unit.home.path}"
        return StructRecord(key, tag.text, tag.place, kind=kind, twin=known)
    is_open = isinstance(known, StructRecord) and known.definition is None and not known.is_open
    if isinstance(known, StructRecord) and is_open and known.kind == kind:
        known.place = tag.place
        return known
    record = StructRecord(tag.text, tag.text, tag.place, kind=kind)
    if known is not None:
        unit.scope.refuse_duplicate(tag.text, tag.place, known.place)
    else:
        unit.scope.tags[tag.text] = record
    return record


def _fields(
    unit: Unit, record: StructRecord, written: tuple[syntax.Field, ...]
) -> tuple[model.Field, ...]:
    written = _with_names(written)
    ctypes: list[CType] = []
    lists: list[AttributeList] = []
    by_name: dict[str, Sibling] = {}
    for field in written:
        attributes = check_attributes(field.attributes, FIELD, unit.reporter)
        if record.kind == "struct":
            _refuse_labels(unit, attributes)
        spec = _field_spec(unit, record, field, attributes)
        ctype = declared_type(unit, spec, field.declarator)
        _note_held(record, ctype, field.declarator.place)
        ctypes.append(ctype)
        lists.append(attributes)
        name = _name_of(field)
        if name in by_name:
            owner = f"{record.kind} '{record.name}'"
            unit.reporter.error(
                Mistake.DUPLICATE_MEMBER,
                field.declarator.place,
                owner=owner,
                kind="field",
                name=name,
            )
        kind = attributes.pointer_kind or unit.default_pointer
        by_name[name] = Sibling(ctype, True, False, kind != "ref")
    places = [one.declarator.place for one in written]
    check_open_structs(
        unit, record, list(zip(map(_name_of, written), ctypes, lists, places, strict=True))
    )
    siblings = Siblings("field", by_name)
    mapped: list[model.Field] = []
    for field, ctype, attributes in zip(written, ctypes, lists, strict=True):
        name = _name_of(field)
        # What cannot travel is refused where a remote method has it, not here.
        holder = Holder(name, field.declarator.place, siblings, unit.default_pointer, is_local=True)
        mapped.append(model.Field(name, _field_type(unit, ctype, holder, attributes), field.doc))
        is_last = field is written[-1] or record.kind == "union"
        if isinstance(ctype, CArray) and ctype.size is None and not is_last:
            unit.reporter.error(Mistake.OPEN_ARRAY_NOT_LAST, holder.place, name=name)
    return tuple(mark_fields(mapped))


def _refuse_labels(unit: Unit, attributes: AttributeList) -> None:
    for label in ("case", "default"):
        if label in attributes:
            target, place = "a field of a struct; it is for unions", attributes.place(label)
            unit.reporter.error(Mistake.ATTRIBUTE_TARGET, place, name=label, target=target)


def _with_names(written: tuple[syntax.Field, ...]) -> tuple[syntax.Field, ...]:
    """Name the structs and unions that stand alone `u`, `u2`, and so on, as Windows does."""
    found: list[syntax.Field] = []
    counts: dict[str, int] = {}
    for field in written:
        declarator = field.declarator
        if declarator.name is not None:
            found.append(field)
            continue
        kind = "u" if isinstance(field.spec.type, syntax.UnionType) else "s"
        if declarator.bits is not None:
            kind = "bits"
        counts[kind] = counts.get(kind, 0) + 1
        text = kind if counts[kind] == 1 else f"{kind}{counts[kind]}"
        name = syntax.Name(text, declarator.place)
        named = msgspec.structs.replace(declarator, name=name)
        found.append(msgspec.structs.replace(field, declarator=named))
    return tuple(found)


def _field_spec(
    unit: Unit, record: StructRecord, field: syntax.Field, attributes: AttributeList
) -> CType:
    """Give the type of a field. A struct without a name gets the outer name and the field's."""
    written = field.spec.type
    name = None
    if isinstance(written, UNNAMED) and written.tag is None:
        name = f"{record.name}_{_name_of(field)}"
    return spec_type(unit, field.spec, name, attributes=attributes)


def _field_type(unit: Unit, ctype: CType, holder: Holder, attributes: AttributeList) -> model.Type:
    inner = ctype
    while isinstance(inner, CArray):
        inner = inner.of
    if isinstance(inner, Void):
        unit.reporter.error(Mistake.VOID_FIELD, holder.place, name=holder.name)
        return model.Opaque()
    return Mapper(unit, holder, attributes).map(ctype)


def _name_of(field: syntax.Field) -> str:
    return field.declarator.name.text if field.declarator.name is not None else ""


def _note_held(record: StructRecord, ctype: CType, place: Place) -> None:
    """Remember the struct that is held by value, alone or in a fixed array."""
    while isinstance(ctype, CArray) and ctype.size is not None:
        ctype = ctype.of
    if isinstance(ctype, StructRecord):
        record.held_by_value.append((ctype, place))


def _is_before(held: StructRecord, place: Place) -> bool:
    """True if the struct was defined before the place where it is held."""
    if held.definition is None:
        return False
    return held.place.source is not place.source or held.place.offset <= place.offset
