from __future__ import annotations

import pytest
from lark import Token

from pyorpc.midl.literals import LARGEST_INTEGER, float_value, integer_value, text_value
from pyorpc.midl.mistakes import Mistake


@pytest.mark.parametrize(
    ("text", "value"),
    [("10", 10), ("0x1F", 31), ("0XffUL", 255), ("017", 15), ("0", 0), ("5i64", 5), ("7LL", 7)],
)
def test_an_integer_has_the_value_of_its_digits(text: str, value: int) -> None:
    assert integer_value(text) == value


def test_more_digits_than_python_reads_are_simply_too_large() -> None:
    assert integer_value("9" * 10_000) > LARGEST_INTEGER


def test_a_fraction_may_have_a_suffix() -> None:
    assert float_value("1.5e3f") == 1500.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\n\\t\\\\"', "a\n\t\\"),
        ('L"\\x41\\101\\u0042"', "AAB"),
        ('"\\""', '"'),
        ("'\\''", "'"),
        ('"a\\\nb"', "ab"),
    ],
)
def test_escapes_have_the_meaning_of_c(text: str, value: str) -> None:
    refused: list[Mistake] = []
    token = Token("STRING", text, start_pos=0)
    assert text_value(token, lambda mistake, _offset, _text: refused.append(mistake)) == value
    assert refused == []


def test_an_unknown_escape_is_refused_where_it_is() -> None:
    refused: list[tuple[Mistake, int, str]] = []

    def refuse(mistake: Mistake, offset: int, text: str) -> None:
        refused.append((mistake, offset, text))

    text_value(Token("STRING", 'L"ab\\q"', start_pos=10), refuse)
    assert refused == [(Mistake.BAD_ESCAPE, 14, "\\q")]
