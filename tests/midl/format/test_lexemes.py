from __future__ import annotations

import pytest

from tests.midl.format.reading import cut, refusals


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in cut(text)]


def test_comments_and_preprocessor_lines_are_lexemes() -> None:
    assert kinds("// a\n#define N \\\n 4\n/* b */ long c;") == [
        ("line_comment", "// a"),
        ("directive", "#define N \\\n 4"),
        ("block_comment", "/* b */"),
        ("word", "long"),
        ("word", "c"),
        ("mark", ";"),
    ]


def test_each_knows_how_many_lines_end_before_it() -> None:
    assert [one.lines_before for one in cut("a\n\n\nb c\nd")] == [0, 3, 0, 1]


def test_a_uuid_is_one_piece() -> None:
    uuid = "7d0f4a10-000c-4b6e-8a53-2f0d8c1e9b01"
    assert ("uuid", uuid) in kinds(f"[uuid( {uuid} )]")
    assert ("string", f'"{uuid}"') in kinds(f'[uuid("{uuid}")]')


def test_what_if_zero_takes_away_need_not_be_idl() -> None:
    text = "#if 0\nit's {\n#ifdef X\n#endif\n#endif\nlong a;"
    assert kinds(text)[:3] == [
        ("directive", "#if 0"),
        ("skipped", "it's {\n#ifdef X\n#endif"),
        ("directive", "#endif"),
    ]


def test_an_else_ends_what_if_zero_takes_away() -> None:
    assert [kind for kind, _ in kinds("#if 0\nx\n#else\ny\n#endif\n")] == [
        "directive",
        "skipped",
        "directive",
        "word",
        "directive",
    ]


def test_a_comment_in_a_preprocessor_line_may_be_long() -> None:
    assert kinds("#define A /* one\n two */ 3\nb") == [
        ("directive", "#define A /* one\n two */ 3"),
        ("word", "b"),
    ]


def test_space_after_a_backslash_stays() -> None:
    """Without it the next line would belong to this one."""
    assert kinds("#define A \\ \nb")[0] == ("directive", "#define A \\ ")
    assert kinds("// a \\ \nb")[0] == ("line_comment", "// a \\ ")
    assert kinds("// a  \nb")[0] == ("line_comment", "// a")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("long a; /* never", "1:9 ORPC0003"),
        ('const LPCWSTR A = L"x;\nlong b;', "1:19 ORPC0004"),
        ("const char A = 'x;\n", "1:16 ORPC0005"),
        ("long @a;", "1:6 ORPC0002"),
        ("long a; #define B", "1:9 ORPC0002"),
        ("long \0a;", "1:6 ORPC0002"),
    ],
)
def test_what_is_no_lexeme_is_reported_where_it_is(text: str, refusal: str) -> None:
    assert refusals(text) == [refusal]


def test_several_mistakes_are_reported_together() -> None:
    assert refusals("long @a;\nlong $b;\n") == ["1:6 ORPC0002", "2:6 ORPC0002"]
