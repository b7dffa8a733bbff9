"""The declarations of a file, in order: each enters the scope, and the model's world."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import INTERFACE, TYPE
from pyorpc.midl.resolve.attributes import AttributeList, check_attributes
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
    is_same_type,
    type_name,
)
from pyorpc.midl.resolve.dispinterfaces import announce_dispinterface, declare_dispinterface
from pyorpc.midl.resolve.enums import define_enum
from pyorpc.midl.resolve.interfaces import InterfaceReader, declare_forward
from pyorpc.midl.resolve.libraries import announce_class, declare_class, declare_container
from pyorpc.midl.resolve.methods import help_string, resolve_method
from pyorpc.midl.resolve.named_types import named_type
from pyorpc.midl.resolve.pipes import check_declarator
from pyorpc.midl.resolve.scope import TypeName, ValueName
from pyorpc.midl.resolve.standard_types import is_standard_file, standard_type
from pyorpc.midl.resolve.structs import UNNAMED, forget_twin, is_same_struct, spec_type
from pyorpc.midl.resolve.type_attributes import check_type_attributes
from pyorpc.midl.resolve.winrt import check_winrt

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit, Value

LAST_CHARACTER = 0xFFFF
# As a signed or as an unsigned one.
LOWEST_CHAR, HIGHEST_CHAR = -128, 255
NARROW = ("char", "CHAR")
# A constant date is a number of days.
FLOATS = (
    *(model.ScalarKind.FLOAT, model.ScalarKind.DOUBLE, model.ScalarKind.DATE),
    *(model.ScalarKind.CURRENCY, model.ScalarKind.DECIMAL),
)


def declare(unit: Unit, declaration: syntax.Declaration) -> None:
    """Enter one declaration. Imports were entered before."""
    match declaration:
        case syntax.Forward():
            _announce(unit, declaration)
        case syntax.Interface():
            if id(declaration) in unit.scope.hoisted:
                return
            unit.scope.later.pop(declaration.name.text, None)
            InterfaceReader(unit, declaration).resolve(declare)
        case syntax.Typedef():
            _typedef(unit, declaration)
        case syntax.Constant():
            _constant(unit, declaration)
        case syntax.TypeOnly():
            _type_only(unit, declaration)
        case syntax.Method():
            _function(unit, declaration)
        case _:
            _declare_rare(unit, declaration)


def _declare_rare(unit: Unit, declaration: syntax.Declaration) -> None:
    """Enter what type libraries, C and WinRT declare. Imports were entered before."""
    match declaration:
        case syntax.Library() | syntax.Module():
            declare_container(unit, declaration, lambda member: declare(unit, member))
        case syntax.Coclass():
            declare_class(unit, declaration)
        case syntax.DispInterface():
            declare_dispinterface(unit, declaration)
        case syntax.Extern():
            declared_type(unit, spec_type(unit, declaration.spec), declaration.declarator)
        case syntax.ImportLib():
            unit.reporter.error(Mistake.IMPORTLIB_OUTSIDE, declaration.place)
        case _:
            check_winrt(unit, declaration)


def _announce(unit: Unit, written: syntax.Forward) -> None:
    """Enter `interface IFoo;` and the like."""
    if written.kind == "coclass":
        announce_class(unit, written.name)
    elif written.kind == "dispinterface":
        announce_dispinterface(unit, written.name)
    elif written.kind == "interface":
        check_attributes(written.attributes, INTERFACE, unit.reporter)
        declare_forward(unit, written)


def _type_only(unit: Unit, written: syntax.TypeOnly) -> None:
    attributes = check_attributes(written.attributes, TYPE, unit.reporter)
    check_type_attributes(attributes, written.spec.type, unit.reporter)
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


def _function(unit: Unit, written: syntax.Method) -> None:
    """Check a function of the C program: outside of interfaces, [local] or in a header."""
    name = written.declarator.name
    if written.place.source.is_header:
        return
    if "local" not in written.attributes:
        unit.reporter.error(Mistake.METHOD_OUTSIDE, written.place, name=name.text if name else "")
        return
    known = set(unit.scope.tags)
    resolve_method(unit, written, 0, "unique", is_local=True)
    unit.scope.foreign |= unit.scope.tags.keys() - known


def _members_as_constants(unit: Unit, enum: model.Enum) -> None:
    for member in enum.members:
        unit.world.constants[member.name] = model.Constant(
            member.name, member.value, member.is_hex, member.doc, unit.home
        )


def _typedef(unit: Unit, written: syntax.Typedef) -> None:
    attributes = check_attributes(written.attributes, TYPE, unit.reporter)
    check_type_attributes(attributes, written.spec.type, unit.reporter)
    doc = written.doc or help_string(written.attributes)
    plain = next((one for one in written.declarators if not (one.pointers or one.arrays)), None)
    public = plain.name.text if plain is not None and plain.name is not None else None
    name_of_type = public or _name_behind_pointer(written)
    ctype = spec_type(unit, written.spec, name_of_type, doc, attributes)
    if isinstance(written.spec.type, syntax.TaggedType) and public is not None:
        _rename(ctype, public)
    for declarator in written.declarators:
        if declarator.name is not None:
            check_declarator(unit, ctype, declarator)
            made = declared_type(unit, ctype, declarator)
            made = _as_typedef(unit, attributes, declarator.name.text, made)
            _declare_typedef(unit, declarator.name, made)


def _name_behind_pointer(written: syntax.Typedef) -> str | None:
    """Give a name to a struct without one of which the typedef names a pointer only."""
    type_ = written.spec.type
    first = written.declarators[0].name
    is_unnamed = isinstance(type_, UNNAMED) and type_.tag is None
    return f"tag{first.text}" if is_unnamed and first is not None else None


def _as_typedef(unit: Unit, attributes: AttributeList, name: str, made: CType) -> CType:
    """Give the type that a typedef's name stands for, by its attributes and the name."""
    made = _wire_type(unit, attributes, made)
    standard = standard_type(name)
    if standard is not None and is_standard_file(unit.home.name):
        return standard  # as Windows's own files spell out what the compiler knows
    kind = attributes.pointer_kind
    if isinstance(made, Pointer):
        if isinstance(made.to, Void) and kind is None:
            return Base(model.ScalarKind.HYPER, name, is_handle=True)
        is_string = "string" in attributes or made.is_string
        return Pointer(made.to, kind or made.kind, is_string)
    if kind is not None and not isinstance(made, Broken):
        unit.reporter.error(Mistake.POINTER_ATTRIBUTE, attributes.place(kind), name=kind)
    return made


def _wire_type(unit: Unit, attributes: AttributeList, made: CType) -> CType:
    """Give the type that [wire_marshal] or [transmit_as] sends in the place of the declared one.

    What wire_marshal calls by a name is mostly a structure for a handle, which is a number here.
    """
    for attribute in ("transmit_as", "wire_marshal"):
        (argument,) = attributes.arguments(attribute) or (None,)
        if isinstance(argument, syntax.Reference):
            found = named_type(unit, syntax.NamedType(argument.name, argument.place))
            return found if isinstance(found, Base) or attribute == "transmit_as" else made
        if isinstance(argument, syntax.TypeArgument):
            found = named_type(unit, argument.type)
            if not isinstance(found, Void) or argument.pointers:
                return found
        if argument is not None:
            _refuse_wire_type(unit, attribute, argument)
    return made


def _refuse_wire_type(unit: Unit, attribute: str, argument: syntax.Argument) -> None:
    mistake = Mistake.ATTRIBUTE_BAD_ARGUMENT
    expected = "a type that travels"
    unit.reporter.error(mistake, argument.place, name=attribute, expected=expected)


def _declare_typedef(unit: Unit, name: syntax.Name, made: CType) -> None:
    """Enter a typedef's name. The same typedef may be there already, as in C."""
    before = unit.scope.names.get(name.text)
    if isinstance(before, TypeName) and is_same_type(before.ctype, made):
        return
    if isinstance(before, TypeName) and before.ctype is standard_type(name.text):
        return  # spelled out otherwise by another file of Windows
    if isinstance(before, TypeName) and is_same_struct(before.ctype, made):
        forget_twin(unit, made)
        return
    unit.scope.declare(name.text, TypeName("typedef", made, name.place))


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
    if isinstance(written.value, syntax.Cast) and isinstance(ctype, Pointer):
        return None  # an address, for C only
    if not (isinstance(ctype, (Base, EnumRecord)) or _is_text(ctype)):
        unit.reporter.error(Mistake.NOT_CONSTANT_TYPE, place, type=f"'{type_name(ctype)}'")
        return None
    if isinstance(ctype, Base) and ctype.kind in BITS and isinstance(value, int):
        is_hex = isinstance(written.value, syntax.Literal) and written.value.is_hex
        return fit(unit, ctype.kind, value, place, is_hex=is_hex)
    if not _is_right_width(unit, ctype, written.value, value):
        return None
    found = _converted(ctype, value, is_character=is_character(written.value))
    if found is None:
        shown = "a string" if isinstance(value, str) else value
        unit.reporter.error(Mistake.CONSTANT_TYPE, place, type=f"'{type_name(ctype)}'", value=shown)
    return found


def _is_right_width(unit: Unit, ctype: CType, written: syntax.Expression, value: Value) -> bool:
    """Refuse for `char` what needs a wchar_t: a larger number, a string with L."""
    is_text = isinstance(ctype, Pointer)
    base = ctype.to if isinstance(ctype, Pointer) else ctype
    if not isinstance(base, Base) or base.name not in NARROW:
        return True
    kind, place = base.name, written.place
    if is_text and isinstance(written, syntax.Literal) and written.is_wide:
        shown = f"'{type_name(ctype)}'"
        unit.reporter.error(Mistake.CONSTANT_TYPE, place, type=shown, value="a wide string")
        return False
    if is_text or not isinstance(value, int) or LOWEST_CHAR <= value <= HIGHEST_CHAR:
        return True
    low, high = LOWEST_CHAR, HIGHEST_CHAR
    unit.reporter.error(Mistake.CONSTANT_RANGE, place, value=value, type=kind, low=low, high=high)
    return False


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
        is_one = kind is model.ScalarKind.CHAR and len(value) == 1
        fitting = is_one or (not is_character and _is_text(ctype))
        is_number = is_character and kind in BITS
        return value if fitting else ord(value) if is_number else None
    if isinstance(ctype, EnumRecord):
        return value if isinstance(value, int) else None
    if kind is model.ScalarKind.CHAR:
        return chr(value) if isinstance(value, int) and 0 <= value <= LAST_CHARACTER else None
    if kind is model.ScalarKind.BOOLEAN:
        # The VARIANT_BOOL for true is -1.
        return bool(value) if value in (0, 1, -1) else None
    return float(value) if kind in FLOATS and math.isfinite(value) else None
