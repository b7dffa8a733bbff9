"""A statement whose lines stay as they are written, because comments or `#if` stand among them.

Only the margins and the spaces change: a line stands one step deeper for each bracket that is open
before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.format.comment_lines import comment_lines
from pyorpc.midl.format.spacing import gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.format.lexemes import Lexeme

STEP = "    "
DEEPEST = 8


def kept_lines(lexemes: Sequence[Lexeme], margin: str) -> list[str]:
    """Give the lines of a statement without blocks."""
    kept = _Kept(margin)
    for lexeme, gap in zip(lexemes, gaps(lexemes), strict=True):
        kept.add(lexeme, gap)
    return kept.lines


class _Kept:
    def __init__(self, margin: str) -> None:
        self.lines: list[str] = []
        self._margin = margin
        self._opened: list[str] = []
        self._must_break = True
        self._is_in_attributes = True  # or right behind them: what follows starts at the margin

    def add(self, lexeme: Lexeme, gap: str) -> None:
        """Add a lexeme to the last line, or begin one with it."""
        if lexeme.stands_alone:
            self.lines.extend(lexeme.text.split("\n"))
        elif lexeme.is_comment:
            self._add_comment(lexeme, gap)
        elif self._must_break or lexeme.lines_before:
            self.lines.append(self._margin_of(lexeme) + lexeme.text)
        else:
            self.lines[-1] += gap + lexeme.text
        self._must_break = lexeme.stands_alone or lexeme.kind == "line_comment"
        if lexeme.kind == "mark":
            self._count(lexeme.text)
        elif not self._opened and not lexeme.is_comment and not lexeme.stands_alone:
            self._is_in_attributes = False

    def _add_comment(self, comment: Lexeme, gap: str) -> None:
        lines = comment_lines(comment, self._margin_of(comment))
        if not self._must_break and not comment.lines_before:
            self.lines[-1] += gap + lines.pop(0).lstrip()
        self.lines.extend(lines)

    def _margin_of(self, lexeme: Lexeme) -> str:
        depth = len(self._opened)
        if depth == 0:
            return self._margin if self._is_in_attributes else self._margin + STEP
        if lexeme.kind == "mark" and lexeme.text in (")", "]"):
            depth -= 1
        return self._margin + STEP * min(depth, DEEPEST)

    def _count(self, mark: str) -> None:
        if mark in ("(", "["):
            self._opened.append(mark)
        elif mark in (")", "]") and self._opened:
            self._opened.pop()
        elif not self._opened:
            self._is_in_attributes = False
