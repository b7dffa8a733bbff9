"""The values of constant expressions, by the rules of C; integers have 64 bits."""

from __future__ import annotations

import operator as python
from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.model import ScalarKind
from pyorpc.midl.resolve.declared import Base, Broken, CType, EnumRecord, Pointer, type_name
from pyorpc.midl.resolve.named_types import named_type
from pyorpc.midl.resolve.scope import TypeName, ValueName
from pyorpc.midl.resolve.standard_types import SIZES, standard_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.resolve.scope import Unit, Value
    from pyorpc.midl.source import Place

Number = int | float

PREDEFINED = {
    "TRUE": 1,
    "FALSE": 0,
    "true": 1,
    "false": 0,
    "NULL": 0,
    "VARIANT_TRUE": -1,
    "VARIANT_FALSE": 0,
}
POINTER_SIZE = 8
LOWEST, HIGHEST = -(2**63), 2**64 - 1
MOST_SHIFT = 63
BITS = {
    ScalarKind.BYTE: 8,
    ScalarKind.SMALL: 8,
    ScalarKind.SHORT: 16,
    ScalarKind.USHORT: 16,
    ScalarKind.LONG: 32,
    ScalarKind.BOOL: 32,
    ScalarKind.ULONG: 32,
    ScalarKind.HRESULT: 32,
    ScalarKind.HYPER: 64,
    ScalarKind.UHYPER: 64,
}
SIGNED = frozenset(
    {
        ScalarKind.SMALL,
        ScalarKind.SHORT,
        ScalarKind.LONG,
        ScalarKind.BOOL,
        ScalarKind.HYPER,
    }
)
ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": python.add,
    "-": python.sub,
    "*": python.mul,
}
TRUTHS: dict[str, Callable[[Number, Number], bool]] = {
    "&&": lambda left, right: bool(left and right),
    "||": lambda left, right: bool(left or right),
    "==": python.eq,
    "!=": python.ne,
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
}
BITWISE: dict[str, Callable[[int, int], int]] = {
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
}


def evaluate(unit: Unit, expression: syntax.Expression) -> Value | None:
    """Give the value of a constant expression; None, and a report, if it has none."""
    match expression:
        case syntax.Literal():
            value: Value | None = expression.value
        case syntax.Reference():
            value = _named(unit, expression)
        case syntax.Unary():
            value = _unary(unit, expression)
        case syntax.Binary():
            value = _binary(unit, expression)
        case syntax.Conditional():
            value = _chosen(unit, expression)
        case syntax.SizeOf():
            value = size_of(unit, expression)
        case _:
            value = _cast(unit, expression)
    return value


def evaluate_integer(unit: Unit, expression: syntax.Expression, mistake: Mistake) -> int | None:
    """Give the value of an expression that must be an integer; `mistake` is reported if not."""
    value = evaluate(unit, expression)
    if isinstance(value, str) and is_character(expression):
        return ord(value)
    if value is not None and not isinstance(value, int):
        unit.reporter.error(mistake, expression.place)
        return None
    return value


def is_character(expression: syntax.Expression) -> bool:
    """True for a character constant such as 'x'."""
    return isinstance(expression, syntax.Literal) and expression.is_character


def fit(unit: Unit, kind: ScalarKind, value: int, place: Place, *, is_hex: bool) -> int | None:
    """Give the value as a number of that kind; None, and a report, if it does not fit.

    As in C, a negative value of an unsigned kind wraps, and so does a hexadecimal bit pattern.
    """
    bits = BITS[kind]
    if kind in SIGNED:
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        if is_hex and high < value < 2**bits:
            return value - (1 << bits)
    else:
        low, high = 0, 2**bits - 1
        if -(2 ** (bits - 1)) <= value < 0:
            return value + (1 << bits)
    if not low <= value <= high:
        unit.reporter.error(
            Mistake.CONSTANT_RANGE, place, value=value, type=kind.value, low=low, high=high
        )
        return None
    return value


def size_of(unit: Unit, expression: syntax.SizeOf) -> int | None:
    """Give the size of a base type or a pointer."""
    ctype: CType = named_type(unit, expression.spec.type)
    if expression.pointers or isinstance(ctype, Pointer):
        return POINTER_SIZE
    if isinstance(ctype, Base) and ctype.kind in SIZES:
        is_wide = ctype.is_text or ctype.name == "wchar_t"
        return 2 if is_wide else SIZES[ctype.kind]
    if isinstance(ctype, EnumRecord):
        return SIZES[ScalarKind.LONG]
    if not isinstance(ctype, Broken):
        unit.reporter.error(Mistake.SIZEOF_TYPE, expression.place, type=type_name(ctype))
    return None


def _chosen(unit: Unit, expression: syntax.Conditional) -> Value | None:
    condition = evaluate(unit, expression.condition)
    yes, no = evaluate(unit, expression.yes), evaluate(unit, expression.no)
    return None if condition is None else (yes if condition else no)


def _named(unit: Unit, reference: syntax.Reference) -> Value | None:
    entry = unit.scope.names.get(reference.name)
    if isinstance(entry, ValueName):
        return entry.value
    if entry is None and reference.name in PREDEFINED:
        return PREDEFINED[reference.name]
    if entry is not None:
        unit.reporter.error(
            Mistake.NOT_A_CONSTANT, reference.place, name=reference.name, kind=entry.kind
        )
    else:
        hint = unit.scope.value_hint(reference.name)
        unit.reporter.error(Mistake.UNKNOWN_NAME, reference.place, name=reference.name, hint=hint)
    return None


def _number(unit: Unit, expression: syntax.Expression, operator: str) -> Number | None:
    """Give an operand, which must be a number."""
    value = evaluate(unit, expression)
    if isinstance(value, str):
        if is_character(expression):
            return ord(value)
        unit.reporter.error(
            Mistake.OPERAND_TYPE, expression.place, operator=operator, value="a string"
        )
        return None
    return value


def _unary(unit: Unit, expression: syntax.Unary) -> Number | None:
    if expression.operator in "*&":
        unit.reporter.error(Mistake.NO_DEREFERENCE, expression.place, operator=expression.operator)
        return None
    value = _number(unit, expression.operand, expression.operator)
    if value is None:
        return None
    match expression.operator:
        case "-":
            return _checked(unit, -value, expression.place)
        case "!":
            return int(not value)
        case "~":
            return _inverted(unit, value, expression.operand.place)
        case _:
            return value


def _inverted(unit: Unit, value: Number, place: Place) -> int | None:
    whole = _whole(unit, value, place, "~")
    return None if whole is None else ~whole


def _binary(unit: Unit, expression: syntax.Binary) -> Number | None:
    operator, place = expression.operator, expression.place
    if operator in "+-" and _is_type(unit, expression.left):
        return _number(unit, _cast_of(expression), operator)
    left = _number(unit, expression.left, operator)
    right = _number(unit, expression.right, operator)
    if left is None or right is None:
        return None
    if operator in ARITHMETIC:
        return _checked(unit, ARITHMETIC[operator](left, right), place)
    if operator in TRUTHS:
        return int(TRUTHS[operator](left, right))
    if operator in "/%":
        return _quotient(unit, expression, left, right)
    return _bits(unit, expression, left, right)


def _cast_of(expression: syntax.Binary) -> syntax.Cast:
    left, right, place = expression.left, expression.right, expression.place
    name = left.name if isinstance(left, syntax.Reference) else ""
    operand = syntax.Unary(expression.operator, right, place)
    return syntax.Cast(syntax.NamedType(name, left.place), 0, operand, left.place)


def _is_type(unit: Unit, expression: syntax.Expression) -> bool:
    """True for the name in `(T)-1`, which the parser takes for the left of a difference."""
    if not isinstance(expression, syntax.Reference) or not expression.is_in_parentheses:
        return False
    entry = unit.scope.names.get(expression.name)
    return isinstance(entry, TypeName) if entry else standard_type(expression.name) is not None


def _bits(unit: Unit, expression: syntax.Binary, left: Number, right: Number) -> int | None:
    operator = expression.operator
    first = _whole(unit, left, expression.left.place, operator)
    second = _whole(unit, right, expression.right.place, operator)
    if first is None or second is None:
        return None
    if operator in BITWISE:
        return BITWISE[operator](first, second)
    return _shifted(unit, expression, first, second)


def _quotient(unit: Unit, expression: syntax.Binary, left: Number, right: Number) -> Number | None:
    if right == 0:
        unit.reporter.error(Mistake.DIVISION_BY_ZERO, expression.right.place)
        return None
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if expression.operator == "/" else left - quotient * right
    if expression.operator == "/":
        return left / right
    unit.reporter.error(Mistake.OPERAND_TYPE, expression.place, operator="%", value="a fraction")
    return None


def _shifted(unit: Unit, expression: syntax.Binary, value: int, count: int) -> int | None:
    if not 0 <= count <= MOST_SHIFT:
        unit.reporter.error(Mistake.SHIFT_RANGE, expression.right.place, count=count)
        return None
    shifted = value << count if expression.operator == "<<" else value >> count
    return int(_checked(unit, shifted, expression.place) or 0)


def _whole(unit: Unit, value: Number, place: Place, operator: str) -> int | None:
    if isinstance(value, int):
        return value
    unit.reporter.error(Mistake.OPERAND_TYPE, place, operator=operator, value="a fraction")
    return None


def _checked(unit: Unit, value: Number, place: Place) -> Number | None:
    if isinstance(value, int) and not LOWEST <= value <= HIGHEST:
        unit.reporter.error(Mistake.CONSTANT_TOO_BIG, place)
        return None
    return value


def _cast(unit: Unit, expression: syntax.Cast) -> Value | None:
    ctype = named_type(unit, expression.type)
    value = evaluate(unit, expression.operand)
    if value is None or expression.pointers or not isinstance(ctype, Base):
        return value
    if isinstance(value, float) and ctype.kind in BITS:
        value = int(value)
    if isinstance(value, int) and ctype.kind in BITS:
        wrapped = value & ((1 << BITS[ctype.kind]) - 1)
        is_negative = ctype.kind in SIGNED and wrapped >> (BITS[ctype.kind] - 1)
        return wrapped - (1 << BITS[ctype.kind]) if is_negative else wrapped
    return value
