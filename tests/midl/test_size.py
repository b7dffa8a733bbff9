from __future__ import annotations

from pyorpc.midl import model, size


def test_sizes_are_part_of_the_model() -> None:
    assert model.SizeNumber is size.SizeNumber
    assert size.SizeNumber(1) == size.SizeNumber(1)
