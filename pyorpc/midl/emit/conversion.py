"""From the users' values to the wire's and back: marshal, sized, pack, and their mirror images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.layout import Choice, Loop, Piece, call
from pyorpc.midl.emit.names import class_name
from pyorpc.midl.emit.python_types import BYTES, PythonTypes, is_bytes, pipe_constant
from pyorpc.midl.emit.sizes import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.emit.names import Imports
    from pyorpc.midl.model import World


Kind = model.ScalarKind
CONVERTERS = {Kind.BOOL: "int", Kind.CURRENCY: "to_currency", Kind.DECIMAL: "to_decimal"}
VARTYPES = {
    Kind.BOOLEAN: "BOOL",
    Kind.BOOL: "I4",
    Kind.BYTE: "UI1",
    Kind.SMALL: "I1",
    Kind.SHORT: "I2",
    Kind.USHORT: "UI2",
    Kind.LONG: "I4",
    Kind.ULONG: "UI4",
    Kind.HYPER: "I8",
    Kind.UHYPER: "UI8",
    Kind.FLOAT: "R4",
    Kind.DOUBLE: "R8",
    Kind.CHAR: "BSTR",
    Kind.STRING: "BSTR",
    Kind.GUID: "CLSID",
    Kind.HRESULT: "ERROR",
    Kind.DATE: "DATE",
    Kind.CURRENCY: "CY",
    Kind.DECIMAL: "DECIMAL",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a value is converted: how the channel and the siblings are called there.

    `pipes` is what gives and takes them.
    """

    channel: str
    sibling: Callable[[str], str]
    label: str = ""
    pipes: str = ""


class Conversion:
    """Writes conversions, and notes what they need to import."""

    def __init__(self, world: World, imports: Imports) -> None:
        self._world = world
        self._imports = imports

    def pack(self, type_: model.Type, value: str, around: Surroundings, *, depth: int = 0) -> Piece:
        """Give the wire's form of a value; the value itself where both are the same."""
        if not self._world.needs_packing(type_):
            return value
        match type_:
            case model.FullPointer():
                return self._full("pack", type_, value, around)
            case model.Nullable():
                return Choice(value, self.pack(type_.of, value, around, depth=depth))
            case model.Array():
                sized = self._sized(type_, value, around)
                item = _loop_name(depth)
                packed = self.pack(type_.of, item, around, depth=depth + 1)
                return sized if packed == item else Loop(packed, item, sized)
            case _:
                return self._pack_one(type_, value, around)

    def _pack_one(self, type_: model.Type, value: str, around: Surroundings) -> Piece:
        """Give the wire's form of what is neither a list nor perhaps null."""
        match type_:
            case model.InterfacePointer() | model.DynamicPointer() | model.Pipe():
                return self._moved(type_, value, around, "marshal", "give")
            case model.Variant() | model.SafeArray():
                return self._automation("pack", type_, value, around)
            case model.StructRef():
                return call(self._function("_pack", type_), *self._struct(type_, value, around))
            case model.UnionRef():
                return self._packed_union(type_, value, around)
            case model.InterfaceId():
                return call(self._imports.support("iid_of"), value)
            case _:
                assert isinstance(type_, model.Scalar)
                function = CONVERTERS[type_.kind]
                # True and False are no numbers to the codec.
                is_builtin = function == "int"
                return call(function if is_builtin else self._imports.support(function), value)

    def unpack(
        self,
        type_: model.Type,
        value: str,
        around: Surroundings,
        *,
        checks_size: bool = False,
        depth: int = 0,
    ) -> Piece:
        """Give the users' form of a value that came over the wire."""
        match type_:
            case model.FullPointer():
                return self._full("unpack", type_, value, around)
            case model.Nullable():
                inner = self.unpack(type_.of, value, around, checks_size=checks_size, depth=depth)
                return inner if inner == value or _is_call_on_none(type_) else Choice(value, inner)
            case model.Array():
                source = self._sized(type_, value, around) if checks_size else value
                item = _loop_name(depth)
                unpacked = self.unpack(
                    type_.of, item, around, checks_size=checks_size, depth=depth + 1
                )
                return source if unpacked == item else Loop(unpacked, item, source)
            case _:
                return self._unpack_one(type_, value, around)

    def _unpack_one(self, type_: model.Type, value: str, around: Surroundings) -> Piece:
        """Give the users' form of what is neither a list nor perhaps null."""
        match type_:
            case model.InterfacePointer() | model.DynamicPointer() | model.Pipe():
                return self._moved(type_, value, around, "unmarshal", "take")
            case model.Variant() | model.SafeArray():
                return self._automation("unpack", type_, value, around)
            case model.InterfaceId():
                return call(self._imports.support("interface_for"), value)
            case model.StructRef() | model.UnionRef() if self._world.holds_pointers(type_):
                return call(self._function("_unpack", type_), around.channel, value)
            case _:
                return value

    def _moved(
        self,
        type_: model.InterfacePointer | model.DynamicPointer | model.Pipe,
        value: str,
        around: Surroundings,
        *verbs: str,
    ) -> Piece:
        """Give the call that turns a pointer, or a pipe, into a reference or back."""
        of_pointer, of_pipe = verbs
        if isinstance(type_, model.Pipe):
            return call(f"{around.pipes}.{of_pipe}", value, self._pipe_constant(type_))
        return call(f"{around.channel}.{of_pointer}", value, self._interface(type_, around))

    def _automation(
        self,
        verb: str,
        type_: model.Variant | model.SafeArray,
        value: str,
        around: Surroundings,
    ) -> Piece:
        """Give the call that packs or unpacks a VARIANT, or a SAFEARRAY of one type."""
        if isinstance(type_, model.Variant):
            return call(self._imports.support(f"{verb}_variant"), around.channel, value)
        of, arguments = type_.of, [around.channel, value]
        if isinstance(of, model.StructRef):
            records = self._imports.support(f"{verb}_safe_records")
            return call(records, *arguments, self._converter(verb, of))
        arguments.append(f"{self._imports.support('VT')}.{vartype(of)}")
        if isinstance(of, model.InterfacePointer):
            arguments.append(self._imports.declared(self._world.interfaces[of.name]))
        is_bytes_back = verb == "unpack" and of == BYTES
        function = "unpack_safe_bytes" if is_bytes_back else f"{verb}_safe_array"
        return call(self._imports.support(function), *arguments)

    def _pipe_constant(self, type_: model.Pipe) -> str:
        types = PythonTypes(self._world, self._imports)
        return pipe_constant(types.pipe_element(type_))

    def _interface(
        self, type_: model.InterfacePointer | model.DynamicPointer, around: Surroundings
    ) -> str:
        if isinstance(type_, model.DynamicPointer):
            iid = around.sibling(type_.iid)
            if type_.holds_guid:
                return f"{self._imports.support('interface_for')}({iid})"
            return iid
        return self._imports.declared(self._world.interfaces[type_.name])

    def _struct(self, type_: model.StructRef, value: str, around: Surroundings) -> list[str]:
        return [around.channel, value] if self._world.holds_pointers(type_) else [value]

    def _packed_union(self, type_: model.UnionRef, value: str, around: Surroundings) -> Piece:
        """Give the call that packs a union, after its tag was compared with the switch_is."""
        content = self._switched(type_, value, around)
        return call(self._function("_pack", type_), around.channel, content)

    def _switched(self, type_: model.Type, value: str, around: Surroundings) -> Piece:
        """Give a value; if it is a union, after its tag was compared with the switch_is."""
        if not isinstance(type_, model.UnionRef) or type_.switch is None:
            return value
        switch = size_text(type_.switch, around.sibling)
        return call(self._imports.support("switched"), value, switch, f'"{around.label}"')

    def _full(self, verb: str, type_: model.FullPointer, value: str, around: Surroundings) -> Piece:
        """Give the call that packs or unpacks what a ptr pointer points to, once in a call."""
        of = type_.of
        assert isinstance(of, (model.StructRef, model.UnionRef))
        content: Piece = value
        if verb == "pack":
            content = self._switched(of, value, around)
        user = self._imports.declared(self._record(of))
        return call(f"{around.channel}.{verb}", content, user, self._converter(verb, of))

    def _converter(self, verb: str, of: model.StructRef | model.UnionRef) -> str:
        """Give the function that converts what a ptr pointer points to, or a list's elements."""
        if self._world.holds_pointers(of):
            return self._function(f"_{verb}", of)
        if verb == "pack" and self._world.needs_packing(of):
            return f"lambda _, one: {self._function('_pack', of)}(one)"
        return self._imports.support("as_it_is")

    def _function(self, prefix: str, type_: model.StructRef | model.UnionRef) -> str:
        return f"{prefix}_{class_name(self._record(type_).name)}"

    def _record(self, type_: model.StructRef | model.UnionRef) -> model.Struct | model.Union:
        is_struct = isinstance(type_, model.StructRef)
        return (self._world.structs if is_struct else self._world.unions)[type_.key]

    def _sized(self, type_: model.Array, value: str, around: Surroundings) -> Piece:
        function = self._imports.support("sized_bytes" if is_bytes(type_) else "sized")
        return call(function, value, size_text(type_.size, around.sibling), f'"{around.label}"')


def vartype(type_: model.Type) -> str:
    """Give the name of the VT of a safe array's elements, or of a late-bound argument."""
    match type_:
        case model.Scalar():
            return VARTYPES[type_.kind]
        case model.EnumRef():
            return "I4"
        case model.InterfacePointer(name="IDispatch"):
            return "DISPATCH"
        case model.InterfacePointer():
            return "UNKNOWN"
        case _:
            return "VARIANT"


def _is_call_on_none(type_: model.Nullable) -> bool:
    """True where the conversion itself takes None: interface pointers."""
    return isinstance(type_.of, model.INTERFACE_POINTERS)


def _loop_name(depth: int) -> str:
    """Give the name of an element, another one for each dimension."""
    return f"item{depth + 1}" if depth else "item"
