from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("const long A = 1\nconst long B = 2;", "expected ';' after '1'"),
        ("const long A = 1 const long B = 2;", "expected ';' before 'const'"),
        ("const long A = ;", "unexpected ';'; expected a value"),
        ("struct S { long; };", "unexpected ';'; expected a name"),
        ("struct S { ; long a", "the file ends too early; expected ';'"),
        ("struct S {", "the file ends too early; expected '}'"),
        ("}", "unexpected '}'; expected a declaration"),
        ("interface 5;", "unexpected '5'; expected a name"),
        ("typedef 5 T;", "unexpected '5'; expected a type"),
        ("import 5;", "expected a string before '5'"),
        ("const long A = (1;", "expected ')' before ';'"),
    ],
)
def test_a_syntax_error_says_what_was_expected(folder: Folder, text: str, told: str) -> None:
    assert folder.texts(text) == [told]


def test_each_broken_declaration_is_reported(folder: Folder) -> None:
    text = "const long = 1;\nstruct S { long a };\nconst long B = 2;\ntypedef long;\n"
    assert [one.split(":")[0] for one in folder.refusals(text)] == ["1", "2", "4"]


def test_a_long_token_is_shortened(folder: Folder) -> None:
    assert len(folder.texts(f"const long A = 1 {'x' * 500};")[0]) < 80


def test_nothing_else_is_said_about_a_line_with_a_broken_string(folder: Folder) -> None:
    assert folder.refusals('const LPWSTR A = L"x;\n') == ["1:18 ORPC0004"]


def test_names_are_not_looked_up_in_a_file_with_syntax_errors(folder: Folder) -> None:
    assert folder.refusals("const long A = B;\nconst long = 1;") == ["2:12 ORPC0020"]
