"""The names that a file declares, in their order, each with what is declared inside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pyorpc.midl import syntax
from pyorpc.midl.outline.spelling import (
    arm_text,
    attributes_text,
    constant_text,
    enumerator_text,
    field_text,
    interface_text,
    keyword_of,
    method_text,
    switch_text,
    type_text,
    typedef_text,
)
from pyorpc.midl.source import Place


class Kind(Enum):
    """What a name is declared as."""

    INTERFACE = "interface"
    DISPINTERFACE = "dispinterface"
    COCLASS = "coclass"
    RUNTIMECLASS = "runtimeclass"
    LIBRARY = "library"
    MODULE = "module"
    NAMESPACE = "namespace"
    CONTRACT = "apicontract"
    DELEGATE = "delegate"
    METHOD = "method"
    PROPERTY = "property"
    STRUCT = "struct"
    UNION = "union"
    FIELD = "field"
    ENUM = "enum"
    MEMBER = "member"
    TYPEDEF = "typedef"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Symbol:
    """One declared name."""

    name: str
    kind: Kind
    place: Place
    text: str  # the declaration as IDL, without what is inside
    doc: str
    node: object
    inside: tuple[Symbol, ...] = ()


HOLDERS = {
    syntax.DispInterface: Kind.DISPINTERFACE,
    syntax.Coclass: Kind.COCLASS,
    syntax.RuntimeClass: Kind.RUNTIMECLASS,
    syntax.Library: Kind.LIBRARY,
    syntax.Module: Kind.MODULE,
}


def symbols_of(declarations: Iterable[syntax.Declaration]) -> list[Symbol]:
    """Give the symbols of a file."""
    return [symbol for one in declarations for symbol in _symbols(one)]


def all_symbols(symbols: Sequence[Symbol]) -> Iterator[Symbol]:
    """Give the symbols and all that is inside them."""
    for symbol in symbols:
        yield symbol
        yield from all_symbols(symbol.inside)


def help_text(attributes: syntax.Attributes, doc: str) -> str:
    """Give the documentation, or what [helpstring] says."""
    for one in attributes.items:
        if not doc and one.name == "helpstring" and one.arguments:
            said = one.arguments[0]
            if isinstance(said, syntax.Literal) and isinstance(said.value, str):
                return said.value
    return doc


def _symbols(node: syntax.Declaration) -> Iterator[Symbol]:
    match node:
        case syntax.Interface():
            yield _holder(node, Kind.INTERFACE, interface_text(node), symbols_of(node.members))
        case syntax.Library() | syntax.Module():
            yield _named_holder(node, symbols_of(node.members))
        case syntax.Coclass() | syntax.RuntimeClass():
            yield _named_holder(node, [])
        case syntax.DispInterface():
            properties = [one for field in node.properties for one in _field(field, Kind.PROPERTY)]
            yield _named_holder(node, [*properties, *symbols_of(node.methods)])
        case syntax.Namespace() | syntax.ApiContract():
            yield _plain_holder(node)
        case syntax.Method() | syntax.Delegate():
            yield from _method(node)
        case _:
            yield from _value_or_type(node)


def _value_or_type(node: syntax.Declaration) -> Iterator[Symbol]:
    match node:
        case syntax.Constant():
            text = constant_text(node)
            name, doc = node.declarator.name, help_text(node.attributes, node.doc)
            if name is not None:
                yield Symbol(name.text, Kind.CONSTANT, name.place, text, doc, node)
        case syntax.Typedef():
            yield from _typedef(node)
        case syntax.TypeOnly():
            doc = help_text(node.attributes, node.doc)
            yield from _type(node.spec.type, node, doc)
        case _:
            pass  # declares no name of its own


Holder = syntax.Interface | syntax.DispInterface | syntax.Coclass | syntax.RuntimeClass
AnyHolder = Holder | syntax.Library | syntax.Module


def _plain_holder(node: syntax.Namespace | syntax.ApiContract) -> Symbol:
    is_namespace = isinstance(node, syntax.Namespace)
    inside = symbols_of(node.members) if isinstance(node, syntax.Namespace) else []
    kind = Kind.NAMESPACE if is_namespace else Kind.CONTRACT
    name = node.name
    text = f"{kind.value} {name.text}"
    return Symbol(name.text, kind, name.place, text, "", node, tuple(inside))


def _named_holder(
    node: syntax.DispInterface
    | syntax.Coclass
    | syntax.RuntimeClass
    | syntax.Library
    | syntax.Module,
    inside: Sequence[Symbol],
) -> Symbol:
    kind = HOLDERS[type(node)]
    return _holder(node, kind, f"{kind.value} {node.name.text}", inside)


def _holder(node: AnyHolder, kind: Kind, text: str, inside: Sequence[Symbol]) -> Symbol:
    doc = help_text(node.attributes, node.doc)
    attributes = attributes_text(node.attributes, without=frozenset({"helpstring"}))
    shown = f"{attributes}\n{text}" if attributes else text
    return Symbol(node.name.text, kind, node.name.place, shown, doc, node, tuple(inside))


def _method(node: syntax.Method | syntax.Delegate) -> Iterator[Symbol]:
    method = node.method if isinstance(node, syntax.Delegate) else node
    kind = Kind.METHOD if method is node else Kind.DELEGATE
    name = method.declarator.name
    if name is not None:
        text = method_text(method, without=frozenset({"helpstring"}))
        doc = help_text(method.attributes, method.doc)
        yield Symbol(name.text, kind, name.place, text, doc, method)


def _typedef(node: syntax.Typedef) -> Iterator[Symbol]:
    """Give the names of a typedef; a struct or enum without a tag is known by the first."""
    type_ = node.spec.type
    doc = help_text(node.attributes, node.doc)
    owned = list(_type(type_, node, doc))
    yield from owned
    known = {one.name for one in owned}
    for declarator in node.declarators:
        name = declarator.name
        if name is None or name.text in known:
            continue
        if not owned and isinstance(type_, DEFINED) and not declarator.pointers:
            known.add(name.text)
            yield _defined(type_, name, node, f"{keyword_of(type_)} {name.text}", doc)
        else:
            yield Symbol(name.text, Kind.TYPEDEF, name.place, typedef_text(node), doc, node)


DEFINED = (syntax.StructType, syntax.UnionType, syntax.EnumType)
Defined = syntax.StructType | syntax.UnionType | syntax.EnumType


def _type(type_: syntax.Type, node: object, doc: str) -> Iterator[Symbol]:
    """Give what a struct, union or enum with a tag declares; of an enum without, the members."""
    if not isinstance(type_, DEFINED):
        return
    if type_.tag is not None:
        yield _defined(type_, type_.tag, node, type_text(type_), doc)
    elif isinstance(type_, syntax.EnumType) and isinstance(node, syntax.TypeOnly):
        yield from _members(type_)


def _defined(type_: Defined, name: syntax.Name, node: object, text: str, doc: str) -> Symbol:
    match type_:
        case syntax.StructType():
            inside = [one for field in type_.fields for one in _field(field, Kind.FIELD)]
            return Symbol(name.text, Kind.STRUCT, name.place, text, doc, node, tuple(inside))
        case syntax.UnionType():
            inside = [one for arm in type_.arms for one in _arm(arm)]
            text += switch_text(type_)
            return Symbol(name.text, Kind.UNION, name.place, text, doc, node, tuple(inside))
        case _:
            members = tuple(_members(type_))
            return Symbol(name.text, Kind.ENUM, name.place, text, doc, node, members)


def _members(type_: syntax.EnumType) -> Iterator[Symbol]:
    for one in type_.enumerators:
        yield Symbol(one.name.text, Kind.MEMBER, one.name.place, enumerator_text(one), one.doc, one)


def _arm(node: syntax.Arm) -> Iterator[Symbol]:
    for one in _field(node.field, Kind.FIELD) if node.field is not None else ():
        yield replace(one, text=arm_text(node))


def _field(node: syntax.Field, kind: Kind) -> Iterator[Symbol]:
    name = node.declarator.name
    if name is not None:
        doc = help_text(node.attributes, node.doc)
        yield Symbol(name.text, kind, name.place, field_text(node), doc, node)
