"""From the parser's reductions to nodes: types, fields and declarators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyorpc.midl import syntax
from pyorpc.midl.build_expressions import NO_ATTRIBUTES, ExpressionBuilder, Parts, name_of
from pyorpc.midl.lexer import BASE_WORDS
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.tokens import Token

if TYPE_CHECKING:
    from pyorpc.midl.source import Place


class TypeBuilder(ExpressionBuilder):
    """Builds the nodes of types."""

    def spec(self, parts: Parts) -> syntax.Spec:
        """A type with its `const`s."""
        types = [part for part in parts if not isinstance(part, Token)]
        return syntax.Spec(types[0], len(types) < len(parts), parts[0].place)

    def named(self, parts: Parts) -> syntax.NamedType:
        """A type by its name; `A.B<C *>` in WinRT."""
        names = [part for part in parts if isinstance(part, Token)]
        arguments = tuple(part for part in parts if isinstance(part, syntax.GenericArgument))
        return syntax.NamedType(dotted(names), names[0].place, arguments)

    def generic_argument(self, parts: Parts) -> syntax.GenericArgument:
        """A type between `<` and `>`."""
        spec, pointers = parts
        return syntax.GenericArgument(spec, pointers or 0)

    def base(self, parts: Parts) -> syntax.BaseType | syntax.NamedType:
        """The words of a base type; in a cast, a name that the lexer knows."""
        if len(parts) == 1 and parts[0].text not in BASE_WORDS:
            return syntax.NamedType(parts[0].text, parts[0].place)
        return syntax.BaseType(tuple(word.text for word in parts), parts[0].place)

    def tagged(self, parts: Parts) -> syntax.TaggedType:
        """`interface IFoo`, `struct S`, `enum E`."""
        keyword, name = parts
        return syntax.TaggedType(keyword.text, name_of(name), keyword.place)

    def enum(self, parts: Parts) -> syntax.EnumType:
        """`enum E { ... }`."""
        keyword, tag, enumerators = parts
        return syntax.EnumType(name_of(tag) if tag else None, enumerators, keyword.place)

    def enumerators(self, parts: Parts) -> tuple[syntax.Enumerator, ...]:
        """All members of an enum; the trailing comma is nothing."""
        return tuple(part for part in parts if isinstance(part, syntax.Enumerator))

    def enumerator(self, parts: Parts) -> syntax.Enumerator:
        """One member of an enum."""
        attributes, name, value = parts
        doc = doc_of(attributes, name.place)
        return syntax.Enumerator(name_of(name), value, doc, attributes or NO_ATTRIBUTES)

    def safe_array(self, parts: Parts) -> syntax.SafeArrayType:
        """`SAFEARRAY(T)`."""
        keyword, element, pointers = parts
        return syntax.SafeArrayType(element, pointers or 0, keyword.place)

    def pipe(self, parts: Parts) -> syntax.PipeType:
        """`pipe T`."""
        keyword, element = parts
        inner = element.type
        if isinstance(inner, syntax.PipeType) and isinstance(inner.element.type, syntax.PipeType):
            # Two are refused when it is known what they carry; this only ends the nesting.
            raise Refused(Mistake.PIPE_ELEMENT, keyword.place, type="pipe")
        return syntax.PipeType(element, keyword.place)

    # ---- structs and unions ----------------------------------------------------------------

    def struct(self, parts: Parts) -> syntax.StructType:
        """`struct S { ... }`."""
        keyword, tag, fields = parts
        held = tuple(field for field in fields if isinstance(field, syntax.Field))
        return syntax.StructType(name_of(tag) if tag else None, held, keyword.place)

    def union(self, parts: Parts) -> syntax.UnionType:
        """`union U { [case(1)] long l; }`."""
        keyword, tag, fields = parts
        arms = tuple(arm_of(field) for field in fields)
        return syntax.UnionType(name_of(tag) if tag else None, None, arms, keyword.place)

    def switched_union(self, parts: Parts) -> syntax.UnionType:
        """`union U switch (long tag) u { case 1: long l; }`."""
        keyword, tag, switch, union_name, arms = parts
        if union_name is not None:
            switch = syntax.Switch(switch.spec, switch.name, name_of(union_name), switch.place)
        return syntax.UnionType(name_of(tag) if tag else None, switch, arms, keyword.place)

    def switch(self, parts: Parts) -> syntax.Switch:
        """`switch (long tag)`."""
        keyword, _attributes, spec, name = parts
        return syntax.Switch(spec, name_of(name), None, keyword.place)

    def arms(self, parts: Parts) -> tuple[syntax.Arm, ...]:
        """The arms behind a switch."""
        return tuple(parts)

    def arm(self, parts: Parts) -> syntax.Arm:
        """`case 1: case 2: long l;`."""
        # Behind a syntax error, the fields of a refused arm may stand among the labels.
        labels: list[Any] = [part for part in parts[:-1] if isinstance(part, tuple)]
        fields = parts[-1]
        held = arm_of(fields[0]) if fields else None
        values = tuple(value for value, _ in labels if value is not None)
        is_default = len(values) < len(labels)
        field = held.field if held else None
        attributes = held.attributes if held else NO_ATTRIBUTES
        return syntax.Arm(values, is_default, attributes, field, labels[0][1])

    def label(self, parts: Parts) -> tuple[syntax.Expression | None, Place]:
        """`case 1:`."""
        keyword, value = parts
        return value, keyword.place

    def default_label(self, parts: Parts) -> tuple[syntax.Expression | None, Place]:
        """`default:`."""
        return None, parts[0].place

    # ---- fields ----------------------------------------------------------------------------

    def fields(self, parts: Parts) -> tuple[syntax.Field | syntax.Attributes, ...]:
        """All fields of a struct or union; of an empty one, its attributes."""
        return tuple(field for group in parts for field in group)

    def field(self, parts: Parts) -> list[syntax.Field]:
        """`long x, y;` gives two fields."""
        attributes, spec, *declarators = parts
        doc = doc_of(attributes, spec.place)
        given = attributes or NO_ATTRIBUTES
        return [syntax.Field(given, spec, declarator, doc) for declarator in declarators]

    def field_alone(self, parts: Parts) -> list[syntax.Field]:
        """`union { ... };` in a struct: the type stands without a name."""
        attributes, type_ = parts
        spec = syntax.Spec(type_, False, type_.place)
        alone = syntax.Declarator(None, 0, (), type_.place)
        doc = doc_of(attributes, type_.place)
        return [syntax.Field(attributes or NO_ATTRIBUTES, spec, alone, doc)]

    def empty_field(self, parts: Parts) -> list[syntax.Attributes]:
        """A lone `;`, or `[default] ;` in a union."""
        (attributes,) = parts
        return [attributes] if attributes else []

    def field_declarator(self, parts: Parts) -> syntax.Declarator:
        """The name part of a field, with the width of a bit-field."""
        declarator, bits = parts
        if bits is None:
            made: syntax.Declarator = declarator
            return made
        name, pointers, arrays = declarator.name, declarator.pointers, declarator.arrays
        return syntax.Declarator(name, pointers, arrays, declarator.place, bits=bits)

    def padding(self, parts: Parts) -> syntax.Declarator:
        """`: 3`, a bit-field without a name."""
        colon, bits = parts
        return syntax.Declarator(None, 0, (), colon.place, bits=bits)

    # ---- declarators -----------------------------------------------------------------------

    def declarator(self, parts: Parts) -> syntax.Declarator:
        """`**name[3]`."""
        pointers, *rest = parts
        calling = tuple(one.text for one in rest if isinstance(one, Token) and one.type != "NAME")
        name = rest[len(calling)]
        arrays = tuple(rest[len(calling) + 1 :])
        return syntax.Declarator(name_of(name), pointers or 0, arrays, name.place, calling)

    def function(self, parts: Parts) -> syntax.Declarator:
        """`(__stdcall *name)(parameters)`."""
        pointers, parenthesis, *rest, parameters = parts
        inner = _in_parentheses(parenthesis, rest)
        function = syntax.Function(
            inner.pointers, parameters or (), inner.calling, parenthesis.place
        )
        return syntax.Declarator(
            inner.name, pointers or 0, inner.arrays, inner.place, function=function
        )

    def grouped(self, parts: Parts) -> syntax.Declarator:
        """`(*name)`, which says no more than `*name`."""
        pointers, parenthesis, *rest = parts
        inner = _in_parentheses(parenthesis, rest)
        levels = (pointers or 0) + inner.pointers
        return syntax.Declarator(inner.name, levels, inner.arrays, inner.place, inner.calling)

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
        return syntax.Array(None if isinstance(size, Token) else size, bracket.place)


def doc_of(attributes: syntax.Attributes | None, place: Place) -> str:
    """Give the comment in front of a declaration that starts with these attributes."""
    start = attributes.place if attributes and attributes.place else place
    return start.source.docs.get(start.offset, "")


def dotted(names: list[Token]) -> str:
    """Give `A.B.C`."""
    return ".".join(token.text for token in names)


def arm_of(field: syntax.Field | syntax.Attributes) -> syntax.Arm:
    """Give the arm that a field of a union is; one of attributes alone holds nothing."""
    if isinstance(field, syntax.Field):
        return syntax.Arm((), False, field.attributes, field, field.declarator.place)
    place = field.items[0].place if field.items else field.place
    if place is None:
        raise AssertionError("an empty field without attributes is no arm")
    return syntax.Arm((), False, field, None, place)


def _in_parentheses(parenthesis: Token, rest: Parts) -> syntax.Declarator:
    """Give what `(__stdcall *name[3])` declares."""
    words = [one for one in rest if isinstance(one, Token)]
    name = next((one for one in words if one.type == "NAME"), None)
    calling = tuple(one.text for one in words if one.type == "CALLING")
    levels = next(one for one in rest if isinstance(one, int))
    arrays = tuple(one for one in rest if isinstance(one, syntax.Array))
    place = name.place if name is not None else parenthesis.place
    return syntax.Declarator(name_of(name) if name else None, levels, arrays, place, calling)
