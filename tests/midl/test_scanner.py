from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.scanner import scan, scan_directive
from pyorpc.midl.source import SourceFile


def source_of(text: str) -> SourceFile:
    return SourceFile(Path("/a.idl"), "a.idl", text)


def kinds(text: str) -> list[str]:
    return [token.type for token in scan(source_of(text))]


def docs(text: str) -> list[str]:
    source = source_of(text)
    scan(source)
    return list(source.docs.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 1 .5 'c' \"s\"", ["WORD", "NUMBER", "NUMBER", "CHARACTER", "STRING"]),
        ("L\"a\" L'b' La", ["STRING", "CHARACTER", "WORD"]),
        ("a // b \\\n c\nd", ["WORD", "WORD"]),
        ("#define A 1 \\\n 2\nb", ["DIRECTIVE", "WORD"]),
        ("#define A /* 1\n 2 */ 3\nb", ["DIRECTIVE", "WORD"]),
        ("/* a */ # define A\nb", ["DIRECTIVE", "WORD"]),
        ("a # b\nc", ["WORD", "UNKNOWN", "WORD"]),
        ("/* a\nb", ["OPEN_COMMENT"]),
        ('"a\nb', ["OPEN_QUOTE", "WORD"]),
        ("@\0", ["UNKNOWN", "UNKNOWN"]),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_a_token_knows_where_it_is() -> None:
    token = scan(source_of("a\n  bcd"))[1]
    assert (token.text, token.place.line, token.place.column) == ("bcd", 2, 3)
    assert token.last_place.column == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lo\\\nng", ["long"]),
        ("lo\\\r\n\\\nng \\\n A", ["long", "A"]),
        ("12\\\n34", ["1234"]),
        ("1.\\\n5 \\\n", ["1.5"]),
        ("a\\\n", ["a"]),
    ],
)
def test_a_word_or_number_may_stand_on_two_lines(text: str, expected: list[str]) -> None:
    source = source_of(text)
    assert [token.text for token in scan(source)] == expected
    assert [token.text for token in scan_directive(source, 0, len(text))] == expected


def test_hashes_are_tokens_in_a_directive_only() -> None:
    source = source_of("#define A #b ## c")
    kinds_found = [token.type for token in scan_directive(source, 1, len(source.text))]
    assert kinds_found == ["WORD", "WORD", "HASH", "WORD", "HASH_HASH", "WORD"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/// one\n/// two\nx", ["one\ntwo"]),
        ("/** one */ x", ["one"]),
        ("/**\n * one\n *  two\n */\nx", ["one\n two"]),
        ("// no\nx", []),
        ("//// no\nx", []),
        ("/// old\n// new\nx", []),
        ("/**/ x", []),
    ],
)
def test_documentation_is_kept_for_the_token_behind_it(text: str, expected: list[str]) -> None:
    assert docs(text) == expected
