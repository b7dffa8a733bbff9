"""The parameters of a method: their directions, types and defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.model import ScalarKind
from pyorpc.midl.resolve.attribute_table import PARAMETER
from pyorpc.midl.resolve.attributes import AttributeList, check_attributes
from pyorpc.midl.resolve.constants import BITS, evaluate, fit
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CType,
    EnumRecord,
    InterfaceRecord,
    Pointer,
    VariantType,
    Void,
)
from pyorpc.midl.resolve.holder import NULLABLE_KINDS, Holder
from pyorpc.midl.resolve.mapping import Mapper
from pyorpc.midl.resolve.parameter_rules import check_default_directions, check_lcids
from pyorpc.midl.resolve.scope import Travelling
from pyorpc.midl.resolve.selectors import mark_parameters
from pyorpc.midl.resolve.siblings import Sibling, Siblings
from pyorpc.midl.resolve.structs import spec_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit, Value

ZEROS: dict[ScalarKind, int | float | str | bool] = {
    **dict.fromkeys(BITS, 0),
    ScalarKind.BOOL: False,
    ScalarKind.BOOLEAN: False,
    ScalarKind.FLOAT: 0.0,
    ScalarKind.DOUBLE: 0.0,
    ScalarKind.STRING: "",
}
# Dates are counted in days from here.
FIRST_DATE = datetime(1899, 12, 30)  # of no time zone, as automation's dates
# What a pointer may point to that is not None by itself.
POINTED = (model.Scalar, model.EnumRef, model.StructRef, model.UnionRef, model.Array)


class ParameterList:
    """Resolves the parameters of one method."""

    def __init__(self, unit: Unit, method: syntax.Method, default_pointer: str) -> None:
        self._unit = unit
        self._written = method.parameters
        self._default_pointer = default_pointer
        self._ctypes = [
            declared_type(unit, spec_type(unit, one.spec), one.declarator)
            for one in method.parameters
        ]
        self._attributes = [
            check_attributes(one.attributes, PARAMETER, unit.reporter) for one in method.parameters
        ]
        self._names = [_name_of(one, at) for at, one in enumerate(method.parameters)]
        self._siblings = Siblings("parameter", self._by_name(method))

    def resolve(self, *, is_local: bool) -> tuple[model.Parameter, ...]:
        """Give the parameters of the model."""
        if not is_local:
            self._check_retval()
            check_lcids(self._unit, self._attributes, self._ctypes)
            check_default_directions(self._unit, self._attributes)
        found = [self._parameter(at, is_local=is_local) for at in range(len(self._written))]
        if not is_local:
            self._check_defaults()
        return tuple(mark_parameters(_without_gaps(found)))

    def _by_name(self, method: syntax.Method) -> dict[str, Sibling]:
        by_name: dict[str, Sibling] = {}
        name_of_method = method.declarator.name.text if method.declarator.name else ""
        for name, ctype, attributes, written in zip(
            self._names, self._ctypes, self._attributes, self._written, strict=True
        ):
            if name in by_name:
                self._unit.reporter.error(
                    Mistake.DUPLICATE_MEMBER,
                    written.place,
                    owner=f"method '{name_of_method}'",
                    kind="parameter",
                    name=name,
                )
            is_out = "out" in attributes
            kind = attributes.pointer_kind or (ctype.kind if isinstance(ctype, Pointer) else None)
            by_name[name] = Sibling(
                ctype, "in" in attributes or not is_out, is_out, kind in NULLABLE_KINDS
            )
        return by_name

    def _parameter(self, at: int, *, is_local: bool) -> model.Parameter:
        written, ctype, attributes = self._written[at], self._ctypes[at], self._attributes[at]
        sibling = self._siblings.by_name[self._names[at]]
        reporter = self._unit.reporter
        if isinstance(ctype, Void):
            mistake = Mistake.VOID_PARAMETER
            if len(self._written) > 1 and written.declarator.name is None:
                mistake = Mistake.VOID_NOT_ALONE
            reporter.error(mistake, written.place)
            return model.Parameter(self._names[at], model.Opaque(), True, False)
        if sibling.is_out and written.spec.is_const and not is_local:
            reporter.error(Mistake.OUT_CONST, written.spec.place)
        holder = Holder(
            self._names[at],
            written.place,
            self._siblings,
            self._default_pointer,
            is_parameter=True,
            is_in=sibling.is_in,
            is_out=sibling.is_out,
            is_local=is_local,
        )
        mapped = self._map(ctype, holder, attributes)
        is_lcid = "lcid" in attributes
        default = (
            model.Default(0) if is_lcid else self._default(at, ctype, mapped, is_local=is_local)
        )
        if default == model.Default(None) and isinstance(mapped, POINTED):
            mapped = model.Nullable(mapped)  # a pointer that may be left out may be null
        if not is_local:
            travelling = Travelling(self._names[at], mapped, written.place)
            self._unit.scope.travelling.append(travelling)
        return model.Parameter(
            self._names[at], mapped, sibling.is_in, sibling.is_out, default, is_lcid
        )

    def _map(self, ctype: CType, holder: Holder, attributes: AttributeList) -> model.Type:
        mapped = Mapper(self._unit, holder, attributes).map(ctype)
        pointed = ctype.to if isinstance(ctype, Pointer) else ctype
        if isinstance(pointed, Base) and pointed.is_iid and not holder.is_out:
            is_plain = mapped == model.Scalar(ScalarKind.GUID)
            return model.InterfaceId() if is_plain else mapped
        return mapped

    # ---- retval and defaults ---------------------------------------------------------------

    def _check_retval(self) -> None:
        reporter = self._unit.reporter
        marked = [at for at, one in enumerate(self._attributes) if "retval" in one]
        for at in marked:
            attributes = self._attributes[at]
            place = attributes.place("retval")
            if "out" not in attributes or "in" in attributes:
                reporter.error(Mistake.RETVAL_NEEDS_OUT, place)
            elif at != marked[0]:
                reporter.error(Mistake.RETVAL_TWICE, place)
            elif at != len(self._written) - 1 and len(marked) == 1:
                reporter.error(Mistake.RETVAL_NOT_LAST, place)

    def _default(
        self, at: int, ctype: CType, mapped: model.Type, *, is_local: bool
    ) -> model.Default | None:
        attributes = self._attributes[at]
        if "defaultvalue" not in attributes and "optional" not in attributes:
            return None
        if "out" in attributes and "in" not in attributes:
            return None  # the way back of what may be left out
        if "defaultvalue" in attributes:
            return self._default_value(at, ctype, is_local=is_local)
        return _optional(mapped)

    def _default_value(self, at: int, ctype: CType, *, is_local: bool) -> model.Default | None:
        attributes = self._attributes[at]
        (argument,) = attributes.arguments("defaultvalue")
        place = attributes.place("defaultvalue")
        if argument is None or isinstance(argument, (syntax.UuidText, syntax.TypeArgument)):
            self._unit.reporter.error(
                Mistake.ATTRIBUTE_BAD_ARGUMENT, place, name="defaultvalue", expected="a constant"
            )
            return None
        value = evaluate(self._unit, argument)
        if value is None or isinstance(ctype, Broken):
            return None
        if not (is_local and value == 0):  # which is null there, as in C++
            ctype = _of_pointer(ctype)
        if isinstance(ctype, Base) and ctype.kind in BITS and isinstance(value, int):
            fitting = fit(self._unit, ctype.kind, value, argument.place, is_hex=True)
            return None if fitting is None else model.Default(fitting)
        default = _default_of(ctype, value)
        if default is None:
            shown = "a string" if isinstance(value, str) else value
            owner = f"'{self._names[at]}'"
            self._unit.reporter.error(
                Mistake.CONSTANT_TYPE, argument.place, type=owner, value=shown
            )
        return default

    def _check_defaults(self) -> None:
        """Refuse a parameter that must be given behind one that may be left out."""
        has_default = False
        for at, written in enumerate(self._written):
            attributes = self._attributes[at]
            may_be_left_out = "defaultvalue" in attributes or "optional" in attributes
            if not self._siblings.by_name[self._names[at]].is_in or "lcid" in attributes:
                continue
            if has_default and not may_be_left_out:
                name = self._names[at]
                self._unit.reporter.error(Mistake.DEFAULT_BEFORE_REQUIRED, written.place, name=name)
            has_default = has_default or may_be_left_out


def _name_of(parameter: syntax.Parameter, at: int) -> str:
    name = parameter.declarator.name
    return name.text if name is not None else f"arg{at + 1}"


def _optional(mapped: model.Type) -> model.Default | None:
    """Give what an [optional] parameter is when it is left out: nothing, or zero."""
    if isinstance(mapped, model.Variant):
        return model.Default(None, is_omitted=True)
    if isinstance(mapped, (model.Nullable, model.Opaque, *model.INTERFACE_POINTERS)):
        return model.Default(None)
    zero = ZEROS.get(mapped.kind) if isinstance(mapped, model.Scalar) else None
    return None if zero is None else model.Default(zero)


def _without_gaps(found: list[model.Parameter]) -> list[model.Parameter]:
    """Take the default from each [in] parameter that has one without a default behind it."""
    kept: list[model.Parameter] = []
    may_default = True
    for one in reversed(found):
        may_default = may_default and (not one.is_in or one.default is not None)
        kept.insert(0, one if may_default else replace(one, default=None))
    return kept


def _default_of(ctype: CType, value: Value) -> model.Default | None:
    """Give the default that a value is for a type other than an integer; None if it is none."""
    if value == 0 and isinstance(ctype, (Pointer, InterfaceRecord)):
        return model.Default(None)
    if isinstance(ctype, (EnumRecord, VariantType)):
        return model.Default(value)
    if isinstance(value, str):
        is_text = isinstance(ctype, Pointer) or _kind(ctype) is ScalarKind.STRING
        return model.Default(value) if is_text else None
    try:
        return _number_as(ctype, value) if isinstance(ctype, Base) else None
    except (ArithmeticError, ValueError):  # infinite, or no date that there is
        return None


def _of_pointer(ctype: CType) -> CType:
    """Give what a default is a value of: automation passes numbers and the like by reference."""
    if not isinstance(ctype, Pointer):
        return ctype
    of = ctype.to
    is_value = isinstance(of, Base) and of.kind not in (ScalarKind.CHAR, ScalarKind.GUID)
    return of if is_value or isinstance(of, (VariantType, EnumRecord)) else ctype


def _number_as(base: Base, number: float) -> model.Default | None:
    """Give the default that a number is; None if it is none."""
    match base.kind:
        case ScalarKind.BOOLEAN:
            return model.Default(bool(number))
        case ScalarKind.FLOAT | ScalarKind.DOUBLE:
            return model.Default(float(number))
        case ScalarKind.CURRENCY | ScalarKind.DECIMAL:
            return model.Default(Decimal(str(number))) if isfinite(number) else None
        case ScalarKind.DATE if base.name == "DATE":
            return model.Default(FIRST_DATE + timedelta(days=number))
        case ScalarKind.STRING if number == 0:
            return model.Default("")
        case _:
            return None


def _kind(ctype: CType) -> ScalarKind | None:
    return ctype.kind if isinstance(ctype, Base) else None
