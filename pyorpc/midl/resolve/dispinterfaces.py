"""Dispinterfaces: the names of their properties and methods are for late binding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import DISPINTERFACE, PROPERTY
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import InterfaceRecord
from pyorpc.midl.resolve.dispatch_rules import check_has_ids, check_ids
from pyorpc.midl.resolve.methods import (
    dispatch_id,
    help_string,
    resolve_method,
    returned_type,
)
from pyorpc.midl.resolve.properties import with_ids, with_properties
from pyorpc.midl.resolve.scope import TypeName
from pyorpc.midl.resolve.structs import spec_type
from pyorpc.midl.resolve.uuids import take_uuid

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit

BASE = "IDispatch"


def declare_dispinterface(unit: Unit, written: syntax.DispInterface) -> None:
    """Enter a dispinterface, and check what is in it."""
    attributes = check_attributes(written.attributes, DISPINTERFACE, unit.reporter)
    name = written.name
    iid = take_uuid(unit, attributes, "uuid", name.text)
    if "uuid" not in attributes:
        unit.reporter.error(Mistake.MISSING_UUID, name.place, kind="dispinterface", name=name.text)
    announce_dispinterface(unit, name)
    methods: list[model.Method] = []
    if written.interface is not None:
        entry = unit.scope.names.get(written.interface.text)
        methods.extend(_methods_of(unit, entry))
        if not isinstance(entry, TypeName) or not isinstance(entry.ctype, InterfaceRecord):
            place, text = written.interface.place, written.interface.text
            hint = unit.scope.type_hint(text)
            unit.reporter.error(Mistake.UNKNOWN_TAG, place, kind="interface", name=text, hint=hint)
    own: list[tuple[syntax.Method | syntax.Field, model.Method]] = [
        (one, accessor) for one in written.properties for accessor in _accessors(unit, one)
    ]
    own.extend(
        (one, resolve_method(unit, one, 0, "unique", is_local=True)) for one in written.methods
    )
    check_ids(unit, own)
    check_has_ids(unit, own)
    methods.extend(method for _, method in own)
    if iid is not None:
        members = with_ids(with_properties(_once(methods), frozenset()))
        doc = written.doc or help_string(written.attributes)
        made = model.Interface(name.text, iid, None, BASE, members, doc, unit.home, is_local=False)
        unit.world.interfaces[name.text] = replace(made, is_dispatch=True, is_dispinterface=True)


def _once(methods: list[model.Method]) -> list[model.Method]:
    """Give the methods without those that have the name of an earlier one."""
    return list({one.name: one for one in reversed(methods)}.values())[::-1]


def _methods_of(unit: Unit, entry: object) -> list[model.Method]:
    """Give the methods that `dispinterface D { interface I; }` takes over."""
    record = entry.ctype if isinstance(entry, TypeName) else None
    if not isinstance(record, InterfaceRecord) or record.definition is None:
        return []
    return [
        replace(method, is_local=True, returns=None)
        for home in unit.world.lineage(record.definition)
        if home.name not in ("IUnknown", BASE)
        for method in home.methods
    ]


def _accessors(unit: Unit, field: syntax.Field) -> list[model.Method]:
    """Give the ways to use a property: it can be got, and put unless it is [readonly]."""
    attributes = check_attributes(field.attributes, PROPERTY, unit.reporter)
    type_ = returned_type(declared_type(unit, spec_type(unit, field.spec), field.declarator))
    name = field.declarator.name.text if field.declarator.name else ""
    if type_ is None or not name:
        return []
    dispid = dispatch_id(unit, attributes)
    getter = model.Method(
        f"get_{name}",
        0,
        (),
        field.doc,
        returns=type_,
        is_local=True,
        property_name=name,
        dispid=dispid,
    )
    value = model.Parameter("value", type_, is_in=True, is_out=False)
    setter = replace(getter, name=f"put_{name}", parameters=(value,), returns=None)
    return [getter] if "readonly" in attributes else [getter, setter]


def announce_dispinterface(unit: Unit, name: syntax.Name) -> None:
    """Enter the name of a dispinterface; again and again is allowed."""
    known = unit.scope.names.get(name.text)
    if isinstance(known, TypeName) and isinstance(known.ctype, InterfaceRecord):
        return
    record = InterfaceRecord(name.text, name.place, is_dispatch=True, is_broken=True)
    unit.scope.declare(name.text, TypeName("dispinterface", record, name.place))
