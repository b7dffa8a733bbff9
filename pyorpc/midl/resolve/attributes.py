"""Which attributes there are, where they belong, and what arguments they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import did_you_mean
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_arguments import check_arguments
from pyorpc.midl.resolve.attribute_table import EXCLUDING, LETTERS, RULES, TARGET_NAMES
from pyorpc.midl.words import words

if TYPE_CHECKING:
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import Place

# Attributes that may be given more than once.
REPEATED = words("custom activatable static composable contract deprecated threading")
POINTER_KINDS = ("ref", "unique", "ptr")


@dataclass(frozen=True, slots=True)
class AttributeList:
    """The checked attributes of one declaration."""

    by_name: dict[str, syntax.Attribute]

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def place(self, name: str) -> Place:
        """Give the place of an attribute that is there."""
        return self.by_name[name].place

    def arguments(self, name: str) -> tuple[syntax.Argument | None, ...]:
        """Give the arguments of an attribute; none if it is not there."""
        found = self.by_name.get(name)
        return found.arguments or () if found is not None else ()

    @property
    def pointer_kind(self) -> str | None:
        """ref, unique or ptr, if one is given."""
        return next((kind for kind in POINTER_KINDS if kind in self.by_name), None)


def check_attributes(written: syntax.Attributes, target: str, reporter: Reporter) -> AttributeList:
    """Give the attributes that may stand on such a target; the others are refused."""
    found: dict[str, syntax.Attribute] = {}
    for attribute in written.items:
        if attribute.name in found and attribute.name not in REPEATED:
            reporter.error(Mistake.ATTRIBUTE_TWICE, attribute.place, name=attribute.name)
        elif _is_allowed(attribute, target, reporter):
            found[attribute.name] = attribute
    for one, other in EXCLUDING:
        if one in found and other in found:
            later = max(found[one], found[other], key=lambda each: each.place.offset)
            reporter.error(Mistake.ATTRIBUTE_CONFLICT, later.place, name=one, other=other)
    return AttributeList(found)


def _is_allowed(attribute: syntax.Attribute, target: str, reporter: Reporter) -> bool:
    name, place = attribute.name, attribute.place
    rule = RULES.get(name)
    if rule is None:
        hint = did_you_mean(name, RULES)
        reporter.error(Mistake.UNKNOWN_ATTRIBUTE, place, name=name, hint=hint)
        return False
    letters, fewest, most = rule
    if target not in [LETTERS[letter] for letter in letters]:
        reporter.error(Mistake.ATTRIBUTE_TARGET, place, name=name, target=TARGET_NAMES[target])
        return False
    has_right_count = _has_right_arguments(attribute, fewest, most, reporter)
    return has_right_count and check_arguments(attribute, reporter)


def _has_right_arguments(
    attribute: syntax.Attribute, fewest: int, most: int, reporter: Reporter
) -> bool:
    name, place = attribute.name, attribute.place
    given = attribute.arguments
    if most == 0:
        if given is not None:
            reporter.error(Mistake.ATTRIBUTE_TAKES_NONE, place, name=name)
        return given is None
    if fewest == 0 and given is None:
        return True
    if not given or all(argument is None for argument in given):
        reporter.error(Mistake.ATTRIBUTE_NEEDS_ARGUMENT, place, name=name)
        return False
    if not fewest <= len(given) <= most:
        count = f"{most} argument{'s' if most > 1 else ''}"
        reporter.error(Mistake.ATTRIBUTE_ARGUMENTS, place, name=name, count=count)
        return False
    return True
