"""The lines of a comment at another margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl.format.lexemes import Lexeme


def comment_lines(comment: Lexeme, margin: str) -> list[str]:
    """Give the lines; those of a block follow its margin if each begins with a star."""
    first, *others = comment.text.split("\n")
    lines = [(margin + first).rstrip() if others else margin + first]
    if all(line.lstrip().startswith("*") for line in others):
        lines.extend(f"{margin} {line.strip()}" for line in others)
    else:
        lines.extend(line.rstrip() for line in others)
    return lines
