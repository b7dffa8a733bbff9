from __future__ import annotations

from pathlib import Path

import pytest

from tests.midl.preprocess.preprocessing import refusals, run, text_of, tokens_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#if 1\na\n#else\nb\n#endif\nc", "a c"),
        ("#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif", "b"),
        ("#ifdef A\na\n#endif\n#ifndef A\nb\n#endif", "b"),
        ("#define A\n#ifdef A\na\n#endif\n#undef A\n#ifdef A\nb\n#endif", "a"),
        ("#if defined(A) || !defined B\na\n#endif", "a"),
        ("#define A 2\n#if A > 1\na\n#endif", "a"),
        ("#define F(x) x\n#if F(1)\na\n#endif", "a"),
        ("#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#endif", "c"),
        ("#if 0\ndon't \"care @\n#error no\n#unknown\n#endif\nb", "b"),
        ("#if 0\n/* #endif */ a\n#endif\nb", "b"),
        ('#pragma once\n#line 5\n# 7 "x"\n#\na', "a"),
        ("  #  define  A 1\n/* x */ #undef A\nA", "A"),
        ("#ifdef __WIDL__\na\n#endif", "a"),
    ],
)
def test_lines_of_the_preprocessor_are_obeyed(tmp_path: Path, text: str, expected: str) -> None:
    assert text_of(tmp_path, text) == expected


def test_an_included_file_stands_in_the_place_of_its_line(tmp_path: Path) -> None:
    text = '#include "b.h"\n#include <c.idl>\n#define D "b.h"\n#include D\nA'
    assert text_of(tmp_path, text, b_h="#define A 1\nb", c_idl="c A") == "b c 1 b 1"


def test_a_file_with_pragma_once_is_included_once(tmp_path: Path) -> None:
    text = '#include "b.h"\n#include "b.h"\n#include "c.h"\n#include "c.h"'
    assert text_of(tmp_path, text, b_h="#pragma once\nb", c_h="#pragma pack(8)\nc") == "b c c"


def test_included_tokens_know_their_own_file(tmp_path: Path) -> None:
    token = tokens_of(tmp_path, '#include "b.h"', b_h="\n  b")[0]
    assert (token.place.source.name, token.place.line, token.place.column) == ("b.h", 2, 3)


def test_what_was_included_is_remembered(tmp_path: Path) -> None:
    _, reporter = run(tmp_path, '#include "b.h"', b_h="")
    assert not reporter.has_errors


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("#if 1\na", "a.idl:1:2 CONDITION_OPEN"),
        ("#ifdef A\n#else\n", "a.idl:1:2 CONDITION_OPEN"),
        ("#endif", "a.idl:1:2 NOT_IN_CONDITION"),
        ("#else", "a.idl:1:2 NOT_IN_CONDITION"),
        ("#if 1\n#else\n#else\n#endif", "a.idl:3:2 BEHIND_ELSE"),
        ("#if 1\n#else\n#elif 1\n#endif", "a.idl:3:2 BEHIND_ELSE"),
        ("#if\n#endif", "a.idl:1:2 DIRECTIVE_NEEDS"),
        ("#ifdef\n#endif", "a.idl:1:2 DIRECTIVE_NEEDS"),
        ("#if defined(A\n#endif", "a.idl:1:5 DIRECTIVE_NEEDS"),
        ("#undef 1", "a.idl:1:2 DIRECTIVE_NEEDS"),
        ("#include", "a.idl:1:2 DIRECTIVE_NEEDS"),
        ("#include <>", "a.idl:1:2 DIRECTIVE_NEEDS"),
        ('#include "none.h"', "a.idl:1:10 INCLUDE_NOT_FOUND"),
        ("#error this is wrong", "a.idl:1:2 ERROR_DIRECTIVE"),
        ("#defin A", "a.idl:1:2 UNKNOWN_DIRECTIVE"),
    ],
)
def test_a_broken_line_is_refused_where_it_is(tmp_path: Path, text: str, refusal: str) -> None:
    assert refusals(tmp_path, text) == [refusal]


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    found = refusals(tmp_path, '#include "b.h"', b_h='#include "a.idl"')
    assert found == ["b.h:1:10 INCLUDE_TOO_DEEP"]


def test_a_file_that_includes_itself_twice_ends(tmp_path: Path) -> None:
    twice = '#include "a.idl"\n#include "a.idl"'
    assert set(refusals(tmp_path, twice)) == {
        "a.idl:1:10 INCLUDE_TOO_DEEP",
        "a.idl:2:10 INCLUDE_TOO_DEEP",
    }


def test_a_condition_ends_in_the_file_where_it_begins(tmp_path: Path) -> None:
    found = refusals(tmp_path, '#include "b.h"\n#endif', b_h="#if 1")
    assert found == ["b.h:1:2 CONDITION_OPEN", "a.idl:2:2 NOT_IN_CONDITION"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("#define A 1\n#define A 2\n", [2]),
        ("#define A(x) x\n#define A x\n", [2]),
        ("#define A 1 +  2\n#define A  1 + 2\n", []),
        ("#define A 1\n#undef A\n#define A 2\n", []),
    ],
)
def test_another_text_for_a_macro_is_warned_of(tmp_path: Path, text: str, lines: list[int]) -> None:
    _, reporter = run(tmp_path, text)
    assert not reporter.has_errors
    assert [int(one.split(":")[1]) for one in reporter.warnings] == lines
    assert all(one.endswith("'A' is defined again, with other text") for one in reporter.warnings)
