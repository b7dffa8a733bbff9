from __future__ import annotations

from pyorpc.midl.emit.writer import Writer


def test_lines_in_a_block_are_indented() -> None:
    writer = Writer()
    with writer.block("def f():"):
        writer.line("pass")
    writer.line("x")
    assert writer.text() == "def f():\n    pass\nx\n"


def test_no_blank_line_follows_a_head() -> None:
    writer = Writer()
    with writer.block("class C:"):
        writer.blank()
        writer.line("a")
        writer.blank()
        writer.line("b")
    assert writer.text() == "class C:\n    a\n\n    b\n"


def test_ready_lines_and_gaps_are_kept() -> None:
    writer = Writer()
    writer.gap(2)
    writer.lines(["  x"])
    assert writer.text() == "\n\n  x\n"
