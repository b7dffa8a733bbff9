from __future__ import annotations

from pathlib import Path

import pytest

from tests.midl.preprocess.preprocessing import refusals, text_of, tokens_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#define A 1\nA B", "1 B"),
        ("#define A B\n#define B 2\nA", "2"),
        ("#define A A\nA", "A"),
        ("#define A B\n#define B A\nA B", "A B"),
        ("#define F(x) x+x\nF(1) F (2)\nF", "1 + 1 2 + 2 F"),
        ("#define F(x, y) y x\nF((1, 2), 3)", "3 ( 1 , 2 )"),
        ("#define F() 1\nF()", "1"),
        ("#define F(x) [x]\nF()", "[ ]"),
        ('#define F(x) #x\nF(a  + "b")', r'"a + \"b\""'),
        ("#define F(x, y) x##y\nF(a, 1)", "a1"),
        ("#define A a##b\nA", "ab"),
        ("#define F(x) f(x, F(x))\nF(1)", "f ( 1 , F ( 1 ) )"),
        ("#define F(x) x\nF(F(1) F(2))", "1 2"),
        ("#define F(x) x\n#define G F\nG(1)", "1"),
        ("#define F(x, ...) x[__VA_ARGS__]\nF(1, 2, 3) F(4)", "1 [ 2 , 3 ] 4 [ ]"),
        ("#define F(x) x\nF(\n1\n)", "1"),
        ("#define A 1 \\\n + 2\nA", "1 + 2"),
        ("#define A 1 // one\nA", "1"),
        ("#define A 1 /* one\n */ + 1\nA", "1 + 1"),
        ("#define NOTHING\nNOTHING x NOTHING", "x"),
    ],
)
def test_a_macro_becomes_what_c_says(tmp_path: Path, text: str, expected: str) -> None:
    assert text_of(tmp_path, text) == expected


def test_tokens_of_a_body_stand_where_the_macro_is_used(tmp_path: Path) -> None:
    tokens = tokens_of(tmp_path, "#define F(x) x + 1\n  F(abc)")
    assert [(one.text, one.place.line, one.place.column) for one in tokens] == [
        ("abc", 2, 5),
        ("+", 2, 3),
        ("1", 2, 3),
    ]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("#define F(x) x\n F(1", "a.idl:2:2 MACRO_OPEN"),
        ("#define F(x) x\n F(1\n#if 1\n)\n#endif", "a.idl:2:2 MACRO_OPEN"),
        ("#define F(x) x\n F(1, 2)", "a.idl:2:2 MACRO_ARGUMENTS"),
        ("#define F(x) x ## ;\n F(1)", "a.idl:2:2 BAD_PASTE"),
    ],
)
def test_a_broken_use_is_refused_where_it_is(tmp_path: Path, text: str, refusal: str) -> None:
    assert refusals(tmp_path, text) == [refusal]


def test_macros_that_double_again_and_again_end(tmp_path: Path) -> None:
    lines = "".join(f"#define A{n} A{n + 1} A{n + 1}\n" for n in range(60))
    assert refusals(tmp_path, lines + "A0") == ["a.idl:61:1 MACRO_TOO_LARGE"]


def test_uses_nested_in_arguments_end(tmp_path: Path) -> None:
    depth = 5_000
    text = "#define F(x) x\n" + "F(" * depth + "1" + ")" * depth
    assert refusals(tmp_path, text) == ["a.idl:2:203 MACRO_TOO_LARGE"]
