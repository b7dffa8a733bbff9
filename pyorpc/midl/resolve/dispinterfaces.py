"""Dispinterfaces: the names of their properties and methods are for late binding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import DISPINTERFACE, PROPERTY
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import InterfaceRecord
from pyorpc.midl.resolve.methods import resolve_method
from pyorpc.midl.resolve.scope import TypeName
from pyorpc.midl.resolve.structs import spec_type
from pyorpc.midl.resolve.uuids import take_uuid

if TYPE_CHECKING:
    from pyorpc.midl import syntax
    from pyorpc.midl.resolve.scope import Unit


def declare_dispinterface(unit: Unit, written: syntax.DispInterface) -> None:
    """Enter a dispinterface, and check what is in it."""
    attributes = check_attributes(written.attributes, DISPINTERFACE, unit.reporter)
    name = written.name
    take_uuid(unit, attributes, "uuid", name.text)
    if "uuid" not in attributes:
        unit.reporter.error(Mistake.MISSING_UUID, name.place, kind="dispinterface", name=name.text)
    announce_dispinterface(unit, name)
    if written.interface is not None:
        entry = unit.scope.names.get(written.interface.text)
        if not isinstance(entry, TypeName) or not isinstance(entry.ctype, InterfaceRecord):
            place, text = written.interface.place, written.interface.text
            hint = unit.scope.type_hint(text)
            unit.reporter.error(Mistake.UNKNOWN_TAG, place, kind="interface", name=text, hint=hint)
    for one in written.properties:
        check_attributes(one.attributes, PROPERTY, unit.reporter)
        declared_type(unit, spec_type(unit, one.spec), one.declarator)
    for method in written.methods:
        resolve_method(unit, method, 0, "unique", is_local=True)


def announce_dispinterface(unit: Unit, name: syntax.Name) -> None:
    """Enter the name of a dispinterface; again and again is allowed."""
    known = unit.scope.names.get(name.text)
    if isinstance(known, TypeName) and isinstance(known.ctype, InterfaceRecord):
        return
    record = InterfaceRecord(name.text, name.place, is_dispatch=True, is_broken=True)
    unit.scope.declare(name.text, TypeName("dispinterface", record, name.place))
