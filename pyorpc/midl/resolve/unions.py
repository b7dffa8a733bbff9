"""Unions: their tags, the labels of their arms, and what each arm holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import FIELD
from pyorpc.midl.resolve.attributes import AttributeList, check_attributes
from pyorpc.midl.resolve.constants import BITS, evaluate, fit
from pyorpc.midl.resolve.declared import Base, Broken, CType, EnumRecord, Void
from pyorpc.midl.resolve.named_types import named_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit
    from pyorpc.midl.source import Place

Label = int | str
TAG_KINDS = frozenset({*BITS, model.ScalarKind.BOOLEAN, model.ScalarKind.CHAR})
# The tag of a union of which only the switch_is says what it is.
ANY_TAG = model.Scalar(model.ScalarKind.HYPER)


def tag_type(
    unit: Unit, written: syntax.UnionType, attributes: AttributeList, switch: CType | None
) -> model.Type:
    """Give the type of the tag: of the `switch`, of [switch_type], or any integer."""
    ctype, place = switch, written.place
    if written.switch is None:
        (argument,) = attributes.arguments("switch_type") or (None,)
        if argument is None:
            return ANY_TAG
        place = argument.place
        ctype = _argument_type(unit, argument)
    if isinstance(ctype, EnumRecord):
        return model.EnumRef(ctype.key)
    if isinstance(ctype, Base) and ctype.kind in TAG_KINDS:
        return model.Scalar(ctype.kind)
    if not isinstance(ctype, Broken):
        unit.reporter.error(Mistake.UNION_TAG, place)
    return ANY_TAG


class ArmLabels:
    """Collects the labels of one union; none may be there twice."""

    def __init__(self, unit: Unit, name: str, tag: model.Type) -> None:
        self._unit = unit
        self._name = name
        self._kind = tag.kind if isinstance(tag, model.Scalar) else model.ScalarKind.LONG
        self._seen: set[Label] = set()
        self._has_default = False

    def of(self, arm: syntax.Arm) -> tuple[tuple[Label, ...], bool]:
        """Give the labels of an arm, and whether it is the default one."""
        attributes = {one.name: one for one in arm.attributes.items}
        if arm.field is None:  # else they are checked with it
            check_attributes(arm.attributes, FIELD, self._unit.reporter)
        case = attributes.get("case")
        written = [*arm.labels, *((case.arguments if case else None) or ())]
        found: list[Label] = []
        for one in written:
            if one is None or isinstance(one, (syntax.UuidText, syntax.TypeArgument)):
                continue
            label = self._label(one)
            if label is None:
                continue
            if label in self._seen:
                self._refuse(Mistake.UNION_LABEL_TWICE, one.place, label)
            self._seen.add(label)
            found.append(label)
        is_default = arm.is_default or "default" in attributes
        if is_default and self._has_default:
            self._refuse(Mistake.UNION_DEFAULT_TWICE, arm.place)
        self._has_default = self._has_default or is_default
        return tuple(found), is_default

    def _label(self, expression: syntax.Expression) -> Label | None:
        value = evaluate(self._unit, expression)
        if isinstance(value, str) and _is_string(expression):
            self._refuse(Mistake.UNION_LABEL_TYPE, expression.place)
            return None
        if value is None:
            return None
        if self._kind is model.ScalarKind.CHAR:
            text = chr(value) if isinstance(value, int) and 0 <= value <= 0xFFFF else value
            if isinstance(text, str) and len(text) == 1:
                return text
        if isinstance(value, str) and len(value) == 1:
            value = ord(value)
        if not isinstance(value, int):
            self._refuse(Mistake.UNION_LABEL_TYPE, expression.place)
            return None
        if self._kind in BITS:
            return fit(self._unit, self._kind, value, expression.place, is_hex=False)
        return value

    def _refuse(self, mistake: Mistake, place: Place, label: Label = "") -> None:
        self._unit.reporter.error(mistake, place, name=self._name, label=label)


def _is_string(expression: syntax.Expression) -> bool:
    return isinstance(expression, syntax.Literal) and not expression.is_character


def is_told_apart(written: syntax.UnionType) -> bool:
    """True if anything says which arm is meant; a union of C leaves that to its program."""
    if written.switch is not None:
        return True
    return any("case" in arm.attributes or "default" in arm.attributes for arm in written.arms)


def _argument_type(unit: Unit, argument: syntax.Argument) -> CType:
    if isinstance(argument, syntax.TypeArgument):
        return named_type(unit, argument.type)
    if isinstance(argument, syntax.Reference):
        return named_type(unit, syntax.NamedType(argument.name, argument.place))
    return Void()
