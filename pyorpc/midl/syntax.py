"""The syntax nodes that `parse` builds: what was written, and where; nothing is decided yet.

What the compiler takes and ignores is here too. A new kind of declaration belongs into
`Declaration` or `Member` below, so that the cache of parsed files can keep it.
"""

from __future__ import annotations

from pyorpc.midl.source import Place
from pyorpc.midl.syntax_parts import (
    Argument,
    Arm,
    Array,
    Attribute,
    Attributes,
    BaseType,
    Binary,
    Cast,
    Conditional,
    Declarator,
    Enumerator,
    EnumType,
    Expression,
    Field,
    Function,
    GenericArgument,
    Literal,
    Name,
    NamedType,
    Node,
    Parameter,
    PipeType,
    Reference,
    SafeArrayType,
    SizeOf,
    Spec,
    StructType,
    Switch,
    TaggedType,
    Type,
    TypeArgument,
    Unary,
    UnionType,
    UuidText,
)

__all__ = [
    "ApiContract",
    "Argument",
    "Arm",
    "Array",
    "Attribute",
    "Attributes",
    "BaseType",
    "Binary",
    "Cast",
    "ClassMember",
    "Coclass",
    "Conditional",
    "Constant",
    "CppQuote",
    "Declaration",
    "Declarator",
    "Declare",
    "DeclareGuid",
    "Delegate",
    "DispInterface",
    "EnumType",
    "Enumerator",
    "Expression",
    "Extern",
    "Field",
    "Forward",
    "Function",
    "GenericArgument",
    "Import",
    "ImportLib",
    "Interface",
    "Library",
    "Literal",
    "Member",
    "Method",
    "MidlPragma",
    "Module",
    "Name",
    "NamedType",
    "Namespace",
    "Parameter",
    "PipeType",
    "Reference",
    "RuntimeClass",
    "SafeArrayType",
    "SizeOf",
    "Spec",
    "StructType",
    "Switch",
    "TaggedType",
    "Type",
    "TypeArgument",
    "TypeOnly",
    "Typedef",
    "Unary",
    "UnionType",
    "UuidText",
]


class Import(Node, frozen=True):
    """`import "name";`, one for each name."""

    name: str
    place: Place


class ImportLib(Node, frozen=True):
    """`importlib("name");` in a library."""

    name: str
    place: Place


class CppQuote(Node, frozen=True):
    """`cpp_quote("text")`, with the text as it was written: it is for C only."""

    text: str
    place: Place


class MidlPragma(Node, frozen=True):
    """`midl_pragma warning(disable: 2211)`: for another compiler."""

    name: str
    place: Place


class DeclareGuid(Node, frozen=True):
    """`declare_guid(NAME, uuid);`: a GUID of the C program."""

    name: Name
    uuid: str
    place: Place


class Forward(Node, frozen=True):
    """`interface IFoo;`. The kind is the keyword."""

    attributes: Attributes
    name: Name
    place: Place
    kind: str = "interface"


class Method(Node, frozen=True):
    """A method of an interface."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    parameters: tuple[Parameter, ...]
    place: Place
    doc: str


class Typedef(Node, frozen=True):
    """`typedef type name, *name;`."""

    attributes: Attributes
    spec: Spec
    declarators: tuple[Declarator, ...]
    place: Place
    doc: str


class Constant(Node, frozen=True):
    """`const type NAME = value;`."""

    spec: Spec
    declarator: Declarator
    value: Expression
    place: Place
    doc: str
    attributes: Attributes = Attributes()


class Extern(Node, frozen=True):
    """`extern const type NAME;`: a variable of the C program."""

    attributes: Attributes
    spec: Spec
    declarator: Declarator
    place: Place


class TypeOnly(Node, frozen=True):
    """`struct S { ... };` or `enum E { ... };`."""

    attributes: Attributes
    spec: Spec
    place: Place
    doc: str


Member = (
    Import
    | ImportLib
    | CppQuote
    | MidlPragma
    | DeclareGuid
    | Forward
    | Method
    | Typedef
    | Constant
    | Extern
    | TypeOnly
)


class Interface(Node, frozen=True):
    """An interface and what is declared in it. `parameters` and `requires` are those of WinRT."""

    attributes: Attributes
    name: Name
    bases: tuple[NamedType, ...]
    members: tuple[Member, ...]
    place: Place
    doc: str
    parameters: tuple[Name, ...] = ()
    requires: tuple[NamedType, ...] = ()


class DispInterface(Node, frozen=True):
    """A dispinterface: the one of an interface, or with properties and methods of its own."""

    attributes: Attributes
    name: Name
    interface: Name | None
    properties: tuple[Field, ...]
    methods: tuple[Method, ...]
    place: Place
    doc: str


class ClassMember(Node, frozen=True):
    """`[default] interface IFoo;` in a class; the kind is the keyword."""

    attributes: Attributes
    kind: str
    type: NamedType
    place: Place


class Coclass(Node, frozen=True):
    """A class and the interfaces that its objects have."""

    attributes: Attributes
    name: Name
    members: tuple[ClassMember, ...]
    place: Place
    doc: str


class Module(Node, frozen=True):
    """The functions and constants of a DLL."""

    attributes: Attributes
    name: Name
    members: tuple[Member, ...]
    place: Place
    doc: str


class Library(Node, frozen=True):
    """A type library and what is declared in it."""

    attributes: Attributes
    name: Name
    members: tuple[Declaration, ...]
    place: Place
    doc: str


# ---- declarations of WinRT -----------------------------------------------------------------


class Namespace(Node, frozen=True):
    """`namespace A.B { ... }`."""

    name: Name
    members: tuple[Declaration, ...]
    place: Place


class Declare(Node, frozen=True):
    """`declare { interface IFoo<Bar *>; }`: which generics are used."""

    members: tuple[ClassMember, ...]
    place: Place


class RuntimeClass(Node, frozen=True):
    """A class of WinRT."""

    attributes: Attributes
    name: Name
    bases: tuple[NamedType, ...]
    members: tuple[ClassMember, ...]
    place: Place
    doc: str


class ApiContract(Node, frozen=True):
    """`apicontract C { };`."""

    attributes: Attributes
    name: Name
    place: Place


class Delegate(Node, frozen=True):
    """`delegate HRESULT D<T>([in] T args);`."""

    attributes: Attributes
    parameters: tuple[Name, ...]
    method: Method
    place: Place


Declaration = (
    Member
    | Interface
    | DispInterface
    | Coclass
    | Module
    | Library
    | Namespace
    | Declare
    | RuntimeClass
    | ApiContract
    | Delegate
)
