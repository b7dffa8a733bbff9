from __future__ import annotations

import pytest

from pyorpc.midl import model
from pyorpc.midl.emit.sizes import size_text

N, M = model.SizeName("n", is_nullable=False), model.SizeName("m", is_nullable=True)
TWO = model.SizeNumber(2)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (TWO, "2"),
        (N, "v.n"),
        (M, "(v.m or 0)"),
        (model.SizeBinary("+", N, TWO), "v.n + 2"),
        (model.SizeBinary("/", model.SizeBinary("*", N, TWO), TWO), "(v.n * 2) // 2"),
        (model.SizeBinary("&&", N, TWO), "v.n and 2"),
        (model.SizeUnary("-", N), "-v.n"),
        (model.SizeUnary("!", model.SizeUnary("!", N)), "not (not v.n)"),
        (model.SizeChoice(N, TWO, N), "2 if v.n else v.n"),
    ],
)
def test_a_size_is_computed_in_python(size: model.Size, text: str) -> None:
    assert size_text(size, lambda name: f"v.{name}") == text
