"""The uuids that a file and its imports have taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake

if TYPE_CHECKING:
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def take_uuid(
    unit: Unit, attributes: AttributeList, attribute: str, owner: str, among: str = ""
) -> str | None:
    """Give the uuid in lower case, after entering it as taken; None if there is no good one.

    What a class has is no interface's: classes of proxies bear the uuid of their first interface.
    """
    if attribute not in attributes:
        return None
    (argument,) = attributes.arguments(attribute)
    place = attributes.place(attribute)
    text = ""
    if isinstance(argument, syntax.UuidText):
        text, place = argument.text, argument.place
    normal = _without_quotes(text).lower()
    if not UUID.match(normal):
        unit.reporter.error(Mistake.BAD_UUID, place, text=text)
        return None
    taken = unit.scope.uuids.get(among + normal)
    if taken is None:
        unit.scope.uuids[among + normal] = (owner, attribute)
        return normal
    before, role = taken
    if before == owner and role != attribute:
        unit.reporter.error(Mistake.ASYNC_UUID_EQUAL, place)
    elif not _is_version(before, owner):
        unit.reporter.error(Mistake.DUPLICATE_UUID, place, role=role, name=before)
    return normal


def _is_version(one: str, other: str) -> bool:
    """True for IFoo1 and IFoo2: versions of one interface may share its uuid."""
    return one != other and one.rstrip("0123456789") == other.rstrip("0123456789")


def _without_quotes(text: str) -> str:
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1] if is_quoted else text
