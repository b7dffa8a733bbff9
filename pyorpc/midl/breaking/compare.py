"""Compares two versions of a file: what changed, and by which rule it breaks whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyorpc.midl.breaking.names import Names
from pyorpc.midl.breaking.pairing import pair
from pyorpc.midl.breaking.published import Thing
from pyorpc.midl.breaking.rules import DERIVE, NEW_TYPE, Rule, rule_for
from pyorpc.midl.source import Place

# What is read by a tag or by its name may stand anywhere, and grow.
UNORDERED = ("late-bound method", "arm", "member", "class interface")
# Whose rules hold for a kind too.
ALSO = {"parameter": "value", "field": "value", "arm": "value", "late-bound method": "method"}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file."""

    things: Sequence[Thing]
    names: Names


@dataclass(frozen=True, slots=True)
class Finding:
    """One change that breaks somebody. Its place is in the new file, if it is there still."""

    rule: Rule
    place: Place
    text: str
    hint: str


def compare(old: Version, new: Version) -> list[Finding]:
    """Give the changes that break somebody, in the order of the new file."""
    found = list(_Comparison(old.names, new.names).things(old.things, new.things))
    is_new = {id(one.place.source) for one in new.things}
    return sorted(found, key=lambda one: (id(one.place.source) not in is_new, one.place.offset))


class _Comparison:
    def __init__(self, old: Names, new: Names) -> None:
        self._old = old
        self._new = new
        self._home = ""  # the declaration that is compared

    def things(self, old: Sequence[Thing], new: Sequence[Thing]) -> Iterator[Finding]:
        """Compare declarations: they are paired whatever their order."""
        kinds = dict.fromkeys(one.kind for one in [*old, *new])
        for kind in kinds:
            before = {one.key: one for one in old if one.kind == kind}
            after = {one.key: one for one in new if one.kind == kind}
            for key, one in before.items():
                self._home = one.name
                other = after.get(key) or _with_uuid_of(one, after.values(), before)
                if other is None:
                    yield from self._found(one, "removed", one.place, "")
                    continue
                if other.key != key:
                    yield from self._found(
                        other, "renamed", other.place, "", (one.name, other.name)
                    )
                yield from self._facts(one, other, "")
                yield from self._parts(one, other)

    def _parts(self, old: Thing, new: Thing) -> Iterator[Finding]:
        pairing = pair(old.parts, new.parts, self._is_same)
        # The place of what is gone is in the old file; the new one shows where it was missed.
        for one in pairing.removed:
            yield from self._found(one, "removed", new.place, new.name)
        for one in [*pairing.inserted, *pairing.added]:
            yield from self._new_part(one, new, is_inserted=one in pairing.inserted)
        for _, other in pairing.moved:
            if other.kind not in UNORDERED:
                yield from self._found(other, "moved", other.place, new.name)
        for one, other in pairing.renamed:
            names = (one.name, other.name)
            yield from self._found(other, "renamed", other.place, new.name, names)
        for one, other in [*pairing.kept, *pairing.renamed]:
            yield from self._facts(one, other, new.name)
            yield from self._parts(one, other)

    def _new_part(self, one: Thing, parent: Thing, *, is_inserted: bool) -> Iterator[Finding]:
        has_default = one.kind == "field" and bool(one.facts.get("defaultvalue"))
        is_anywhere = one.kind in UNORDERED or one.kind == "parameter"
        change = "inserted" if is_inserted and not is_anywhere else "added"
        if change == "inserted" or not has_default:
            yield from self._found(one, change, one.place, parent.name)

    def _is_same(self, old: Thing, new: Thing) -> bool:
        """True if two things of different names are one that was renamed."""
        if old.kind in UNORDERED and old.kind != "member":
            return False
        return old.facts == new.facts and self._alike(old, new)

    def _alike(self, old: Thing, new: Thing) -> bool:
        facts = [[one.facts for one in each.parts] for each in (old, new)]
        return facts[0] == facts[1]

    def _facts(self, old: Thing, new: Thing, parent: str) -> Iterator[Finding]:
        for name in dict.fromkeys([*old.facts, *new.facts]):
            before, after = old.facts.get(name, ""), new.facts.get(name, "")
            if before == after or (name == "type" and self._travels_alike(before, after)):
                continue
            for change in CHANGES.get(name, _plain)(name, before, after):
                shown = _inverted(change) if new.facts.get("direction") == "out" else change
                values = (before or "none", after or "none")
                yield from self._found(new, shown, new.place, parent, values)

    def _travels_alike(self, old: str, new: str) -> bool:
        """True for a struct that has another name only."""
        return self._old.expanded(old) == self._new.expanded(new)

    def _found(
        self,
        thing: Thing,
        change: str,
        place: Place,
        parent: str,
        values: tuple[str, str] = ("", ""),
    ) -> Iterator[Finding]:
        """Give the finding of a change; none if it breaks nobody."""
        kinds = (thing.kind, ALSO.get(thing.kind, thing.kind))
        rule = next((rule for rule in (rule_for(kind, change) for kind in kinds) if rule), None)
        if rule is not None:
            words = {"name": thing.name, "parent": parent, "home": self._home}
            words |= {"old": values[0], "new": values[1]}
            is_part_of_type = thing.kind in ("field", "arm") and rule.value.hint == DERIVE
            hint = NEW_TYPE if is_part_of_type else rule.value.hint
            yield Finding(rule, place, rule.value.text.format(**words), hint.format(**words))


def _with_uuid_of(old: Thing, new: Iterable[Thing], before: dict[str, Thing]) -> Thing | None:
    """Give the interface or class that has the uuid of an old one under a new name."""
    uuid = old.facts.get("uuid")
    return next(
        (one for one in new if uuid and one.facts.get("uuid") == uuid and one.key not in before),
        None,
    )


# ---- changes of a fact that are not all alike ----------------------------------------------

Change = Callable[[str, str, str], list[str]]


def _plain(name: str, _old: str, _new: str) -> list[str]:
    return [name]


def _flag(name: str, _old: str, new: str) -> list[str]:
    return [f"{name} added" if new else f"{name} removed"]


def _unless_added(name: str, old: str, _new: str) -> list[str]:
    return [name] if old else []


def _default(_name: str, old: str, new: str) -> list[str]:
    if not old:
        return []
    return ["default changed" if new else "default removed"]


def _pointer(_name: str, old: str, new: str) -> list[str]:
    if "ref" in (old, new):
        return ["null forbidden" if new == "ref" else "null allowed"]
    return ["aliases"]


def _range(_name: str, old: str, new: str) -> list[str]:
    before, after = _limits(old), _limits(new)
    found: list[str] = []
    if after[0] > before[0] or after[1] < before[1]:
        found.append("range narrowed")
    if after[0] < before[0] or after[1] > before[1]:
        found.append("range widened")
    return found


def _limits(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        return float("-inf"), float("inf")
    return low, high


CHANGES: dict[str, Change] = {
    "idempotent": _flag,
    "async_uuid": _unless_added,
    "omitted": _default,
    "pointer": _pointer,
    "range": _range,
}
INVERSE = {
    "null forbidden": "null allowed",
    "null allowed": "null forbidden",
    "range narrowed": "range widened",
    "range widened": "range narrowed",
}


def _inverted(change: str) -> str:
    """Give the change as the receiver of an [out] sees it, who is the caller."""
    return INVERSE.get(change, change)
