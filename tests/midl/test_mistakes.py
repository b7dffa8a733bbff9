from __future__ import annotations

from pyorpc.midl.mistakes import Mistake


def test_every_mistake_has_its_own_number() -> None:
    numbers = [one.number for one in Mistake]
    assert len(numbers) == len(set(numbers))
    assert len(Mistake.__members__) == len(numbers)


def test_numbers_rise_in_the_table() -> None:
    numbers = [one.number for one in Mistake]
    assert numbers == sorted(numbers)


def test_a_code_has_four_digits() -> None:
    assert Mistake.OUT_NEEDS_POINTER.code == "ORPC0103"
