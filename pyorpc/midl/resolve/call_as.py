"""call_as: the remote form of a local method stands under the local name, in its slot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.mistakes import Mistake

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.resolve.scope import Unit


def call_as_target(unit: Unit, written: syntax.Method) -> syntax.Reference | None:
    """Give the name in [call_as(Name)]."""
    for attribute in written.attributes.items:
        if attribute.name != "call_as" or not attribute.arguments:
            continue
        if isinstance(attribute.arguments[0], syntax.Reference):
            return attribute.arguments[0]
        expected = "the name of a [local] method"
        unit.reporter.error(
            Mistake.ATTRIBUTE_BAD_ARGUMENT, attribute.place, name="call_as", expected=expected
        )
    return None


def with_remote_forms(
    unit: Unit, methods: dict[str, model.Method], targets: dict[str, syntax.Reference]
) -> dict[str, model.Method]:
    """Put remote forms in the places of the local methods. `targets`: whose place each takes."""
    found = dict(methods)
    taken: dict[str, str] = {}
    for name, target in targets.items():
        local = methods.get(target.name)
        if local is None or not local.is_local:
            unit.reporter.error(Mistake.CALL_AS_TARGET, target.place, name=target.name)
            continue
        if target.name in taken:
            other = taken[target.name]
            unit.reporter.error(Mistake.CALL_AS_TWICE, target.place, name=local.name, other=other)
            continue
        taken[target.name] = name
        remote = found.pop(name)
        found[local.name] = replace(
            remote, name=local.name, slot=local.slot, doc=remote.doc or local.doc
        )
    return found
