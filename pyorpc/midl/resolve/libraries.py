"""Type libraries, modules and classes: their names, and the names in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import CLASS_MEMBER, COCLASS, LIBRARY, MODULE
from pyorpc.midl.resolve.attributes import AttributeList, check_attributes
from pyorpc.midl.resolve.declared import Broken, CType, InterfaceRecord
from pyorpc.midl.resolve.methods import resolve_method
from pyorpc.midl.resolve.named_types import named_type
from pyorpc.midl.resolve.scope import TypeName
from pyorpc.midl.resolve.uuids import take_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.resolve.scope import Unit


def declare_container(
    unit: Unit,
    written: syntax.Library | syntax.Module,
    declare: Callable[[syntax.Declaration], None],
) -> None:
    """Enter a library or module. `declare` takes what is declared in it."""
    is_library = isinstance(written, syntax.Library)
    target = LIBRARY if is_library else MODULE
    attributes = check_attributes(written.attributes, target, unit.reporter)
    take_uuid(unit, attributes, "uuid", written.name.text)
    for member in written.members:
        if isinstance(member, syntax.Library):
            unit.reporter.error(Mistake.LIBRARY_INSIDE, member.place)
    if is_library and "uuid" not in attributes:
        name = written.name
        unit.reporter.error(Mistake.MISSING_UUID, name.place, kind="library", name=name.text)
    for member in written.members:
        if isinstance(member, syntax.Method) and not is_library:
            resolve_method(unit, member, 0, "unique", is_local=True)
        elif not (isinstance(member, syntax.ImportLib) and is_library):
            declare(member)


def declare_class(unit: Unit, written: syntax.Coclass) -> None:
    """Enter a class. As a type, its name stands for its default interface."""
    attributes = check_attributes(written.attributes, COCLASS, unit.reporter)
    name = written.name
    take_uuid(unit, attributes, "uuid", name.text, among="classes ")
    if "uuid" not in attributes:
        unit.reporter.error(Mistake.MISSING_UUID, name.place, kind="class", name=name.text)
    default: CType = Broken()
    defaults: set[bool] = set()
    _check_once(unit, written)
    for member in written.members:
        given = check_attributes(member.attributes, CLASS_MEMBER, unit.reporter)
        found = _announced(unit, member)
        is_source = "source" in given
        if isinstance(default, Broken) and not is_source:
            default = found
        if "default" in given:
            default = default if is_source else found
            _note_default(unit, given, defaults, is_source=is_source)
    before = unit.scope.names.get(name.text)
    if isinstance(before, TypeName) and before.kind == ANNOUNCED:
        del unit.scope.names[name.text]
    unit.scope.declare(name.text, TypeName("class", default, name.place))


def _check_once(unit: Unit, written: syntax.Coclass) -> None:
    """Refuse an interface that a class names twice in one direction."""
    known: set[tuple[str, bool]] = set()
    for member in written.members:
        key = member.type.name, "source" in member.attributes
        if key in known:
            name = member.type.name
            unit.reporter.error(Mistake.CLASS_MEMBER_TWICE, member.type.place, name=name)
        known.add(key)


ANNOUNCED = "announced class"


def announce_class(unit: Unit, name: syntax.Name) -> None:
    """Enter `coclass C;`; again and again is allowed."""
    if not isinstance(unit.scope.names.get(name.text), TypeName):
        unit.scope.declare(name.text, TypeName(ANNOUNCED, Broken(), name.place))


def _note_default(
    unit: Unit, given: AttributeList, defaults: set[bool], *, is_source: bool
) -> None:
    """Refuse a second default of one direction."""
    if is_source in defaults:
        unit.reporter.error(Mistake.SECOND_DEFAULT, given.place("default"))
    defaults.add(is_source)


def check_class_members(unit: Unit) -> None:
    """Refuse the interfaces of classes that are misspelled.

    Type libraries name interfaces in classes that they declare nowhere else: those are taken.
    """
    interfaces = [
        name
        for name, entry in unit.scope.names.items()
        if isinstance(entry, TypeName) and isinstance(entry.ctype, InterfaceRecord)
    ]
    for member in unit.scope.class_members:
        name = member.type.name
        is_slip = any(_is_slip(name, known) for known in interfaces)
        if unit.scope.type_named(name) is not None or is_slip:
            _interface(unit, member)


def _is_slip(name: str, known: str) -> bool:
    """True if one letter is wrong or missing, or two are swapped; IFoo2 is no slip of IFoo."""
    if abs(len(name) - len(known)) > 1 or (name + known)[-1:].isdigit() or name[-1:].isdigit():
        return False
    start = next((at for at, (a, b) in enumerate(zip(name, known, strict=False)) if a != b), None)
    if start is None:
        return True
    rest, wanted = name[start:], known[start:]
    is_swapped = rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
    return is_swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


def _announced(unit: Unit, member: syntax.ClassMember) -> CType:
    """Give the interface that a class names; one that is not known yet is looked for later."""
    if unit.scope.type_named(member.type.name) is None:
        unit.scope.class_members.append(member)
        return Broken()
    return _interface(unit, member)


def _interface(unit: Unit, member: syntax.ClassMember) -> CType:
    """Give the interface that a class names; a class cannot have anything else."""
    found = named_type(unit, member.type)
    if isinstance(found, (InterfaceRecord, Broken)):
        return found
    unit.reporter.error(
        Mistake.WRONG_TAG, member.type.place, name=member.type.name, kind="interface"
    )
    return Broken()
