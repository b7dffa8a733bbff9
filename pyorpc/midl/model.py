"""The finished model of one IDL file: everything decided, nothing left to look up or refuse.

`resolve` makes it, `emit` prints it. `World` finds named types by name, the imported ones too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum as PythonEnum
from typing import TYPE_CHECKING

from pyorpc.midl.size import (
    Size,
    SizeBinary,
    SizeChoice,
    SizeIsSet,
    SizeName,
    SizeNumber,
    SizeUnary,
)

if TYPE_CHECKING:
    from pyorpc.midl.source import SourceFile

__all__ = ["Size", "SizeBinary", "SizeChoice", "SizeIsSet", "SizeName", "SizeNumber", "SizeUnary"]


class ScalarKind(PythonEnum):
    """The types that are one value on the wire."""

    BOOLEAN = "boolean"
    BOOL = "BOOL"
    BYTE = "byte"
    SMALL = "small"
    SHORT = "short"
    USHORT = "unsigned short"
    LONG = "long"
    ULONG = "unsigned long"
    HYPER = "hyper"
    UHYPER = "unsigned hyper"
    FLOAT = "float"
    DOUBLE = "double"
    CHAR = "char"
    STRING = "string"
    GUID = "GUID"
    HRESULT = "HRESULT"
    DATE = "DATE"
    CURRENCY = "CY"
    DECIMAL = "DECIMAL"


# ---- types ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number, a string, a GUID. `range` bounds an integer further than its kind."""

    kind: ScalarKind
    range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class EnumRef:
    """An enum, by its key in `World.enums`."""

    key: str


@dataclass(frozen=True, slots=True)
class StructRef:
    """A struct, by its key in `World.structs`."""

    key: str


@dataclass(frozen=True, slots=True)
class UnionRef:
    """A union, by its key in `World.unions`. `switch` is what its tag must be, if that is known."""

    key: str
    switch: Size | None = None


@dataclass(frozen=True, slots=True)
class InterfacePointer:
    """A pointer to an interface; it may be null."""

    name: str


@dataclass(frozen=True, slots=True)
class DynamicPointer:
    """An interface pointer whose interface the parameter or field `iid` says.

    `holds_guid`: that comes back too, or is a field; a Guid, and no interface class.
    """

    iid: str
    holds_guid: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceId:
    """An IID: users pass the interface class, or its Guid. `is_selector`: an iid_is names it."""

    is_selector: bool = False


@dataclass(frozen=True, slots=True)
class Nullable:
    """What a unique pointer points to, or None."""

    of: Type


@dataclass(frozen=True, slots=True)
class FullPointer(Nullable):
    """What a ptr pointer to a struct or union points to, once in a call, or None."""


@dataclass(frozen=True, slots=True)
class Array:
    """A list, or bytes, of this many elements."""

    of: Type
    size: Size


@dataclass(frozen=True, slots=True)
class Variant:
    """A VARIANT: a value whose type is found at run time."""


@dataclass(frozen=True, slots=True)
class SafeArray:
    """A SAFEARRAY of elements of one type; its bounds are found at run time."""

    of: Type


@dataclass(frozen=True, slots=True)
class Pipe:
    """A parameter through which elements flow while the method runs, in one direction."""

    of: Type


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that only a local method can take. `reason` says why, for who uses it elsewhere."""

    reason: str = ""


Type = (
    Scalar
    | EnumRef
    | StructRef
    | UnionRef
    | InterfacePointer
    | DynamicPointer
    | InterfaceId
    | Nullable
    | Array
    | Variant
    | SafeArray
    | Pipe
    | Opaque
)

INTERFACE_POINTERS = (InterfacePointer, DynamicPointer)
# What the channel of a call has a part in converting.
WITH_POINTERS = (*INTERFACE_POINTERS, FullPointer, Variant, SafeArray, UnionRef)
# Scalars whose form on the wire is made from the user's.
CONVERTED = (
    Scalar(ScalarKind.BOOL),
    Scalar(ScalarKind.CURRENCY),
    Scalar(ScalarKind.DECIMAL),
)


# ---- declarations --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A named value. `is_hex` keeps how it was written."""

    name: str
    value: int | float | str | bool
    is_hex: bool
    doc: str
    home: SourceFile


@dataclass(frozen=True, slots=True)
class EnumMember:
    """One member of an enum."""

    name: str
    value: int
    is_hex: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum."""

    name: str
    members: tuple[EnumMember, ...]
    doc: str
    home: SourceFile


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct."""

    name: str
    type: Type
    doc: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct."""

    name: str
    fields: tuple[Field, ...]
    doc: str
    home: SourceFile


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a union: its labels, and what it holds; without a type it holds nothing."""

    name: str
    type: Type | None
    labels: tuple[int | str, ...]
    is_default: bool
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Union:
    """A union: a tag, and the arm that the tag says."""

    name: str
    tag: Type
    arms: tuple[Arm, ...]
    doc: str
    home: SourceFile


@dataclass(frozen=True, slots=True)
class Default:
    """The default of an [in] parameter. `is_omitted`: a VARIANT that says that it was left out."""

    value: int | float | str | bool | Decimal | datetime | None
    is_omitted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. Its direction is [in], [out], or both."""

    name: str
    type: Type
    is_in: bool
    is_out: bool
    default: Default | None = None
    is_lcid: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `returns` is what a local method returns beside its [out]s."""

    name: str
    slot: int
    parameters: tuple[Parameter, ...]
    doc: str
    returns: Type | None = None
    is_local: bool = False
    is_maybe: bool = False
    is_idempotent: bool = False
    # Of a propget, propput or propputref, whose name begins with "get_", "put_" or "putref_".
    property_name: str = ""
    is_property: bool = False  # of Python: without further parameters
    dispid: int | None = None
    is_vararg: bool = False

    @property
    def is_getter(self) -> bool:
        """True for a propget."""
        return bool(self.property_name) and self.name.startswith("get_")

    @property
    def ins(self) -> tuple[Parameter, ...]:
        """The parameters that the caller passes."""
        return tuple(one for one in self.parameters if one.is_in)

    @property
    def outs(self) -> tuple[Parameter, ...]:
        """The parameters that come back, in IDL order."""
        return tuple(one for one in self.parameters if one.is_out)

    @property
    def pipes(self) -> tuple[Parameter, ...]:
        """The parameters that are pipes."""
        return tuple(one for one in self.parameters if isinstance(one.type, Pipe))


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface. `base` is None for IUnknown only; `methods` are its own, without the base's."""

    name: str
    iid: str
    async_iid: str | None
    base: str | None
    methods: tuple[Method, ...]
    doc: str
    home: SourceFile
    is_local: bool
    is_dispatch: bool = False  # IDispatch, or derived from it
    is_dispinterface: bool = False  # all its calls are late-bound


@dataclass(slots=True)
class World:
    """Every declaration that one file and its imports make."""

    constants: dict[str, Constant] = field(default_factory=dict[str, Constant])
    enums: dict[str, Enum] = field(default_factory=dict[str, Enum])
    structs: dict[str, Struct] = field(default_factory=dict[str, Struct])
    unions: dict[str, Union] = field(default_factory=dict[str, Union])
    interfaces: dict[str, Interface] = field(default_factory=dict[str, Interface])

    def homes(self) -> list[SourceFile]:
        """Give the files that the declarations stand in."""
        tables = (self.constants, self.enums, self.structs, self.unions, self.interfaces)
        return list(dict.fromkeys(one.home for table in tables for one in table.values()))

    def lineage(self, interface: Interface) -> list[Interface]:
        """Give the interface's bases, the nearest to IUnknown first, and the interface itself."""
        line = [interface]
        while line[0].base is not None and line[0].base in self.interfaces:
            line.insert(0, self.interfaces[line[0].base])
        return line

    def parts(self, type_: Type) -> list[Type]:
        """Give the type and every type in it, through structs too, each struct once."""
        found: list[Type] = []
        waiting, seen = [type_], set[str]()
        while waiting:
            part = waiting.pop()
            found.append(part)
            if isinstance(part, (Nullable, Array, SafeArray)):
                waiting.append(part.of)
            elif isinstance(part, (StructRef, UnionRef)) and part.key not in seen:
                seen.add(part.key)
                waiting.extend(self.members(part))
        return found

    def members(self, part: StructRef | UnionRef) -> list[Type]:
        """Give the types of the fields of a struct, or of the arms of a union."""
        if part.key in self.structs:
            return [one.type for one in self.structs[part.key].fields]
        if (union := self.unions.get(part.key)) is not None:
            return [one.type for one in union.arms if one.type is not None]
        return [Opaque(f"'{part.key}' is declared, but never defined")]

    def holds_pointers(self, type_: Type) -> bool:
        """True if an interface pointer is, or may be, somewhere in a value of the type."""
        return any(isinstance(part, WITH_POINTERS) for part in self.parts(type_))

    def holds_full_pointers(self, type_: Type) -> bool:
        """True if a ptr pointer is somewhere in a value of the type."""
        return any(isinstance(part, FullPointer) for part in self.parts(type_))

    def holds_itself(self, part: StructRef) -> bool:
        """True if values of a struct may be in a value of it."""
        return any(part in self.parts(member) for member in self.members(part))

    def needs_packing(self, type_: Type) -> bool:
        """True if the wire's form of a value is made from the user's, or its sizes are checked."""
        converted = (Array, Pipe, *WITH_POINTERS)
        return isinstance(type_, InterfaceId) or any(
            isinstance(part, converted) or part in CONVERTED for part in self.parts(type_)
        )
