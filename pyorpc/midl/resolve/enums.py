"""Enums: their members get their values by the rules of C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.constants import evaluate, is_character
from pyorpc.midl.resolve.declared import EnumRecord
from pyorpc.midl.resolve.scope import ValueName

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit

LOWEST, HIGHEST = -(2**31), 2**32 - 1


def define_enum(
    unit: Unit, written: syntax.EnumType, typedef_name: str | None, doc: str
) -> EnumRecord:
    """Declare an enum and its members. A typedef's name goes before the tag's."""
    record = _record(unit, written, typedef_name)
    if typedef_name is not None:
        record.name = typedef_name
    if not written.enumerators:
        unit.reporter.error(Mistake.ENUM_EMPTY, written.place)
    members: list[model.EnumMember] = []
    following = 0
    for enumerator in written.enumerators:
        value = _value(unit, enumerator, following)
        is_hex = isinstance(enumerator.value, syntax.Literal) and enumerator.value.is_hex
        name = enumerator.name
        unit.scope.declare(name.text, ValueName("enum member", value, name.place))
        members.append(model.EnumMember(name.text, value, is_hex, enumerator.doc))
        following = value + 1
    record.definition = model.Enum(record.name, tuple(members), doc, unit.home)
    return record


def _record(unit: Unit, written: syntax.EnumType, typedef_name: str | None) -> EnumRecord:
    tag = written.tag
    if tag is None:
        key = f"{typedef_name or 'enum'} at {written.place.offset} of {unit.home.path}"
        record = EnumRecord(key, typedef_name or "", written.place)
        unit.scope.tags[key] = record
        return record
    known = unit.scope.tags.get(tag.text)
    if isinstance(known, EnumRecord) and known.definition is None:
        known.place = tag.place
        return known
    record = EnumRecord(tag.text, tag.text, tag.place)
    if known is not None:
        unit.scope.refuse_duplicate(tag.text, tag.place, known.place)
    else:
        unit.scope.tags[tag.text] = record
    return record


def _value(unit: Unit, enumerator: syntax.Enumerator, following: int) -> int:
    """Give a member's value: the written one, or one more than the member before."""
    name = enumerator.name.text
    if enumerator.value is None:
        if following in (HIGHEST + 1, 2**31):  # one more than the largest of its sign
            _refuse_range(unit, enumerator, following)
        return following
    value = evaluate(unit, enumerator.value)
    if isinstance(value, str) and is_character(enumerator.value):
        value = ord(value)
    if value is None:
        return following
    if not isinstance(value, int):
        unit.reporter.error(Mistake.ENUM_NOT_INTEGER, enumerator.value.place, name=name)
        return following
    if not LOWEST <= value <= HIGHEST:
        _refuse_range(unit, enumerator, value)
        return following
    return value


def _refuse_range(unit: Unit, enumerator: syntax.Enumerator, value: int) -> None:
    place = enumerator.value.place if enumerator.value is not None else enumerator.name.place
    unit.reporter.error(Mistake.ENUM_RANGE, place, value=value, name=enumerator.name.text)
