from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.lexer import Lexer
from pyorpc.midl.scanner import scan
from pyorpc.midl.source import SourceFile


def lexer_of(text: str) -> tuple[Lexer, Reporter]:
    reporter = Reporter()
    return Lexer(scan(SourceFile(Path("/a.idl"), "a.idl", text)), reporter), reporter


def kinds(text: str) -> list[str]:
    return [token.type for token in lexer_of(text)[0].tokens()]


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
        ("HRESULT __stdcall F", ["NAME", "CALLING", "NAME"]),
        ("SAFEARRAY(x", ["SAFEARRAY", "LPAR", "NAME"]),
        ("SAFEARRAY x", ["NAME", "NAME"]),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_a_uuid_is_one_token_in_an_attribute_only() -> None:
    assert kinds("[uuid(0-0)]") == ["LSQB", "NAME", "LPAR", "UUID", "RPAR", "RSQB"]
    assert kinds("declare_guid(A, 0-0)")[2:] == ["NAME", "COMMA", "UUID", "RPAR"]
    assert kinds("declare_guid(0-0)")[2:4] == ["INTEGER", "MINUS"]
    assert kinds("uuid(0-0)") == ["NAME", "LPAR", "INTEGER", "MINUS", "INTEGER", "RPAR"]


def test_words_that_open_a_declaration_are_names_elsewhere() -> None:
    assert kinds("library x; long library;")[0] == "LIBRARY"
    assert kinds("struct s { long library; }")[4] == "NAME"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("case default switch", ["CASE", "DEFAULT", "SWITCH"]),
        ("[case, default]", ["LSQB", "NAME", "COMMA", "NAME", "RSQB"]),
        ("properties: properties", ["PROPERTIES", "COLON", "NAME"]),
        ("pipe long", ["PIPE", "BASE"]),
        ("long pipe;", ["BASE", "NAME", "SEMICOLON"]),
        ("interface A requires B", ["INTERFACE", "NAME", "REQUIRES", "NAME"]),
        ("(BOOL requires, BOOL b)", ["LPAR", "NAME", "NAME", "COMMA", "NAME", "NAME", "RPAR"]),
        ("A<B<C>> x", ["NAME", "LESS", "NAME", "LESS", "NAME", "MORE", "MORE", "NAME"]),
        ("= a < b >> c", ["EQUAL", "NAME", "LESS", "NAME", "SHIFT_RIGHT", "NAME"]),
    ],
)
def test_a_word_is_a_keyword_only_where_it_can_be_one(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize("text", ["/* x", '"x', "'x", "12ab", "089", "1.2.3", "@", "\0", "a # b"])
def test_what_is_no_token_is_reported(text: str) -> None:
    lexer, reporter = lexer_of(text)
    lexer.tokens()
    assert len(reporter.diagnostics()) == 1


def test_a_macro_that_stands_for_nothing_leaves_a_mark_in_an_empty_list() -> None:
    tokens = scan(SourceFile(Path("/a.idl"), "a.idl", "[]"))
    tokens[1].is_behind_nothing = True
    kinds_found = [token.type for token in Lexer(tokens, Reporter()).tokens()]
    assert kinds_found == ["LSQB", "NOTHING", "RSQB"]


@pytest.mark.parametrize(
    ("text", "is_cast"),
    [("= (T *) - 1", True), ("f(T *)", False), ("= a * (T * 2)", False), ("= (T **)0", True)],
)
def test_the_star_of_a_cast_is_told_from_a_product(text: str, is_cast: bool) -> None:
    assert ("CAST_STAR" in kinds(text)) == is_cast
