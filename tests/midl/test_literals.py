from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.literals import (
    LARGEST_INTEGER,
    float_value,
    integer_value,
    text_value,
    written_text,
)
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.source import SourceFile
from pyorpc.midl.tokens import Token


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
    assert text_value(string_at(0, text)) == value


def test_an_unknown_escape_is_refused_where_it_is() -> None:
    with pytest.raises(Refused) as caught:
        text_value(string_at(10, 'L"ab\\q"'))
    assert caught.value.mistake is Mistake.BAD_ESCAPE
    assert caught.value.place.offset == 14
    assert caught.value.values == {"text": "\\q"}


def test_the_text_for_c_keeps_its_escapes() -> None:
    assert written_text(string_at(0, '"a\\q"')) == "a\\q"


def string_at(offset: int, text: str) -> Token:
    source = SourceFile(Path("/a.idl"), "a.idl", "")
    return Token("STRING", text, source, offset, offset + len(text))
