"""The declarations of a file, in order: each enters the scope, and the model's world."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import TYPE
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.constants import BITS, evaluate, fit, is_character
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CType,
    EnumRecord,
    Pointer,
    StructRecord,
    Void,
    type_name,
)
from pyorpc.midl.resolve.enums import define_enum
from pyorpc.midl.resolve.interfaces import InterfaceReader, declare_forward
from pyorpc.midl.resolve.methods import help_string
from pyorpc.midl.resolve.scope import TypeName, ValueName
from pyorpc.midl.resolve.structs import spec_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit, Value

LAST_CHARACTER = 0xFFFF
FLOATS = (model.ScalarKind.FLOAT, model.ScalarKind.DOUBLE)


def declare(unit: Unit, declaration: syntax.Declaration) -> None:
    """Enter one declaration. Imports were entered before."""
    match declaration:
        case syntax.Forward():
            check_attributes(declaration.attributes, "interface", unit.reporter)
            declare_forward(unit, declaration)
        case syntax.Interface():
            reader = InterfaceReader(unit, declaration)
            reader.resolve(lambda member: declare(unit, member))
        case syntax.Typedef():
            _typedef(unit, declaration)
        case syntax.Constant():
            _constant(unit, declaration)
        case syntax.TypeOnly():
            _type_only(unit, declaration)
        case syntax.Method():
            name = declaration.declarator.name
            unit.reporter.error(
                Mistake.METHOD_OUTSIDE, declaration.place, name=name.text if name else ""
            )
        case syntax.DispInterface() | syntax.Coclass() | syntax.Module() | syntax.Library():
            what = f"'{type(declaration).__name__.lower()}'"
            unit.reporter.error(Mistake.NOT_SUPPORTED_YET, declaration.place, what=what)
        case _:
            pass  # imports were entered before; the rest says nothing about what is remote


def _type_only(unit: Unit, written: syntax.TypeOnly) -> None:
    attributes = check_attributes(written.attributes, TYPE, unit.reporter)
    doc = written.doc or help_string(written.attributes)
    type_ = written.spec.type
    if isinstance(type_, (syntax.NamedType, syntax.BaseType)):
        unit.reporter.error(Mistake.DECLARES_NOTHING, written.place)
        return
    if isinstance(type_, syntax.EnumType) and type_.tag is None:
        # The members of an enum without a name are constants of the file.
        record = define_enum(unit, type_, None, doc)
        if record.definition is not None:
            _members_as_constants(unit, record.definition)
        return
    spec_type(unit, written.spec, None, doc, attributes)


def _members_as_constants(unit: Unit, enum: model.Enum) -> None:
    for member in enum.members:
        unit.world.constants[member.name] = model.Constant(
            member.name, member.value, member.is_hex, member.doc, unit.home
        )


def _typedef(unit: Unit, written: syntax.Typedef) -> None:
    attributes = check_attributes(written.attributes, TYPE, unit.reporter)
    doc = written.doc or help_string(written.attributes)
    plain = next((one for one in written.declarators if not (one.pointers or one.arrays)), None)
    public = plain.name.text if plain is not None and plain.name is not None else None
    ctype = spec_type(unit, written.spec, public, doc, attributes)
    if isinstance(written.spec.type, syntax.TaggedType) and public is not None:
        _rename(ctype, public)
    for declarator in written.declarators:
        if declarator.name is None:
            continue
        made = declared_type(unit, ctype, declarator)
        if isinstance(made, Void):
            unit.reporter.error(Mistake.TYPEDEF_VOID, declarator.place)
            made = Broken()
        if isinstance(made, Pointer):
            is_string = "string" in attributes or made.is_string
            made = Pointer(made.to, attributes.pointer_kind or made.kind, is_string)
        elif attributes.pointer_kind is not None and not isinstance(made, Broken):
            kind = attributes.pointer_kind
            unit.reporter.error(Mistake.POINTER_ATTRIBUTE, attributes.place(kind), name=kind)
        unit.scope.declare(declarator.name.text, TypeName("typedef", made, declarator.place))


def _rename(ctype: CType, public: str) -> None:
    """Give a struct or enum the name of `typedef struct tagP P;`, unless it has one already."""
    if isinstance(ctype, (StructRecord, EnumRecord)) and ctype.name == ctype.key:
        ctype.name = public


def _constant(unit: Unit, written: syntax.Constant) -> None:
    name = written.declarator.name
    if name is None:
        return
    if not written.spec.is_const:
        unit.reporter.error(Mistake.CONSTANT_NEEDS_CONST, written.spec.place)
    ctype = declared_type(unit, spec_type(unit, written.spec), written.declarator)
    value = evaluate(unit, written.value)
    typed = None if value is None else _typed(unit, ctype, written, value)
    known: Value = 1 if typed is None else typed
    unit.scope.declare(name.text, ValueName("constant", known, name.place))
    if typed is not None:
        is_hex = isinstance(written.value, syntax.Literal) and written.value.is_hex
        unit.world.constants[name.text] = model.Constant(
            name.text, typed, is_hex, written.doc, unit.home
        )


def _typed(unit: Unit, ctype: CType, written: syntax.Constant, value: Value) -> Value | None:
    """Give the value as one of the constant's type; None, and a report, if it is none."""
    place = written.value.place
    if isinstance(ctype, Broken):
        return None
    if not (isinstance(ctype, (Base, EnumRecord)) or _is_text(ctype)):
        unit.reporter.error(Mistake.NOT_CONSTANT_TYPE, place, type=f"'{type_name(ctype)}'")
        return None
    if isinstance(ctype, Base) and ctype.kind in BITS and isinstance(value, int):
        is_hex = isinstance(written.value, syntax.Literal) and written.value.is_hex
        return fit(unit, ctype.kind, value, place, is_hex=is_hex)
    found = _converted(ctype, value, is_character=is_character(written.value))
    if found is None:
        shown = "a string" if isinstance(value, str) else value
        unit.reporter.error(Mistake.CONSTANT_TYPE, place, type=f"'{type_name(ctype)}'", value=shown)
    return found


def _is_text(ctype: CType) -> bool:
    """True for the string types, `char *` and `wchar_t *` among them."""
    if isinstance(ctype, Base):
        return ctype.kind is model.ScalarKind.STRING
    if not isinstance(ctype, Pointer):
        return False
    is_characters = isinstance(ctype.to, Base) and ctype.to.kind is model.ScalarKind.CHAR
    return ctype.is_string or is_characters


def _converted(ctype: CType, value: Value, *, is_character: bool) -> Value | None:
    """Give the value as a string, a character, an enum's value, a boolean or a fraction."""
    kind = ctype.kind if isinstance(ctype, Base) else None
    if isinstance(value, str):
        fitting = kind is model.ScalarKind.CHAR if is_character else _is_text(ctype)
        is_number = is_character and kind in BITS
        return value if fitting else ord(value) if is_number else None
    if isinstance(ctype, EnumRecord):
        return value if isinstance(value, int) else None
    if kind is model.ScalarKind.CHAR:
        return chr(value) if isinstance(value, int) and 0 <= value <= LAST_CHARACTER else None
    if kind is model.ScalarKind.BOOLEAN:
        return bool(value) if value in (0, 1) else None
    return float(value) if kind in FLOATS and math.isfinite(value) else None
