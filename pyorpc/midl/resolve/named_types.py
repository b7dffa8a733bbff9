"""From the type part of a declaration to the type it names. Struct and enum bodies are not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declared import (
    Broken,
    CType,
    EnumRecord,
    InterfaceRecord,
    StructRecord,
    Void,
)
from pyorpc.midl.resolve.scope import TypeName
from pyorpc.midl.resolve.standard_types import base_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit

_DECLARED = {
    "unknwn.idl": "IUnknown IClassFactory LPUNKNOWN POINT RECT SIZE SYSTEMTIME",
    "objidl.idl": "ISequentialStream IStream IStorage IMoniker IBindCtx IPersist IPersistStream"
    " IPersistFile IEnumString IEnumUnknown IDataObject STATSTG",
    "oaidl.idl": "IDispatch IEnumVARIANT IErrorInfo ITypeInfo ITypeLib LPDISPATCH",
    "ocidl.idl": "IConnectionPoint IConnectionPointContainer IFontDisp IPictureDisp IObjectWithSite"
    " IProvideClassInfo IPersistStreamInit IPropertyNotifySink CONNECTDATA",
    "oleidl.idl": "IOleWindow IOleObject IOleClientSite IOleContainer IDropTarget",
    "servprov.idl": "IServiceProvider",
    "inspectable.idl": "IInspectable",
}
STANDARD_IMPORTS = {name: file for file, names in _DECLARED.items() for name in names.split()}


def named_type(unit: Unit, written: syntax.Type) -> CType:
    """Give the type that is named; a refused name gives Broken."""
    match written:
        case syntax.NamedType():
            return _by_name(unit, written)
        case syntax.BaseType():
            return _by_words(unit, written)
        case syntax.TaggedType(kind="interface" | "dispinterface"):
            return _interface(unit, written)
        case syntax.TaggedType(kind="coclass"):
            return _by_name(unit, syntax.NamedType(written.name.text, written.name.place))
        case syntax.TaggedType():
            return _by_tag(unit, written)
        case _:
            return Broken()


def import_hint(name: str) -> str:
    """Say which standard file declares a name."""
    standard = STANDARD_IMPORTS.get(name)
    return f'; write: import "{standard}"' if standard else ""


def _by_name(unit: Unit, written: syntax.NamedType) -> CType:
    found = unit.scope.type_named(written.name)
    if found is not None:
        return found
    entry = unit.scope.names.get(written.name)
    if entry is not None:
        unit.reporter.error(Mistake.NOT_A_TYPE, written.place, name=written.name, kind=entry.kind)
    else:
        hint = import_hint(written.name) or unit.scope.type_hint(written.name)
        unit.reporter.error(Mistake.UNKNOWN_TYPE, written.place, name=written.name, hint=hint)
    return Broken()


def _by_words(unit: Unit, written: syntax.BaseType) -> CType:
    if written.words == ("void",):
        return Void()
    found = base_type(written.words)
    if found is None:
        unit.reporter.error(Mistake.BAD_BASE_TYPE, written.place, words=" ".join(written.words))
        return Broken()
    return found


def _interface(unit: Unit, written: syntax.TaggedType) -> CType:
    name = written.name.text
    entry = unit.scope.names.get(name)
    if isinstance(entry, TypeName) and isinstance(entry.ctype, InterfaceRecord):
        return entry.ctype
    if entry is not None or name in unit.scope.tags:
        unit.reporter.error(Mistake.WRONG_TAG, written.name.place, name=name, kind="interface")
        return Broken()
    hint = import_hint(name) or unit.scope.type_hint(name)
    unit.reporter.error(
        Mistake.UNKNOWN_TAG, written.name.place, kind="interface", name=name, hint=hint
    )
    return Broken()


def _by_tag(unit: Unit, written: syntax.TaggedType) -> CType:
    """Give what a tag names; an unknown struct or union is one to be defined later."""
    name, place = written.name.text, written.name.place
    found = unit.scope.tags.get(name)
    if found is None and name == "_GUID":
        return _by_name(unit, syntax.NamedType("GUID", place))
    if found is None:
        entry = unit.scope.names.get(name)
        if isinstance(entry, TypeName) and isinstance(entry.ctype, (StructRecord, EnumRecord)):
            found = entry.ctype
    if found is None:
        if written.kind == "enum":
            record: StructRecord | EnumRecord = EnumRecord(name, name, place)
        else:
            record = StructRecord(name, name, place, kind=written.kind)
        unit.scope.tags[name] = record
        return record
    kind = "enum" if isinstance(found, EnumRecord) else found.kind
    if kind != written.kind:
        unit.reporter.error(Mistake.WRONG_TAG, place, name=name, kind=written.kind)
        return Broken()
    return found
