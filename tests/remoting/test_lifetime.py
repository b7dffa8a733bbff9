from __future__ import annotations

import math

import pytest

from pyorpc.remoting.lifetime import is_expired, is_protected


@pytest.mark.parametrize(
    ("silence_s", "expected"), [(0, False), (359.9, False), (360, False), (360.1, True)]
)
def test_a_holder_is_dead_after_exactly_three_periods_of_silence(
    silence_s: float, expected: bool
) -> None:
    assert is_expired(1000 + silence_s, 1000, 120) == expected


def test_a_running_call_protects_its_object_and_so_does_one_for_a_period_after_it() -> None:
    assert is_protected(1, -math.inf, 1000, 120)
    assert is_protected(0, 900, 1000, 120)
    assert not is_protected(0, 880, 1000, 120)
    assert not is_protected(0, -math.inf, 1000, 120)
