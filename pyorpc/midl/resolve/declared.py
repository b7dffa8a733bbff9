"""Types as C declares them, before they are mapped to what travels.

Structs, enums and interfaces are records: they may be named before they are defined, and a
typedef may rename them afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.source import Place


@dataclass(frozen=True, slots=True)
class Void:
    """No type."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A type that was refused; whatever holds it is not complained about again."""


@dataclass(frozen=True, slots=True)
class Base:
    """A scalar. `is_text`: a pointer to it is a string unless an attribute says otherwise."""

    kind: model.ScalarKind
    name: str
    is_text: bool = False
    is_iid: bool = False
    is_handle: bool = False


@dataclass(frozen=True, slots=True)
class VariantType:
    """A VARIANT, by the name that was written."""

    name: str


@dataclass(frozen=True, slots=True)
class SafeArrayOf:
    """A SAFEARRAY, and where it was written."""

    of: CType
    place: Place


@dataclass(frozen=True, slots=True)
class Foreign:
    """A type of C that only local methods can take, such as a function pointer."""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer. `kind` is ref, unique or ptr where a typedef says it."""

    to: CType
    kind: str | None = None
    is_string: bool = False


@dataclass(frozen=True, slots=True)
class CArray:
    """An array; `size` is None for `[]`."""

    of: CType
    size: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class PipeOf:
    """A pipe, and where it was written."""

    of: CType
    place: Place


def _nothing() -> list[tuple[StructRecord, Place]]:
    return []


@dataclass(eq=False, slots=True)
class StructRecord:
    """A struct or union. `definition` is None until its braces were seen.

    `is_plain`: a union of which nothing says which arm is meant. `needs_switch`: one that a
    switch_is has to tell. `twin`: one of the same tag, which must say the same.
    """

    key: str
    name: str
    place: Place
    definition: model.Struct | model.Union | None = None
    kind: str = "struct"
    is_plain: bool = False
    needs_switch: bool = False
    is_open: bool = False
    is_conformant: bool = False  # its last field is an open array
    twin: StructRecord | None = None
    held_by_value: list[tuple[StructRecord, Place]] = field(default_factory=_nothing)


@dataclass(eq=False, slots=True)
class EnumRecord:
    """An enum. `definition` is None until its braces were seen."""

    key: str
    name: str
    place: Place
    definition: model.Enum | None = None


@dataclass(eq=False, slots=True)
class InterfaceRecord:
    """An interface. `definition` is None until its braces were seen."""

    name: str
    place: Place
    definition: model.Interface | None = None
    is_used: bool = False
    is_dispatch: bool = False
    is_broken: bool = False
    is_rpc: bool = False  # without a base: for pure RPC, or it holds types


CType = (
    Void
    | Broken
    | Base
    | VariantType
    | SafeArrayOf
    | Foreign
    | Pointer
    | CArray
    | PipeOf
    | StructRecord
    | EnumRecord
    | InterfaceRecord
)


def is_same_type(one: CType, other: CType) -> bool:
    """True if two declarations say the same, whatever names they went through."""
    while isinstance(one, Pointer) and isinstance(other, Pointer):
        one, other = one.to, other.to
    if isinstance(one, Base) and isinstance(other, Base):
        return one.kind is other.kind
    return one == other


def type_name(ctype: CType) -> str:
    """Give the type as the user would write it."""
    if isinstance(ctype, (Void, Broken)):
        return "void" if isinstance(ctype, Void) else "type"
    match ctype:
        case Pointer(to=to):
            inner = type_name(to)
            return f"{inner}*" if inner.endswith("*") else f"{inner} *"
        case CArray(of=of):
            return f"{type_name(of)}[]"
        case SafeArrayOf(of=of):
            return f"SAFEARRAY({type_name(of)})"
        case PipeOf(of=of):
            return f"pipe {type_name(of)}"
        case _:
            return ctype.name
