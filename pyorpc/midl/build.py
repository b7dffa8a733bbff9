"""From the parser's reductions to the nodes of syntax.py: declarations.

Each method is named after a rule of grammar.lark and gets the values of the rule's parts, tokens
and nodes as the grammar orders them; that order is what the unpacking in each method relies on.
A builder has no state: what a piece of text says is wrong is raised as Refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyorpc.midl import syntax
from pyorpc.midl.build_expressions import NO_ATTRIBUTES, Parts, name_of
from pyorpc.midl.build_types import TypeBuilder, doc_of, dotted
from pyorpc.midl.literals import text_value, written_text
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDARD_LIBRARY = "stdole2.tlb"
STANDARD_LIBRARIES = ("STDOLE_TLB", "STDTYPE_TLB")


class Builder(TypeBuilder):
    """Builds the nodes of a file."""

    def start(self, parts: Parts) -> tuple[syntax.Declaration, ...]:
        """All declarations of the file."""
        return tuple(_flattened(parts))

    def declarations(self, parts: Parts) -> tuple[syntax.Declaration, ...]:
        """All declarations of a library or namespace."""
        return tuple(_flattened(parts))

    def members(self, parts: Parts) -> tuple[syntax.Declaration, ...]:
        """All declarations of an interface."""
        return tuple(_flattened(parts))

    def import_files(self, parts: Parts) -> list[syntax.Import]:
        """One node for each imported name."""
        return [syntax.Import(text_value(token), token.place) for token in parts[1:]]

    def importlib(self, parts: Parts) -> syntax.ImportLib:
        """`importlib("name");`, where olectl.h of Windows has names for two."""
        keyword, name = parts
        if name.type == "NAME" and name.text not in STANDARD_LIBRARIES:
            found = f"'{name.text}'"
            raise Refused(Mistake.EXPECTED, name.place, expected="a string", found=found)
        text = STANDARD_LIBRARY if name.type == "NAME" else text_value(name)
        return syntax.ImportLib(text, keyword.place)

    def cpp_quote(self, parts: Parts) -> syntax.CppQuote:
        """Text for C only."""
        keyword, *texts = parts
        return syntax.CppQuote("".join(written_text(token) for token in texts), keyword.place)

    def midl_pragma(self, parts: Parts) -> syntax.MidlPragma:
        """Warnings of another compiler."""
        keyword, name, *_ = parts
        return syntax.MidlPragma(name.text, keyword.place)

    def declare_guid(self, parts: Parts) -> syntax.DeclareGuid:
        """`declare_guid(NAME, uuid);`."""
        keyword, name, uuid = parts
        return syntax.DeclareGuid(name_of(name), uuid.text, keyword.place)

    # ---- interfaces ------------------------------------------------------------------------

    def forward(self, parts: Parts) -> syntax.Forward:
        """`interface IFoo;`."""
        attributes, keyword, name, _type_parameters = parts
        given = attributes or NO_ATTRIBUTES
        return syntax.Forward(given, name_of(name), name.place, keyword.text)

    def interface(self, parts: Parts) -> syntax.Interface:
        """An interface and its members."""
        attributes, keyword, name, parameters, bases, requires, members = parts
        return syntax.Interface(
            attributes or NO_ATTRIBUTES,
            name_of(name),
            bases or (),
            members,
            keyword.place,
            doc_of(attributes, keyword.place),
            parameters or (),
            requires or (),
        )

    def bases(self, parts: Parts) -> tuple[syntax.NamedType, ...]:
        """The names behind the colon."""
        return tuple(part for part in parts if isinstance(part, syntax.NamedType))

    def requires(self, parts: Parts) -> tuple[syntax.NamedType, ...]:
        """The names behind `requires`."""
        return self.bases(parts)

    def type_parameters(self, parts: Parts) -> tuple[syntax.Name, ...]:
        """`<K, V>` of a generic interface."""
        return tuple(name_of(token) for token in parts if token.type == "NAME")

    def method(self, parts: Parts) -> syntax.Method:
        """A method."""
        attributes, spec, declarator, parameters, *_ = parts
        return syntax.Method(
            attributes or NO_ATTRIBUTES,
            spec,
            declarator,
            parameters or (),
            declarator.name.place if declarator.name else declarator.place,
            doc_of(attributes, spec.place),
        )

    def parameters(self, parts: Parts) -> tuple[syntax.Parameter, ...]:
        """The parameters; `(void)` gives none."""
        if len(parts) == 1 and _is_plain_void(parts[0]):
            return ()
        return tuple(parts)

    def parameter(self, parts: Parts) -> syntax.Parameter:
        """One parameter."""
        attributes, spec, declarator = parts
        given = attributes or NO_ATTRIBUTES
        if isinstance(declarator, syntax.Declarator):
            return syntax.Parameter(given, spec, declarator, declarator.place)
        pointers, arrays = declarator
        unnamed = syntax.Declarator(None, pointers, arrays, spec.place)
        return syntax.Parameter(given, spec, unnamed, spec.place)

    # ---- late binding, classes, libraries --------------------------------------------------

    def dispinterface_of(self, parts: Parts) -> syntax.DispInterface:
        """`dispinterface D { interface I; }`."""
        attributes, keyword, name, _, interface = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        return syntax.DispInterface(
            given, name_of(name), name_of(interface), (), (), keyword.place, doc
        )

    def dispinterface(self, parts: Parts) -> syntax.DispInterface:
        """`dispinterface D { properties: ... methods: ... }`."""
        attributes, keyword, name, _, fields, _, methods = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        properties = tuple(one for one in fields or () if isinstance(one, syntax.Field))
        return syntax.DispInterface(
            given, name_of(name), None, properties, methods or (), keyword.place, doc
        )

    def methods(self, parts: Parts) -> tuple[syntax.Method, ...]:
        """All methods of a dispinterface."""
        return tuple(parts)

    def coclass(self, parts: Parts) -> syntax.Coclass:
        """A class."""
        attributes, keyword, name, members = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        return syntax.Coclass(given, name_of(name), members, keyword.place, doc)

    def class_members(self, parts: Parts) -> tuple[syntax.ClassMember, ...]:
        """All interfaces of a class."""
        return tuple(parts)

    def class_member(self, parts: Parts) -> syntax.ClassMember:
        """`[default] interface IFoo;`."""
        attributes, keyword, named = parts
        return syntax.ClassMember(attributes or NO_ATTRIBUTES, keyword.text, named, keyword.place)

    def module(self, parts: Parts) -> syntax.Module:
        """The functions and constants of a DLL."""
        attributes, keyword, name, members = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        return syntax.Module(given, name_of(name), members, keyword.place, doc)

    def library(self, parts: Parts) -> syntax.Library:
        """A type library."""
        attributes, keyword, name, members = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        return syntax.Library(given, name_of(name), members, keyword.place, doc)

    # ---- WinRT -----------------------------------------------------------------------------

    def namespace(self, parts: Parts) -> syntax.Namespace:
        """`namespace A.B { ... }`."""
        keyword, *names, members = parts
        name = syntax.Name(dotted(names), names[0].place)
        return syntax.Namespace(name, members, keyword.place)

    def declare(self, parts: Parts) -> syntax.Declare:
        """`declare { interface IFoo<Bar *>; }`."""
        keyword, members = parts
        return syntax.Declare(members, keyword.place)

    def runtimeclass(self, parts: Parts) -> syntax.RuntimeClass:
        """A class of WinRT."""
        attributes, keyword, name, bases, _requires, members = parts
        given, doc = attributes or NO_ATTRIBUTES, doc_of(attributes, keyword.place)
        return syntax.RuntimeClass(given, name_of(name), bases or (), members, keyword.place, doc)

    def apicontract(self, parts: Parts) -> syntax.ApiContract:
        """`apicontract C { };`."""
        attributes, keyword, name = parts
        return syntax.ApiContract(attributes or NO_ATTRIBUTES, name_of(name), keyword.place)

    def delegate(self, parts: Parts) -> syntax.Delegate:
        """`delegate HRESULT D<T>([in] T args);`."""
        attributes, keyword, spec, declarator, type_parameters, parameters = parts
        method = self.method([None, spec, declarator, parameters])
        given = attributes or NO_ATTRIBUTES
        return syntax.Delegate(given, type_parameters or (), method, keyword.place)

    # ---- declarations ----------------------------------------------------------------------

    def typedef(self, parts: Parts) -> syntax.Typedef:
        """`typedef type name, ...;`; attributes may stand on either side of the keyword."""
        before, keyword, behind, spec, *declarators = parts
        attributes = behind or NO_ATTRIBUTES
        if before:
            attributes = syntax.Attributes(before.items + attributes.items, before.place)
        doc = doc_of(before, keyword.place)
        return syntax.Typedef(attributes, spec, tuple(declarators), keyword.place, doc)

    def constant(self, parts: Parts) -> syntax.Constant:
        """`const type NAME = value;`."""
        attributes, extern, spec, declarator, value = parts
        doc = doc_of(attributes, extern.place if extern else spec.place)
        given = attributes or NO_ATTRIBUTES
        return syntax.Constant(spec, declarator, value, declarator.place, doc, given)

    def extern(self, parts: Parts) -> syntax.Extern:
        """`extern const type NAME;`."""
        attributes, _keyword, spec, declarator = parts
        return syntax.Extern(attributes or NO_ATTRIBUTES, spec, declarator, declarator.place)

    def type_only(self, parts: Parts) -> syntax.TypeOnly:
        """`struct S { ... };`."""
        attributes, spec = parts
        doc = doc_of(attributes, spec.place)
        return syntax.TypeOnly(attributes or NO_ATTRIBUTES, spec, spec.place, doc)


def _flattened(parts: Sequence[Any]) -> list[syntax.Declaration]:
    """Give the declarations of a body, where an import may have given several."""
    found: list[syntax.Declaration] = []
    for part in parts:
        if isinstance(part, list):
            found.extend(cast("list[syntax.Declaration]", part))
        elif not isinstance(part, Token):
            found.append(part)
    return found


def _is_plain_void(parameter: syntax.Parameter) -> bool:
    type_ = parameter.spec.type
    declarator = parameter.declarator
    return (
        isinstance(type_, syntax.BaseType)
        and type_.words == ("void",)
        and declarator.name is None
        and not (declarator.pointers or declarator.arrays or parameter.attributes.items)
    )
