from __future__ import annotations

import ast

import pytest

from pyorpc.midl.emit.docs import write_comment, write_docstring
from pyorpc.midl.emit.writer import Writer


def docstring(doc: str) -> str:
    writer = Writer()
    with writer.block("def f():"):
        write_docstring(writer, doc)
        writer.line("pass")
    return writer.text()


def test_a_short_text_is_one_line() -> None:
    assert docstring(" Say it. ") == 'def f():\n    """Say it."""\n    pass\n'


def test_no_text_gives_no_docstring() -> None:
    assert docstring("  \n ") == "def f():\n    pass\n"


@pytest.mark.parametrize(
    "doc", ['ends with "quote"', 'has """ inside', "a back\\slash", "é", "two\n\nparts\n  more"]
)
def test_a_text_means_itself(doc: str) -> None:
    function = ast.parse(docstring(doc)).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function) == doc


@pytest.mark.parametrize("length", range(85, 110))
def test_no_line_is_too_long(length: int) -> None:
    text = docstring(("word " * 30)[:length].strip())
    assert max(map(len, text.splitlines())) <= 100


def test_control_characters_are_shown_as_question_marks() -> None:
    assert "\x1b" not in docstring("a\x1b[31m")


def test_a_comment_is_wrapped() -> None:
    writer = Writer()
    write_comment(writer, "word " * 30)
    lines = writer.text().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("# ") for line in lines)
