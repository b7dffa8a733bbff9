from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 / -2", -3),
        ("1 << 4 | 1", 17),
        ("0xF0 & 0x3C ^ 1", 0x31),
        ("~1", -2),
        ("!5", 0),
        ("+5", 5),
        ("64 >> 2", 16),
        ("1 ? 2 : 3", 2),
        ("0 ? 2 : 3", 3),
        ("1 < 2 && 2 <= 2", 1),
        ("1 > 2 || 2 >= 3", 0),
        ("1 == 1", 1),
        ("1 != 1", 0),
        ("'a' + 1", 98),
        ("sizeof(short)", 2),
        ("sizeof(WCHAR)", 2),
        ("sizeof(GUID)", 16),
        ("sizeof(long *)", 8),
        ("sizeof(LPWSTR)", 8),
        ("sizeof(enum E)", 4),
        ("(byte)0x1FF", 255),
        ("(short)0xFFFF", -1),
        ("(long)1.9", 1),
        ("TRUE + FALSE", 1),
        ("ONE + 1", 2),
    ],
)
def test_an_expression_has_the_value_of_c(folder: Folder, expression: str, value: int) -> None:
    module = folder.module(f"enum E {{ ONE = 1 }};\nconst hyper A = {expression};")
    assert value == module.A


@pytest.mark.parametrize(
    ("expression", "value"),
    [("1 / 2.0", 0.5), ("1.5 + 1", 2.5), ("-1.5", -1.5), ("2 * 1.5", 3.0), ("!0.5", 0.0)],
)
def test_fractions_are_computed_as_fractions(folder: Folder, expression: str, value: float) -> None:
    module = folder.module(f"const double A = {expression};")
    assert value == module.A


@pytest.mark.parametrize(
    ("type_", "literal", "value"),
    [
        ("DWORD", "-1", 0xFFFFFFFF),
        ("unsigned short", "-1", 0xFFFF),
        ("long", "0xFFFFFFFF", -1),
        ("short", "0x8000", -0x8000),
        ("HRESULT", "0x80004005", 0x80004005),
        ("boolean", "1", True),
        ("VARIANT_BOOL", "-1", True),
        ("char", "65", "A"),
        ("long", "'A'", 65),
        ("enum E", "ONE", 1),
        ("BSTR", '"x"', "x"),
        ("float", "2", 2.0),
    ],
)
def test_a_constant_has_its_types_form(
    folder: Folder, type_: str, literal: str, value: object
) -> None:
    module = folder.module(f"enum E {{ ONE = 1 }};\nconst {type_} A = {literal};")
    assert value == module.A
    assert type(module.A) is type(value)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("1 / 0", "0303"),
        ("1.5 % 2", "0306"),
        ("~1.5", "0306"),
        ("1 | 1.5", "0306"),
        ('-"x"', "0306"),
        ("1 << 64", "0307"),
        ("1 << -1", "0307"),
        ("*1", "0314"),
        ("&ONE", "0314"),
        ("T", "0302"),
        ("MISSING", "0301"),
        ("MISSING ? 1 : 2", "0301"),
        ("99999999999 * 99999999999", "0313"),
        ("sizeof(struct S)", "0315"),
        ("sizeof(MISSING)", "0202"),
        ("128", "0304"),
    ],
)
def test_an_expression_without_a_value_is_refused(
    folder: Folder, expression: str, code: str
) -> None:
    types = "enum E { ONE = 1 }; typedef long T; struct S { long a; };\n"
    refusals = folder.refusals(f"{types}const small A = {expression};")
    assert [one[-4:] for one in refusals] == [code]


@pytest.mark.parametrize(
    ("expression", "value"), [("(T)-1", 0xFFFF), ("(T) +5", 5), ("(N)-1", 6), ("N-1", 6)]
)
def test_a_name_in_parentheses_is_a_cast_if_it_is_a_type(
    folder: Folder, expression: str, value: int
) -> None:
    module = folder.module(
        f"typedef unsigned short T; const long N = 7; const long A = {expression};"
    )
    assert value == module.A


def test_an_array_may_be_sized_by_a_character(folder: Folder) -> None:
    text = folder.module_text("struct S { byte a['\\n']; };")
    assert "a: bytes" in text
