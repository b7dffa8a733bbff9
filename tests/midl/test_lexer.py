from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.lexer import Lexer
from pyorpc.midl.source import SourceFile


def lexer_of(text: str) -> tuple[Lexer, Reporter]:
    reporter = Reporter()
    return Lexer(SourceFile(Path("/a.idl"), "a.idl", text), reporter), reporter


def kinds(text: str) -> list[str]:
    return [token.type for token in lexer_of(text)[0].tokens()]


def docs(text: str) -> list[str]:
    lexer, _ = lexer_of(text)
    lexer.tokens()
    return list(lexer.docs.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unsigned long x", ["BASE", "BASE", "NAME"]),
        ("0x1FUL 12 017", ["INTEGER"] * 3),
        ("1.5 .5 1e3 2.f", ["FLOAT"] * 4),
        ('"a" L"b"', ["STRING"] * 2),
        ("'a' L'b'", ["CHARACTER"] * 2),
        ("a<<b>=c", ["NAME", "SHIFT_LEFT", "NAME", "MORE_EQUAL", "NAME"]),
        ("a // b\n/* c */ d", ["NAME", "NAME"]),
        ("a \\\n b", ["NAME", "NAME"]),
        ("HRESULT __stdcall F", ["NAME", "NAME"]),
        ("#pragma once\nx", ["NAME"]),
        ("SAFEARRAY(x", ["SAFEARRAY", "LPAR", "NAME"]),
        ("SAFEARRAY x", ["NAME", "NAME"]),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_a_uuid_is_one_token_in_an_attribute_only() -> None:
    assert kinds("[uuid(0-0)]") == ["LSQB", "NAME", "LPAR", "UUID", "RPAR", "RSQB"]
    assert kinds("uuid(0-0)") == ["NAME", "LPAR", "INTEGER", "MINUS", "INTEGER", "RPAR"]


def test_words_that_open_a_declaration_are_names_elsewhere() -> None:
    assert kinds("library x; long library;")[0] == "LIBRARY"
    assert kinds("struct s { long library; }")[4] == "NAME"


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


@pytest.mark.parametrize("text", ["/* x", '"x', "'x", "12ab", "089", "1.2.3", "@", "\0", "a # b"])
def test_what_is_no_token_is_reported(text: str) -> None:
    lexer, reporter = lexer_of(text)
    lexer.tokens()
    assert len(reporter.diagnostics()) == 1


def test_a_directive_that_is_no_pragma_is_not_supported_yet() -> None:
    lexer, reporter = lexer_of("#define A \\\n 1\n x")
    assert [token.type for token in lexer.tokens()] == ["NAME"]
    assert [one.mistake.code for one in reporter.diagnostics()] == ["ORPC0901"]
