"""Which propgets and propputs become properties of Python, and the dispatch ids of all members."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyorpc.midl import model

# Where the ids of members begin that were given none.
FIRST_ID = 0x60020000


def with_properties(
    methods: Iterable[model.Method], inherited: frozenset[str]
) -> tuple[model.Method, ...]:
    """Mark the accessors that take nothing but the value. `inherited`: the bases' properties.

    A setter stands beside its getter. Where both are there, `propput` is the setter of Python, and
    `propputref` a method; so are all of a property beside a method of its name.
    """
    given = tuple(methods)
    names = {one.name for one in given}
    return tuple(replace(one, is_property=_is_property(one, names, inherited)) for one in given)


def _is_property(method: model.Method, names: set[str], inherited: frozenset[str]) -> bool:
    name = method.property_name
    if not name or name in inherited or name in names:
        return False
    if method.is_getter:
        return not method.ins and len(method.outs) + (method.returns is not None) == 1
    is_second = method.name.startswith("putref_") and f"put_{name}" in names
    return not is_second and len(method.ins) == 1 and not method.outs


def with_ids(methods: Iterable[model.Method]) -> tuple[model.Method, ...]:
    """Give ids to members that have none; the accessors of one property share theirs."""
    given = tuple(methods)
    known = {one.property_name: one.dispid for one in given if one.dispid is not None}
    found: list[model.Method] = []
    for at, one in enumerate(given):
        dispid = one.dispid
        if dispid is None and one.property_name:
            dispid = known.setdefault(one.property_name, FIRST_ID + at)
        found.append(replace(one, dispid=FIRST_ID + at if dispid is None else dispid))
    return tuple(found)
