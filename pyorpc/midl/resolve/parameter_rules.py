"""What the attributes of automation ask of the parameters of a method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.constants import evaluate
from pyorpc.midl.resolve.declared import Base, Broken, CType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit

LCIDS = (model.ScalarKind.LONG, model.ScalarKind.ULONG)


def check_lcids(unit: Unit, lists: Sequence[AttributeList], ctypes: Sequence[CType]) -> None:
    """Refuse an [lcid] that is no number for a language, and a second one."""
    has_one = False
    for attributes, ctype in zip(lists, ctypes, strict=True):
        if "lcid" not in attributes:
            continue
        place = attributes.place("lcid")
        is_lcid = isinstance(ctype, Base) and ctype.kind in LCIDS
        if "out" in attributes or not (is_lcid or isinstance(ctype, Broken)):
            unit.reporter.error(Mistake.LCID_TYPE, place)
        elif has_one:
            unit.reporter.error(Mistake.LCID_TWICE, place)
        has_one = True


def check_default_directions(unit: Unit, lists: Sequence[AttributeList]) -> None:
    """Refuse a default for what the caller never gives; NULL says that it need not be taken."""
    for attributes in lists:
        is_only_out = "out" in attributes and "in" not in attributes
        (argument,) = attributes.arguments("defaultvalue") or (None,)
        if not is_only_out or argument is None:
            continue
        if isinstance(argument, (syntax.UuidText, syntax.TypeArgument)) or evaluate(unit, argument):
            unit.reporter.error(Mistake.DEFAULT_OF_OUT, attributes.place("defaultvalue"))


def check_vararg(
    unit: Unit,
    attributes: AttributeList,
    written: syntax.Method,
    parameters: Sequence[model.Parameter],
) -> None:
    """Refuse a [vararg] method without the array that takes the rest of the arguments."""
    if "vararg" not in attributes:
        return
    counted = [
        parameter.type
        for one, parameter in zip(written.parameters, parameters, strict=True)
        if "lcid" not in one.attributes and "retval" not in one.attributes
    ]
    last = counted[-1] if counted else None
    if isinstance(last, model.Nullable):
        last = last.of
    if isinstance(last, model.SafeArray) and isinstance(last.of, model.Variant):
        return
    if not isinstance(last, model.Opaque):
        unit.reporter.error(Mistake.VARARG_ARRAY, attributes.place("vararg"))
