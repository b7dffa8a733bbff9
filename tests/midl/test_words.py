from __future__ import annotations

from pyorpc.midl.words import words


def test_words_are_split_at_blanks() -> None:
    assert words("a b  c") == {"a", "b", "c"}
