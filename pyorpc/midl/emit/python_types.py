"""How the types of the model are written in Python: for users, and for the wire.

The wire's form is written twice: `wire` is the checked type that codecs are made of (`Long`),
`plain` is the same to a type checker without the ranges (`int`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.layout import AnyOf, Bracket, Keyword, Piece, call, flat, subscript
from pyorpc.midl.emit.names import class_name, hidden_name

if TYPE_CHECKING:
    from pyorpc.midl.emit.names import Imports
    from pyorpc.midl.model import World

Kind = model.ScalarKind
PLAIN = {
    Kind.BOOLEAN: "bool",
    Kind.FLOAT: "float",
    Kind.DOUBLE: "float",
    Kind.CHAR: "str",
    Kind.STRING: "str",
}
CHECKED = {
    Kind.BYTE: "Byte",
    Kind.SMALL: "Small",
    Kind.SHORT: "Short",
    Kind.USHORT: "UShort",
    Kind.LONG: "Long",
    Kind.BOOL: "Long",
    Kind.ULONG: "ULong",
    Kind.HYPER: "Hyper",
    Kind.UHYPER: "UHyper",
    Kind.FLOAT: "Float",
    Kind.CHAR: "Char",
}
SHARED = {Kind.GUID: "Guid", Kind.HRESULT: "HRESULT"}
STANDARD = {
    Kind.DATE: ("datetime", "datetime"),
    Kind.CURRENCY: ("decimal", "Decimal"),
    Kind.DECIMAL: ("decimal", "Decimal"),
}
BYTES = model.Scalar(Kind.BYTE)


def is_bytes(type_: model.Array) -> bool:
    """True for an array that is `bytes` in Python."""
    return type_.of == BYTES


def pipe_constant(element: str) -> str:
    """Give the name of the constant for the codec of a pipe's chunks."""
    return f"_pipe_of_{element}"


def twin_name(struct: model.Struct | model.Union) -> str:
    """Give the name of the wire's form of a struct that holds interface pointers."""
    return hidden_name(f"{class_name(struct.name)}Wire")


class PythonTypes:
    """Writes types, and notes what they need to import."""

    def __init__(self, world: World, imports: Imports) -> None:
        self._world = world
        self._imports = imports

    def user(self, type_: model.Type, *, is_argument: bool = False, variable: str = "") -> Piece:
        """Give the type in a signature. `variable` is the TypeVar of a DynamicPointer."""
        match type_:
            case model.Nullable():
                inner = self.user(type_.of, is_argument=is_argument, variable=variable)
                return or_none(inner)
            case model.Array() if not is_bytes(type_):
                inner = self.user(type_.of, is_argument=is_argument, variable=variable)
                return self._list(inner, is_argument=is_argument)
            case model.InterfaceId() if is_argument:
                interface = variable or self._imports.support("IUnknown")
                return AnyOf((f"type[{interface}]", self._imports.support("Guid")))
            case _:
                return self._user_one(type_, variable, is_argument=is_argument)

    def _user_one(self, type_: model.Type, variable: str, *, is_argument: bool) -> Piece:
        match type_:
            case model.InterfacePointer() | model.DynamicPointer():
                return or_none(self._pointed(type_, variable))
            case model.Variant():
                return self._imports.use("typing", "Any")
            case model.SafeArray():
                return self._safe_array(type_, is_argument=is_argument)
            case model.Pipe():
                return subscript(self._imports.support("Pipe"), self.chunk(type_))
            case _:
                return self._value(type_)

    def wire(self, type_: model.Type, *, is_checked: bool = True) -> Piece:
        """Give the type that travels, with the ranges of numbers if `is_checked`."""
        match type_:
            case model.Nullable():
                inner = self.wire(type_.of, is_checked=is_checked)
                if isinstance(type_, model.FullPointer):
                    number = self._imports.support("ULong") if is_checked else "int"
                    inner = AnyOf((inner, number))
                return or_none(inner)
            case model.Array() if not is_bytes(type_):
                return self._list(self.wire(type_.of, is_checked=is_checked))
            case model.SafeArray():
                elements: Piece = "bytes"
                if type_.of != BYTES:
                    elements = subscript("list", self.wire(type_.of, is_checked=is_checked))
                return subscript(self._imports.support("SafeArrayWire"), elements)
            case model.Scalar() if is_checked and type_.range is not None:
                return self._ranged(*type_.range)
            case model.Scalar() if is_checked and type_.kind in CHECKED:
                return self._imports.support(CHECKED[type_.kind])
            case _:
                return self._wire_one(type_)

    def _wire_one(self, type_: model.Type) -> Piece:
        match type_:
            case model.InterfacePointer() | model.DynamicPointer() | model.Pipe():
                ref = self._imports.support("ObjRef")
                return ref if isinstance(type_, model.Pipe) else or_none(ref)
            case model.Variant():
                return self._imports.support("VariantWire")
            case model.StructRef() if self._world.holds_pointers(type_):
                return twin_name(self._world.structs[type_.key])
            case model.UnionRef():
                return twin_name(self._world.unions[type_.key])
            case _:
                return self._value(type_)

    def chunk(self, type_: model.Pipe) -> Piece:
        """Give the type of what a Pull returns."""
        return "bytes" if type_.of == BYTES else subscript("list", self.user(type_.of))

    def pipe_element(self, type_: model.Pipe) -> str:
        """Give what the codec of a pipe's chunks is made of."""
        return "bytes" if type_.of == BYTES else flat(self.wire(type_.of))

    def field(self, type_: model.Type) -> Piece:
        """Give the type of a struct's field: checked, but with the users' interface pointers."""
        match type_:
            case (
                model.InterfacePointer()
                | model.DynamicPointer()
                | model.StructRef()
                | model.UnionRef()
                | model.Variant()
                | model.SafeArray()
            ):
                return self.user(type_)
            case model.Nullable():
                return or_none(self.field(type_.of))
            case model.Array() if not is_bytes(type_):
                return subscript("list", self.field(type_.of))
            case _:
                return self.wire(type_)

    def wires(self, parameters: tuple[model.Parameter, ...], *, is_checked: bool) -> Bracket:
        """Give the tuple type of some parameters as they travel."""
        if not parameters:
            return subscript("tuple", "()")
        types = (self.wire(one.type, is_checked=is_checked) for one in parameters)
        return subscript("tuple", *types)

    def result(self, parameters: tuple[model.Parameter, ...], *, is_checked: bool) -> Piece:
        """Give the type of a method's [out]s as they travel: none, one, or a tuple."""
        if not parameters:
            return "None"
        if len(parameters) == 1:
            return self.wire(parameters[0].type, is_checked=is_checked)
        return self.wires(parameters, is_checked=is_checked)

    def _pointed(self, type_: model.InterfacePointer | model.DynamicPointer, variable: str) -> str:
        if isinstance(type_, model.InterfacePointer):
            return self._imports.declared(self._world.interfaces[type_.name])
        return variable or self._imports.support("IUnknown")

    def _value(self, type_: model.Type) -> str:
        """Give the type of what is the same for users and on the wire, but for ranges."""
        match type_:
            case model.Scalar():
                return self._scalar(type_.kind)
            case model.EnumRef():
                return self._imports.declared(self._world.enums[type_.key])
            # One that is announced and never defined stays local, and says nothing to Python.
            case model.StructRef() if type_.key in self._world.structs:
                return self._imports.declared(self._world.structs[type_.key])
            case model.UnionRef() if type_.key in self._world.unions:
                return self._imports.declared(self._world.unions[type_.key])
            case model.InterfaceId():
                return self._imports.support("Guid")
            case _:
                return "bytes" if isinstance(type_, model.Array) else "object"

    def _ranged(self, low: int, high: int) -> Piece:
        annotated = self._imports.use("typing", "Annotated")
        bounds = call(
            self._imports.support("Meta"), Keyword("ge", str(low)), Keyword("le", str(high))
        )
        return subscript(annotated, "int", bounds)

    def _scalar(self, kind: model.ScalarKind) -> str:
        if kind in SHARED:
            return self._imports.support(SHARED[kind])
        if kind in STANDARD:
            return self._imports.use(*STANDARD[kind])
        return PLAIN.get(kind, "int")

    def _safe_array(self, type_: model.SafeArray, *, is_argument: bool) -> Piece:
        if is_argument:
            every = self._imports.use("typing", "Any")
            return subscript(self._imports.use("collections.abc", "Sequence"), every)
        array = subscript(self._imports.support("SafeArray"), self.user(type_.of))
        return AnyOf(("bytes", array)) if type_.of == BYTES else array

    def _list(self, element: Piece, *, is_argument: bool = False) -> Piece:
        if is_argument:
            return subscript(self._imports.use("collections.abc", "Sequence"), element)
        return subscript("list", element)


def or_none(piece: Piece) -> Piece:
    """Give `piece | None`."""
    if flat(piece).endswith("| None"):
        return piece
    return AnyOf((*piece.of, "None") if isinstance(piece, AnyOf) else (piece, "None"))
