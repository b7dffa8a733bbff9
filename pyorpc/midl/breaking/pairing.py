"""Which of the old things each of the new ones is: kept, moved, renamed, gone or new."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyorpc.midl.breaking.published import Thing


@dataclass(frozen=True, slots=True)
class Pairing:
    """Old and new things side by side."""

    kept: list[tuple[Thing, Thing]]
    renamed: list[tuple[Thing, Thing]]
    moved: list[tuple[Thing, Thing]]
    removed: list[Thing]
    inserted: list[Thing]
    added: list[Thing]  # behind all old ones


def pair(
    old: Sequence[Thing], new: Sequence[Thing], is_same: Callable[[Thing, Thing], bool]
) -> Pairing:
    """Pair things by their keys; what has a new key in an old place is renamed if it `is_same`."""
    old_keys = {one.key: at for at, one in enumerate(old)}
    new_keys = {one.key: at for at, one in enumerate(new)}
    kept = [(one, new[new_keys[one.key]]) for one in old if one.key in new_keys]
    lost = [one for one in old if one.key not in new_keys]
    found = [one for one in new if one.key not in old_keys]
    renamed = [
        (one, other)
        for one in lost
        for other in found
        if old_keys[one.key] == new_keys[other.key] and is_same(one, other)
    ]
    old_names = {one.key for one, _ in renamed}
    new_names = {one.key for _, one in renamed}
    last_old = max((new_keys[one.key] for _, one in [*kept, *renamed]), default=-1)
    fresh = [one for one in found if one.key not in new_names]
    return Pairing(
        kept,
        renamed,
        _moved(kept, new_keys),
        [one for one in lost if one.key not in old_names],
        [one for one in fresh if new_keys[one.key] < last_old],
        [one for one in fresh if new_keys[one.key] > last_old],
    )


def _moved(
    kept: Sequence[tuple[Thing, Thing]], places: dict[str, int]
) -> list[tuple[Thing, Thing]]:
    """Give the fewest things that must have moved: all but the longest run in the old order."""
    ends: list[int] = []  # the smallest last place of a run of each length
    lengths: list[int] = []
    for _, one in kept:
        place = places[one.key]
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        lengths.append(length)
    staying: set[str] = set()
    wanted = len(ends) - 1
    for (_, one), length in zip(reversed(kept), reversed(lengths), strict=True):
        if length == wanted:
            staying.add(one.key)
            wanted -= 1
    return [(one, other) for one, other in kept if other.key not in staying]
