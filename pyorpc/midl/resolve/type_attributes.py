"""Which attributes of a type fit what kind of type it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake

if TYPE_CHECKING:
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.resolve.attributes import AttributeList

# The attribute, and the kind of type that it is for.
FOR_KIND = {"v1_enum": "enum", "switch_type": "union", "ms_union": "union"}


def check_type_attributes(
    attributes: AttributeList, type_: syntax.Type, reporter: Reporter
) -> None:
    """Refuse what is for enums or unions on another type; a name may stand for any."""
    kind = _kind(type_)
    for name, wanted in FOR_KIND.items():
        if name in attributes and kind not in (wanted, None):
            target = f"a type that is no {wanted}"
            place = attributes.place(name)
            reporter.error(Mistake.ATTRIBUTE_TARGET, place, name=name, target=target)


def _kind(type_: syntax.Type) -> str | None:
    match type_:
        case syntax.EnumType():
            return "enum"
        case syntax.UnionType():
            return "union"
        case syntax.TaggedType():
            return type_.kind
        case syntax.NamedType():
            return None
        case _:
            return "other"
