from __future__ import annotations

from pathlib import Path

from pyorpc.midl.breaking.pairing import Pairing, pair
from pyorpc.midl.breaking.published import Thing
from pyorpc.midl.source import Place, SourceFile

PLACE = Place(SourceFile(Path("a.idl"), "a.idl", ""), 0)


def paired(old: str, new: str) -> Pairing:
    """Pair things of one letter; those of another case are the same, renamed."""
    before, after = ([Thing("field", key, key, PLACE) for key in keys] for keys in (old, new))
    return pair(before, after, lambda one, other: one.key.lower() == other.key.lower())


def keys(things: list[Thing]) -> str:
    return "".join(one.key for one in things)


def test_new_ones_are_inserted_or_added_at_the_end() -> None:
    found = paired("abc", "xaybcz")
    assert (keys(found.inserted), keys(found.added)) == ("xy", "z")
    assert found.moved == []


def test_what_is_gone_is_removed() -> None:
    found = paired("abc", "ac")
    assert (keys(found.removed), found.moved) == ("b", [])


def test_the_fewest_have_moved() -> None:
    assert [one.key for one, _ in paired("abcd", "bcda").moved] == ["a"]
    assert [one.key for one, _ in paired("abcd", "dabc").moved] == ["d"]
    assert len(paired("abcd", "dcba").moved) == 3


def test_what_is_the_same_in_the_same_place_is_renamed() -> None:
    found = paired("abc", "aBc")
    assert [(one.key, other.key) for one, other in found.renamed] == [("b", "B")]
    assert found.removed == found.inserted == found.added == []


def test_the_last_one_may_be_renamed() -> None:
    found = paired("ab", "aB")
    assert len(found.renamed) == 1
    assert found.added == []
