"""The syntax nodes inside of declarations: expressions, types, attributes, fields, parameters.

To be used as `syntax.Name` and so on: syntax.py has them all.
"""

from __future__ import annotations

import msgspec

from pyorpc.midl.source import Place


class Node(msgspec.Struct, frozen=True, tag=True, tag_field="node", array_like=True, gc=False):
    """What was written at one place. Nodes hold nodes, never each other: no garbage collection."""


class Name(Node, frozen=True):
    """An identifier where it was written."""

    text: str
    place: Place


# ---- expressions ---------------------------------------------------------------------------


class Literal(Node, frozen=True):
    """A number, a character or a string.

    `is_hex` keeps how an integer was written, `is_wide` that a string had an L.
    """

    value: int | float | str
    place: Place
    is_hex: bool = False
    is_character: bool = False
    is_wide: bool = False


class Reference(Node, frozen=True):
    """A name in an expression: a constant, an enumerator, a parameter or a field."""

    name: str
    place: Place
    is_in_parentheses: bool = False


class Unary(Node, frozen=True):
    """A prefix operator; `*` takes what a pointer points to."""

    operator: str
    operand: Expression
    place: Place
    depth: int = 1


class Binary(Node, frozen=True):
    """A binary operator; its place is the operator's."""

    operator: str
    left: Expression
    right: Expression
    place: Place
    depth: int = 1


class Conditional(Node, frozen=True):
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression
    place: Place
    depth: int = 1


class SizeOf(Node, frozen=True):
    """`sizeof(type)`."""

    spec: Spec
    pointers: int
    place: Place


class Cast(Node, frozen=True):
    """`(type) operand`."""

    type: Type
    pointers: int
    operand: Expression
    place: Place
    depth: int = 1


Expression = Literal | Reference | Unary | Binary | Conditional | SizeOf | Cast


# ---- types ---------------------------------------------------------------------------------


class GenericArgument(Node, frozen=True):
    """A type between `<` and `>`."""

    spec: Spec
    pointers: int


class NamedType(Node, frozen=True):
    """A type by its name; those of WinRT are dotted and take arguments: `A.B<C *>`."""

    name: str
    place: Place
    arguments: tuple[GenericArgument, ...] = ()


class BaseType(Node, frozen=True):
    """The words of a base type, such as `unsigned long`."""

    words: tuple[str, ...]
    place: Place


class TaggedType(Node, frozen=True):
    """`struct NAME`, `union NAME`, `enum NAME`, `interface NAME`: a type by its kind and name."""

    kind: str
    name: Name
    place: Place


class StructType(Node, frozen=True):
    """`struct { ... }`, with or without a tag."""

    tag: Name | None
    fields: tuple[Field, ...]
    place: Place


class EnumType(Node, frozen=True):
    """`enum { ... }`, with or without a tag."""

    tag: Name | None
    enumerators: tuple[Enumerator, ...]
    place: Place


class Switch(Node, frozen=True):
    """`switch (long tag) name` of an encapsulated union. `union_name` may be left out."""

    spec: Spec
    name: Name
    union_name: Name | None
    place: Place


class Arm(Node, frozen=True):
    """One arm of a union. `labels` and `is_default` are what stands before a colon.

    In a union without `switch`, the attributes [case] and [default] say it instead. `field` is
    None for an arm that holds nothing.
    """

    labels: tuple[Expression, ...]
    is_default: bool
    attributes: Attributes
    field: Field | None
    place: Place


class UnionType(Node, frozen=True):
    """`union { ... }`, with or without a tag; encapsulated if there is a `switch`."""

    tag: Name | None
    switch: Switch | None
    arms: tuple[Arm, ...]
    place: Place


class SafeArrayType(Node, frozen=True):
    """`SAFEARRAY(T)`."""

    element: Spec
    pointers: int
    place: Place


class PipeType(Node, frozen=True):
    """`pipe T`."""

    element: Spec
    place: Place


Type = (
    NamedType | BaseType | TaggedType | StructType | UnionType | EnumType | SafeArrayType | PipeType
)


class Spec(Node, frozen=True):
    """The type part of a declaration."""

    type: Type
    is_const: bool
    place: Place


class Array(Node, frozen=True):
    """`[size]`, or `[]` and `[*]` without one."""

    size: Expression | None
    place: Place


class Function(Node, frozen=True):
    """`(__stdcall *...)(parameters)` around the name of a function pointer."""

    pointers: int
    parameters: tuple[Parameter, ...]
    calling: tuple[str, ...]
    place: Place


class Declarator(Node, frozen=True):
    """The name part of a declaration, with its `*` and `[]`. `name` is None if it was left out.

    `bits` is the width of a bit-field. With `function`, the declaration's type and `pointers` are
    what the function returns.
    """

    name: Name | None
    pointers: int
    arrays: tuple[Array, ...]
    place: Place
    calling: tuple[str, ...] = ()
    function: Function | None = None
    bits: Expression | None = None


# ---- declarations --------------------------------------------------------------------------


class UuidText(Node, frozen=True):
    """The text between the parentheses of `uuid(...)`, not yet checked."""

    text: str
    place: Place


class TypeArgument(Node, frozen=True):
    """A base type, or a type with its tag, as an attribute's argument."""

    type: BaseType | TaggedType
    place: Place
    pointers: int = 0


Argument = Expression | UuidText | TypeArgument


class Attribute(Node, frozen=True):
    """One attribute. `arguments` is None without parentheses; an empty argument is None."""

    name: str
    arguments: tuple[Argument | None, ...] | None
    place: Place


class Attributes(Node, frozen=True):
    """An attribute list; its place is the bracket's, or None where there is no list."""

    items: tuple[Attribute, ...] = ()
    place: Place | None = None

    def __contains__(self, name: str) -> bool:
        return self.named(name) is not None

    def named(self, name: str) -> Attribute | None:
        """Give the first attribute of a name, checked or not."""
        return next((one for one in self.items if one.name == name), None)


class Enumerator(Node, frozen=True):
    """One member of an enum."""

    name: Name
    value: Expression | None
    doc: str
    attributes: Attributes = Attributes()


class Field(Node, frozen=True):
    """One member of a struct. Its declarator has no name where a struct or union stands alone."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    doc: str


class Parameter(Node, frozen=True):
    """One parameter of a method."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    place: Place
