"""The syntax nodes that `parse` builds: what was written, and where; nothing is decided yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl.source import Place


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier where it was written."""

    text: str
    place: Place


# ---- expressions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a character or a string. `is_hex` keeps how an integer was written."""

    value: int | float | str
    place: Place
    is_hex: bool = False
    is_character: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in an expression: a constant, an enumerator, a parameter or a field."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator; `*` takes what a pointer points to."""

    operator: str
    operand: Expression
    place: Place
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operator; its place is the operator's."""

    operator: str
    left: Expression
    right: Expression
    place: Place
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression
    place: Place
    depth: int = 1


@dataclass(frozen=True, slots=True)
class SizeOf:
    """`sizeof(type)`."""

    spec: Spec
    pointers: int
    place: Place


@dataclass(frozen=True, slots=True)
class Cast:
    """`(type) operand`."""

    type: Type
    pointers: int
    operand: Expression
    place: Place
    depth: int = 1


Expression = Literal | Reference | Unary | Binary | Conditional | SizeOf | Cast


# ---- types ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type by its name."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class BaseType:
    """The words of a base type, such as `unsigned long`."""

    words: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class TaggedType:
    """`struct NAME`, `enum NAME`, `interface NAME`: a type by its kind and name."""

    kind: str
    name: Name
    place: Place


@dataclass(frozen=True, slots=True)
class StructType:
    """`struct { ... }`, with or without a tag."""

    tag: Name | None
    fields: tuple[Field, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class EnumType:
    """`enum { ... }`, with or without a tag."""

    tag: Name | None
    enumerators: tuple[Enumerator, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class UnsupportedType:
    """A type that this compiler knows and does not take yet; it was already reported."""

    place: Place


@dataclass(frozen=True, slots=True)
class PipeType:
    """`pipe T`."""

    element: Spec
    place: Place


Type = NamedType | BaseType | TaggedType | StructType | EnumType | UnsupportedType | PipeType


@dataclass(frozen=True, slots=True)
class Spec:
    """The type part of a declaration."""

    type: Type
    is_const: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Array:
    """`[size]`, or `[]` and `[*]` without one."""

    size: Expression | None
    place: Place


@dataclass(frozen=True, slots=True)
class Declarator:
    """The name part of a declaration, with its `*` and `[]`. `name` is None if it was left out."""

    name: Name | None
    pointers: int
    arrays: tuple[Array, ...]
    place: Place


# ---- declarations --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UuidText:
    """The text between the parentheses of `uuid(...)`, not yet checked."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class TypeArgument:
    """A base type as an attribute's argument."""

    type: BaseType
    place: Place


Argument = Expression | UuidText | TypeArgument


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `arguments` is None without parentheses; an empty argument is None."""

    name: str
    arguments: tuple[Argument | None, ...] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Attributes:
    """An attribute list; its place is the bracket's, or None where there is no list."""

    items: tuple[Attribute, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Enumerator:
    """One member of an enum."""

    name: Name
    value: Expression | None
    doc: str


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a struct."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    doc: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    place: Place


@dataclass(frozen=True, slots=True)
class Import:
    """`import "name";`, one for each name."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Forward:
    """`interface IFoo;`."""

    attributes: Attributes
    name: Name
    place: Place


@dataclass(frozen=True, slots=True)
class Method:
    """A method of an interface."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    parameters: tuple[Parameter, ...]
    place: Place
    doc: str


@dataclass(frozen=True, slots=True)
class Typedef:
    """`typedef type name, *name;`."""

    attributes: Attributes
    spec: Spec
    declarators: tuple[Declarator, ...]
    place: Place
    doc: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`const type NAME = value;`."""

    spec: Spec
    declarator: Declarator
    value: Expression
    place: Place
    doc: str


@dataclass(frozen=True, slots=True)
class TypeOnly:
    """`struct S { ... };` or `enum E { ... };`."""

    attributes: Attributes
    spec: Spec
    place: Place
    doc: str


Member = Import | Method | Typedef | Constant | TypeOnly


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface and what is declared in it."""

    attributes: Attributes
    name: Name
    bases: tuple[Name, ...]
    members: tuple[Member, ...]
    place: Place
    doc: str


Declaration = Import | Forward | Interface | Method | Typedef | Constant | TypeOnly
