"""From lark's tree to the nodes of syntax.py, bottom up and without recursion.

Each method is named after a rule of grammar.lark and gets the values of the rule's parts, tokens
and nodes as the grammar orders them; that order is what the unpacking in each method relies on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lark import Token
from lark.visitors import Transformer_NonRecursive

from pyorpc.midl import syntax
from pyorpc.midl.literals import LARGEST_INTEGER, float_value, integer_value, text_value
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.source import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lark import Tree

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile

DEEPEST_EXPRESSION = 100
NO_ATTRIBUTES = syntax.Attributes()

# What a rule's parts are depends on the rule: only the grammar knows.
Parts = list[Any]


class Builder(Transformer_NonRecursive[Token, Any]):
    """Builds the nodes of one file."""

    def __init__(self, source: SourceFile, reporter: Reporter, docs: dict[int, str]) -> None:
        super().__init__()
        self._source = source
        self._reporter = reporter
        self._docs = docs
        self._is_too_deep = False

    def build(self, tree: Tree[Token]) -> tuple[syntax.Declaration, ...]:
        """Give the file's declarations."""
        declarations: tuple[syntax.Declaration, ...] = self.transform(tree)
        return declarations

    def _at(self, offset: int | None) -> Place:
        return Place(self._source, offset or 0)

    def _place(self, token: Token) -> Place:
        return self._at(token.start_pos)

    def _name(self, token: Token) -> syntax.Name:
        return syntax.Name(str(token), self._place(token))

    def _doc(self, attributes: syntax.Attributes | None, place: Place) -> str:
        """Give the comment in front of a declaration that starts with these attributes."""
        start = attributes.place if attributes and attributes.place else place
        return self._docs.get(start.offset, "")

    def _refuse(self, mistake: Mistake, offset: int, text: str) -> None:
        self._reporter.error(mistake, self._at(offset), text=text)

    # ---- files and interfaces --------------------------------------------------------------

    def start(self, parts: Parts) -> tuple[syntax.Declaration, ...]:
        """All declarations of the file."""
        return tuple(_flattened(parts))

    def members(self, parts: Parts) -> tuple[syntax.Declaration, ...]:
        """All declarations of an interface."""
        return tuple(_flattened(parts))

    def import_files(self, parts: Parts) -> list[syntax.Import]:
        """One node for each imported name."""
        return [
            syntax.Import(text_value(token, self._refuse), self._place(token))
            for token in parts[1:]
        ]

    def cpp_quote(self, parts: Parts) -> list[syntax.Import]:
        """Text for C only: nothing."""
        return []

    def midl_pragma(self, parts: Parts) -> list[syntax.Import]:
        """Warnings of another compiler: nothing."""
        return []

    def forward(self, parts: Parts) -> syntax.Forward:
        """`interface IFoo;`."""
        attributes, _keyword, name = parts
        return syntax.Forward(attributes or NO_ATTRIBUTES, self._name(name), self._place(name))

    def interface(self, parts: Parts) -> syntax.Interface:
        """An interface and its members."""
        attributes, keyword, name, bases, members = parts
        doc = self._doc(attributes, self._place(keyword))
        return syntax.Interface(
            attributes or NO_ATTRIBUTES,
            self._name(name),
            bases or (),
            members,
            self._place(keyword),
            doc,
        )

    def bases(self, parts: Parts) -> tuple[syntax.Name, ...]:
        """The names behind the colon."""
        return tuple(self._name(token) for token in parts)

    def method(self, parts: Parts) -> syntax.Method:
        """A method."""
        attributes, spec, declarator, parameters = parts
        doc = self._doc(attributes, spec.place)
        return syntax.Method(
            attributes or NO_ATTRIBUTES,
            spec,
            declarator,
            parameters or (),
            declarator.name.place,
            doc,
        )

    def parameters(self, parts: Parts) -> tuple[syntax.Parameter, ...]:
        """The parameters; `(void)` gives none."""
        if len(parts) == 1 and _is_plain_void(parts[0]):
            return ()
        return tuple(parts)

    def parameter(self, parts: Parts) -> syntax.Parameter:
        """One parameter."""
        attributes, spec, declarator = parts
        if isinstance(declarator, syntax.Declarator):
            return syntax.Parameter(attributes or NO_ATTRIBUTES, spec, declarator, declarator.place)
        pointers, arrays = declarator
        unnamed = syntax.Declarator(None, pointers, arrays, spec.place)
        return syntax.Parameter(attributes or NO_ATTRIBUTES, spec, unnamed, spec.place)

    # ---- attributes ------------------------------------------------------------------------

    def attributes(self, parts: Parts) -> syntax.Attributes:
        """An attribute list."""
        bracket, *attributes = parts
        return syntax.Attributes(tuple(attributes), self._place(bracket))

    def attribute(self, parts: Parts) -> syntax.Attribute:
        """`name`."""
        (name,) = parts
        return syntax.Attribute(str(name), None, self._place(name))

    def attribute_with_arguments(self, parts: Parts) -> syntax.Attribute:
        """`name(...)`."""
        name, *arguments = parts
        given = () if arguments == [None] else tuple(arguments)
        return syntax.Attribute(str(name), given, self._place(name))

    def type_argument(self, parts: Parts) -> syntax.TypeArgument:
        """A base type as an argument."""
        base, _pointers = parts
        return syntax.TypeArgument(base, base.place)

    def uuid(self, parts: Parts) -> syntax.UuidText:
        """What stands in `uuid(...)`."""
        (token,) = parts
        return syntax.UuidText(str(token), self._place(token))

    # ---- types and declarations ------------------------------------------------------------

    def typedef(self, parts: Parts) -> syntax.Typedef:
        """`typedef type name, ...;`; attributes may stand on either side of the keyword."""
        before, keyword, behind, spec, *declarators = parts
        attributes = behind or NO_ATTRIBUTES
        if before:
            attributes = syntax.Attributes(before.items + attributes.items, before.place)
        doc = self._doc(before, self._place(keyword))
        return syntax.Typedef(attributes, spec, tuple(declarators), self._place(keyword), doc)

    def constant(self, parts: Parts) -> syntax.Constant:
        """`const type NAME = value;`."""
        extern, spec, declarator, value = parts
        doc = self._doc(None, self._place(extern) if extern else spec.place)
        return syntax.Constant(spec, declarator, value, declarator.place, doc)

    def type_only(self, parts: Parts) -> syntax.TypeOnly:
        """`struct S { ... };`."""
        attributes, spec = parts
        doc = self._doc(attributes, spec.place)
        return syntax.TypeOnly(attributes or NO_ATTRIBUTES, spec, spec.place, doc)

    def spec(self, parts: Parts) -> syntax.Spec:
        """A type with its `const`s."""
        types = [part for part in parts if not isinstance(part, Token)]
        first = parts[0]
        place = self._place(first) if isinstance(first, Token) else first.place
        return syntax.Spec(types[0], len(types) < len(parts), place)

    def named(self, parts: Parts) -> syntax.NamedType:
        """A type by its name."""
        return syntax.NamedType(str(parts[0]), self._place(parts[0]))

    def base(self, parts: Parts) -> syntax.BaseType:
        """The words of a base type."""
        return syntax.BaseType(tuple(str(word) for word in parts), self._place(parts[0]))

    def tagged(self, parts: Parts) -> syntax.TaggedType:
        """`interface IFoo`, `struct S`, `enum E`."""
        keyword, name = parts
        return syntax.TaggedType(str(keyword), self._name(name), self._place(keyword))

    def struct(self, parts: Parts) -> syntax.StructType:
        """`struct S { ... }`."""
        keyword, tag, fields = parts
        return syntax.StructType(self._name(tag) if tag else None, fields, self._place(keyword))

    def enum(self, parts: Parts) -> syntax.EnumType:
        """`enum E { ... }`."""
        keyword, tag, enumerators = parts
        return syntax.EnumType(self._name(tag) if tag else None, enumerators, self._place(keyword))

    def unsupported(self, parts: Parts) -> syntax.UnsupportedType:
        """`SAFEARRAY(T)`, which was refused before."""
        return syntax.UnsupportedType(self._place(parts[0]))

    def pipe(self, parts: Parts) -> syntax.PipeType:
        """`pipe T`."""
        keyword, element = parts
        return syntax.PipeType(element, self._place(keyword))

    def fields(self, parts: Parts) -> tuple[syntax.Field, ...]:
        """All fields of a struct."""
        return tuple(field for group in parts for field in group)

    def field(self, parts: Parts) -> list[syntax.Field]:
        """`long x, y;` gives two fields."""
        attributes, spec, *declarators = parts
        doc = self._doc(attributes, spec.place)
        return [
            syntax.Field(attributes or NO_ATTRIBUTES, spec, declarator, doc)
            for declarator in declarators
        ]

    def empty_field(self, parts: Parts) -> list[syntax.Field]:
        """A lone `;`."""
        return []

    def field_declarator(self, parts: Parts) -> syntax.Declarator:
        """The name part of a field; a bit-field is refused."""
        declarator: syntax.Declarator = parts[0]
        if parts[1] is not None:
            self._reporter.error(Mistake.NOT_SUPPORTED_YET, declarator.place, what="a bit-field")
        return declarator

    def enumerators(self, parts: Parts) -> tuple[syntax.Enumerator, ...]:
        """All members of an enum; the trailing comma is nothing."""
        return tuple(part for part in parts if isinstance(part, syntax.Enumerator))

    def enumerator(self, parts: Parts) -> syntax.Enumerator:
        """One member of an enum."""
        name, value = parts
        return syntax.Enumerator(self._name(name), value, self._doc(None, self._place(name)))

    def declarator(self, parts: Parts) -> syntax.Declarator:
        """`**name[3]`."""
        pointers, name, *arrays = parts
        return syntax.Declarator(self._name(name), pointers or 0, tuple(arrays), self._place(name))

    def abstract(self, parts: Parts) -> tuple[int, tuple[syntax.Array, ...]]:
        """A declarator without a name: its pointers and arrays."""
        pointers, *arrays = parts
        return pointers or 0, tuple(arrays)

    def pointer(self, parts: Parts) -> int:
        """How many `*`."""
        return sum(1 for token in parts if token.type == "STAR")

    def array(self, parts: Parts) -> syntax.Array:
        """`[size]`, `[]` or `[*]`."""
        bracket, size = parts
        return syntax.Array(None if isinstance(size, Token) else size, self._place(bracket))

    # ---- expressions -----------------------------------------------------------------------

    def _nested(self, *operands: syntax.Expression) -> int:
        """Give the depth of a node over these operands; too deep a one is refused once."""
        depth = 1 + max(getattr(operand, "depth", 0) for operand in operands)
        if depth == DEEPEST_EXPRESSION and not self._is_too_deep:
            self._is_too_deep = True
            self._reporter.error(Mistake.TOO_DEEP, operands[0].place)
        return depth

    def conditional(self, parts: Parts) -> syntax.Expression:
        """`a ? b : c`."""
        condition, yes, no = parts
        depth = self._nested(condition, yes, no)
        if depth >= DEEPEST_EXPRESSION:
            return syntax.Literal(1, condition.place)
        return syntax.Conditional(condition, yes, no, condition.place, depth)

    def binary(self, parts: Parts) -> syntax.Expression:
        """`a + b`."""
        left, operator, right = parts
        depth = self._nested(left, right)
        if depth >= DEEPEST_EXPRESSION:
            return syntax.Literal(1, left.place)
        return syntax.Binary(str(operator), left, right, self._place(operator), depth)

    def unary(self, parts: Parts) -> syntax.Expression:
        """`-a`."""
        operator, operand = parts
        depth = self._nested(operand)
        if depth >= DEEPEST_EXPRESSION:
            return syntax.Literal(1, operand.place)
        return syntax.Unary(str(operator), operand, self._place(operator), depth)

    def sizeof(self, parts: Parts) -> syntax.SizeOf:
        """`sizeof(type)`."""
        keyword, spec, pointers = parts
        return syntax.SizeOf(spec, pointers or 0, self._place(keyword))

    def cast_to_name(self, parts: Parts) -> syntax.Expression:
        """`(T)(-1)`."""
        name, operand = parts
        return self._cast(syntax.NamedType(name.name, name.place), 0, operand)

    def cast_to_base(self, parts: Parts) -> syntax.Expression:
        """`(unsigned long)-1`."""
        base, pointers, operand = parts
        return self._cast(base, pointers or 0, operand)

    def _cast(
        self, type_: syntax.Type, pointers: int, operand: syntax.Expression
    ) -> syntax.Expression:
        depth = self._nested(operand)
        if depth >= DEEPEST_EXPRESSION:
            return syntax.Literal(1, operand.place)
        return syntax.Cast(type_, pointers, operand, type_.place, depth)

    def name_in_parentheses(self, parts: Parts) -> syntax.Reference:
        """`(NAME)`, where no operand follows."""
        return self.reference(parts)

    def reference(self, parts: Parts) -> syntax.Reference:
        """A name."""
        return syntax.Reference(str(parts[0]), self._place(parts[0]))

    def integer(self, parts: Parts) -> syntax.Literal:
        """A whole number of up to 64 bits."""
        (token,) = parts
        value = integer_value(str(token))
        if value > LARGEST_INTEGER:
            self._reporter.error(Mistake.CONSTANT_TOO_BIG, self._place(token))
            value = 0
        return syntax.Literal(value, self._place(token), is_hex=str(token)[:2] in ("0x", "0X"))

    def float(self, parts: Parts) -> syntax.Literal:
        """A number with a fraction."""
        return syntax.Literal(float_value(str(parts[0])), self._place(parts[0]))

    def string(self, parts: Parts) -> syntax.Literal:
        """One or more string literals side by side."""
        text = "".join(text_value(token, self._refuse) for token in parts)
        return syntax.Literal(text, self._place(parts[0]))

    def character(self, parts: Parts) -> syntax.Literal:
        """One character."""
        text = text_value(parts[0], self._refuse)
        if len(text) != 1:
            self._reporter.error(Mistake.BAD_CHARACTER, self._place(parts[0]))
        return syntax.Literal(text[:1] or "?", self._place(parts[0]), is_character=True)


def _flattened(parts: Sequence[Any]) -> list[syntax.Declaration]:
    """Give the declarations of a body, where an import may have given several or a quote none."""
    found: list[syntax.Declaration] = []
    for part in parts:
        found.extend(cast("list[syntax.Declaration]", part if isinstance(part, list) else [part]))
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
