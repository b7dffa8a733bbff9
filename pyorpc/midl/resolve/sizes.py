"""The expressions of size_is and its like: evaluated at run time from the siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.constants import evaluate, size_of
from pyorpc.midl.resolve.declared import Base, Broken, EnumRecord, Pointer
from pyorpc.midl.resolve.scope import ValueName

if TYPE_CHECKING:
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.resolve.siblings import Siblings
    from pyorpc.midl.source import Place

ONE = model.SizeNumber(1)
INTEGERS = frozenset(
    {
        model.ScalarKind.BYTE,
        model.ScalarKind.SMALL,
        model.ScalarKind.SHORT,
        model.ScalarKind.USHORT,
        model.ScalarKind.LONG,
        model.ScalarKind.ULONG,
        model.ScalarKind.HYPER,
        model.ScalarKind.UHYPER,
    }
)
# What only a switch_is may name beside them.
TAGS = frozenset({model.ScalarKind.BOOLEAN, model.ScalarKind.CHAR, model.ScalarKind.BOOL})
# What counts elements; the others are indexes, which may be 0.
COUNTS = ("size_is", "length_is")
LEVELS = ("size_is", "max_is", "min_is", "first_is", "last_is", "length_is")


class SizeReader:
    """Reads the sizes of one parameter or field."""

    def __init__(self, unit: Unit, siblings: Siblings, *, is_in: bool) -> None:
        self._unit = unit
        self._siblings = siblings
        self._is_in = is_in
        self._attribute = "size_is"
        self._firsts: list[model.Size | None] = []

    def sizes(self, attributes: AttributeList) -> list[model.Size | None]:
        """Give how many elements each pointer or array level has, the outermost first.

        A list is the part that is sent: length_is, or from first_is, else min_is, to last_is, else
        to the end.
        """
        self._firsts.clear()
        said = {name: self._levels(attributes, name) for name in LEVELS}
        levels = range(max(len(one) for one in said.values()))
        found: list[model.Size | None] = []
        for level in levels:
            one = {name: given[level] for name, given in said.items() if level < len(given)}
            lowest = one.get("min_is")
            first = one.get("first_is") or lowest
            size, highest, last = one.get("size_is"), one.get("max_is"), one.get("last_is")
            self._firsts.append(first)
            if highest is not None:
                size = _span(lowest, highest)
            if last is not None:
                size = _span(first, last)
            elif size is not None:
                size = _rest(size, one.get("first_is"), lowest)
            found.append(one.get("length_is") or size)
        return found

    def rest(self, size: int, level: int) -> model.Size:
        """Give how many elements of a fixed array are sent, where a first_is may say the first."""
        first = self._firsts[level] if level < len(self._firsts) else None
        return _rest(model.SizeNumber(size), first, None)

    def _levels(self, attributes: AttributeList, name: str) -> list[model.Size | None]:
        return [self._size(one, name) for one in attributes.arguments(name)]

    def switch(self, attributes: AttributeList) -> model.Size | None:
        """Give what the tag of a union must be, where switch_is says it."""
        (argument,) = attributes.arguments("switch_is") or (None,)
        if argument is None or isinstance(argument, (syntax.UuidText, syntax.TypeArgument)):
            return None
        self._attribute = "switch_is"
        return self._read(argument)

    def _size(self, argument: syntax.Argument | None, attribute: str) -> model.Size | None:
        self._attribute = attribute
        if argument is None:
            return None
        if isinstance(argument, (syntax.UuidText, syntax.TypeArgument)):
            self._refuse_argument(argument.place)
            return ONE
        size = self._read(argument)
        if isinstance(size, model.SizeNumber) and size.value < (attribute in COUNTS):
            self._unit.reporter.error(Mistake.ARRAY_SIZE_RANGE, argument.place, size=size.value)
        return size

    def _refuse_argument(self, place: Place) -> None:
        self._unit.reporter.error(
            Mistake.ATTRIBUTE_BAD_ARGUMENT,
            place,
            name=self._attribute,
            expected=f"{self._siblings.kind}s, numbers and operators",
        )

    def _read(self, expression: syntax.Expression) -> model.Size:
        """Read an expression; what is constant in it is evaluated now."""
        match expression:
            case syntax.Literal():
                size: model.Size = self._literal(expression)
            case syntax.Reference():
                size = self._named(expression, is_dereferenced=False)
            case syntax.Unary():
                size = self._unary(expression)
            case syntax.Binary():
                left, right = self._read(expression.left), self._read(expression.right)
                size = self._binary(expression, left, right)
            case syntax.Conditional():
                size = model.SizeChoice(
                    self._condition(expression.condition),
                    self._read(expression.yes),
                    self._read(expression.no),
                )
            case syntax.SizeOf():
                size = model.SizeNumber(size_of(self._unit, expression) or 1)
            case _:
                size = self._read(expression.operand)
        return size

    def _condition(self, expression: syntax.Expression) -> model.Size:
        """Read a condition: `p ? *p : n` asks whether a pointer is there."""
        if isinstance(expression, syntax.Reference):
            sibling = self._siblings.by_name.get(expression.name)
            if sibling is not None and isinstance(sibling.ctype, Pointer):
                return model.SizeIsSet(expression.name)
        return self._read(expression)

    def _literal(self, literal: syntax.Literal) -> model.Size:
        if isinstance(literal.value, int):
            return model.SizeNumber(literal.value)
        self._refuse_argument(literal.place)
        return ONE

    def _unary(self, expression: syntax.Unary) -> model.Size:
        if expression.operator == "*" and isinstance(expression.operand, syntax.Reference):
            return self._named(expression.operand, is_dereferenced=True)
        if expression.operator in "*&":
            self._unit.reporter.error(
                Mistake.SIZE_OPERATOR, expression.place, operator=expression.operator
            )
            return ONE
        operand = self._read(expression.operand)
        if isinstance(operand, model.SizeNumber):
            return self._folded(expression)
        return model.SizeUnary(expression.operator, operand)

    def _folded(self, expression: syntax.Expression) -> model.Size:
        """Give the size whose parts are all known now."""
        value = evaluate(self._unit, expression)
        return model.SizeNumber(value) if isinstance(value, int) else ONE

    def _binary(self, expression: syntax.Binary, left: model.Size, right: model.Size) -> model.Size:
        is_zero = isinstance(right, model.SizeNumber) and right.value == 0
        if expression.operator in "/%" and is_zero:
            self._unit.reporter.error(Mistake.DIVISION_BY_ZERO, expression.right.place)
        if isinstance(left, model.SizeNumber) and isinstance(right, model.SizeNumber):
            return self._folded(expression)
        return model.SizeBinary(expression.operator, left, right)

    def _named(self, reference: syntax.Reference, *, is_dereferenced: bool) -> model.Size:
        name, place, reporter = reference.name, reference.place, self._unit.reporter
        sibling = self._siblings.by_name.get(name)
        if sibling is None:
            return self._constant(reference)
        ctype = sibling.ctype
        if is_dereferenced:
            if not isinstance(ctype, (Pointer, Broken)):
                reporter.error(Mistake.SIZE_NEEDS_POINTER, place, name=name)
                return ONE
            ctype = ctype.to if isinstance(ctype, Pointer) else ctype
        is_number = isinstance(ctype, EnumRecord) or (
            isinstance(ctype, Base) and (ctype.kind in INTEGERS or self._may_be(ctype.kind))
        )
        if isinstance(ctype, Pointer) and isinstance(ctype.to, Base) and ctype.to.kind in INTEGERS:
            reporter.error(Mistake.SIZE_OF_POINTER, place, name=name)
        elif not is_number and not isinstance(ctype, Broken):
            reporter.error(Mistake.SIZE_NOT_INTEGER, place, attribute=self._attribute, name=name)
        elif self._is_in and not sibling.is_in:
            reporter.error(Mistake.SIZE_IS_OUT, place, attribute=self._attribute, name=name)
        return model.SizeName(name, sibling.is_nullable and is_dereferenced)

    def _may_be(self, kind: model.ScalarKind) -> bool:
        return self._attribute == "switch_is" and kind in TAGS

    def _constant(self, reference: syntax.Reference) -> model.Size:
        entry = self._unit.scope.names.get(reference.name)
        if isinstance(entry, ValueName) and isinstance(entry.value, int):
            return model.SizeNumber(entry.value)
        self._unit.reporter.error(
            Mistake.SIZE_UNKNOWN,
            reference.place,
            attribute=self._attribute,
            name=reference.name,
            siblings=self._siblings.kind,
            hint=self._siblings.hint(reference.name),
        )
        return ONE


def _span(first: model.Size | None, last: model.Size) -> model.Size:
    """Give how many elements there are from an index to another; without the first, from 0."""
    if first is None:
        return model.SizeBinary("+", last, ONE)
    return model.SizeBinary("+", model.SizeBinary("-", last, first), ONE)


def _rest(size: model.Size, first: model.Size | None, lowest: model.Size | None) -> model.Size:
    """Give how many elements there are from the first that is sent to the last of all."""
    if first is None:
        return size
    if lowest is not None:
        first = model.SizeBinary("-", first, lowest)
    return model.SizeBinary("-", size, first)
