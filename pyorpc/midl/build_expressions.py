"""From the parser's reductions to nodes: literals, expressions and attributes."""

from __future__ import annotations

from typing import Any

from pyorpc.midl import syntax
from pyorpc.midl.literals import LARGEST_INTEGER, float_value, integer_value, text_value
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.tokens import Token

DEEPEST_EXPRESSION = 100
NO_ATTRIBUTES = syntax.Attributes()
# The higher, the closer an operator binds.
PRECEDENCE = {
    operator: strength
    for strength, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
    )
    for operator in operators.split()
}

# What a rule's parts are depends on the rule: only the grammar knows.
Parts = list[Any]


class ExpressionBuilder:
    """Builds the nodes of expressions and attribute lists."""

    # ---- attributes ------------------------------------------------------------------------

    def attributes(self, parts: Parts) -> syntax.Attributes:
        """One or more attribute lists in front of one thing."""
        for bracket, first, behind in zip(parts, parts[1:], [*parts[2:], None], strict=False):
            is_bracket = isinstance(bracket, Token) and bracket.type == "LSQB"
            if is_bracket and first is None and not is_comma(behind):
                raise Refused(Mistake.EMPTY_ATTRIBUTES, bracket.place)
        items = tuple(one for one in parts if isinstance(one, syntax.Attribute))
        return syntax.Attributes(items, parts[0].place)

    def no_attribute(self, parts: Parts) -> Token:
        """What a macro that stands for nothing has left."""
        (nothing,) = parts
        made: Token = nothing
        return made

    def attribute(self, parts: Parts) -> syntax.Attribute:
        """`name`."""
        (name,) = parts
        return syntax.Attribute(name.text, None, name.place)

    def attribute_with_arguments(self, parts: Parts) -> syntax.Attribute:
        """`name(...)`."""
        name, *arguments = parts
        given = () if arguments == [None] else tuple(arguments)
        return syntax.Attribute(name.text, given, name.place)

    def type_argument(self, parts: Parts) -> syntax.TypeArgument:
        """A base type as an argument."""
        base, pointers = parts
        return syntax.TypeArgument(base, base.place, pointers or 0)

    def tagged_argument(self, parts: Parts) -> syntax.TypeArgument:
        """A type with its tag as an argument."""
        keyword, name, pointers = parts
        tagged = syntax.TaggedType(keyword.text, name_of(name), keyword.place)
        return syntax.TypeArgument(tagged, tagged.place, pointers or 0)

    def handle_argument(self, parts: Parts) -> syntax.Reference:
        """`handle_t name` in implicit_handle; what counts is the name."""
        _type, name = parts
        return syntax.Reference(name.text, name.place)

    def uuid(self, parts: Parts) -> syntax.UuidText:
        """What stands in `uuid(...)`."""
        (token,) = parts
        return syntax.UuidText(token.text, token.place)

    # ---- operators -------------------------------------------------------------------------

    def conditional(self, parts: Parts) -> syntax.Expression:
        """`a ? b : c`."""
        condition, yes, no = parts
        depth = nested(condition, yes, no)
        return syntax.Conditional(condition, yes, no, condition.place, depth)

    def binary(self, parts: Parts) -> syntax.Expression:
        """`a + b * c`, with operands and operators in turn."""
        operands: list[syntax.Expression] = [parts[0]]
        operators: list[Token] = []
        for operator, operand in zip(parts[1::2], parts[2::2], strict=True):
            while operators and PRECEDENCE[operators[-1].text] >= PRECEDENCE[operator.text]:
                join(operands, operators)
            operators.append(operator)
            operands.append(operand)
        while operators:
            join(operands, operators)
        return operands[0]

    def unary(self, parts: Parts) -> syntax.Expression:
        """`-a`."""
        operator, operand = parts
        return syntax.Unary(operator.text, operand, operator.place, nested(operand))

    def sizeof(self, parts: Parts) -> syntax.SizeOf:
        """`sizeof(type)`."""
        keyword, spec, pointers = parts
        return syntax.SizeOf(spec, pointers or 0, keyword.place)

    def cast_to_name(self, parts: Parts) -> syntax.Expression:
        """`(T)(-1)`."""
        name, operand = parts
        named = syntax.NamedType(name.name, name.place)
        return syntax.Cast(named, 0, operand, name.place, nested(operand))

    def cast_to_pointer(self, parts: Parts) -> syntax.Expression:
        """`(T *)-1`."""
        name, *stars, operand = parts
        named = syntax.NamedType(name.text, name.place)
        return syntax.Cast(named, len(stars), operand, name.place, nested(operand))

    def cast_to_base(self, parts: Parts) -> syntax.Expression:
        """`(unsigned long)-1`."""
        base, pointers, operand = parts
        return syntax.Cast(base, pointers or 0, operand, base.place, nested(operand))

    # ---- operands --------------------------------------------------------------------------

    def name_in_parentheses(self, parts: Parts) -> syntax.Reference:
        """`(NAME)`, where no operand follows."""
        (name,) = parts
        return syntax.Reference(name.text, name.place, is_in_parentheses=True)

    def reference(self, parts: Parts) -> syntax.Reference:
        """A name; those of WinRT are dotted."""
        return syntax.Reference(".".join(token.text for token in parts), parts[0].place)

    def integer(self, parts: Parts) -> syntax.Literal:
        """A whole number of up to 64 bits."""
        (token,) = parts
        value = integer_value(token.text)
        if value > LARGEST_INTEGER:
            raise Refused(Mistake.CONSTANT_TOO_BIG, token.place)
        return syntax.Literal(value, token.place, is_hex=token.text[:2] in ("0x", "0X"))

    def float(self, parts: Parts) -> syntax.Literal:
        """A number with a fraction."""
        (token,) = parts
        return syntax.Literal(float_value(token.text), token.place)

    def string(self, parts: Parts) -> syntax.Literal:
        """One or more string literals side by side."""
        text = "".join(text_value(token) for token in parts)
        is_wide = any(token.text.startswith("L") for token in parts)
        return syntax.Literal(text, parts[0].place, is_wide=is_wide)

    def character(self, parts: Parts) -> syntax.Literal:
        """One character."""
        (token,) = parts
        text = text_value(token)
        if len(text) != 1:
            raise Refused(Mistake.BAD_CHARACTER, token.place)
        return syntax.Literal(text, token.place, is_character=True)


def is_comma(part: object) -> bool:
    """True if an empty attribute stands before this: `[, object]`."""
    return isinstance(part, Token) and part.type == "COMMA"


def name_of(token: Token) -> syntax.Name:
    """Give the node of a name."""
    return syntax.Name(token.text, token.place)


def nested(*operands: syntax.Expression) -> int:
    """Give the depth of a node over these operands; one that is too deep is refused."""
    depth = 1 + max(getattr(operand, "depth", 0) for operand in operands)
    if depth >= DEEPEST_EXPRESSION:
        raise Refused(Mistake.TOO_DEEP, operands[0].place)
    return depth


def join(operands: list[syntax.Expression], operators: list[Token]) -> None:
    """Make one operand of the last two, with the last operator."""
    operator, right, left = operators.pop(), operands.pop(), operands.pop()
    depth = nested(left, right)
    operands.append(syntax.Binary(operator.text, left, right, operator.place, depth))
