"""The lines of a module as they are printed, with their indentation."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

INDENT = "    "


class Writer:
    """Collects lines. Pieces that may need more than one line come from layout.py."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.indent = 0

    def line(self, text: str) -> None:
        """Write one line."""
        self._lines.append((INDENT * self.indent + text).rstrip())

    def lines(self, ready: list[str]) -> None:
        """Write lines that are indented already."""
        self._lines.extend(ready)

    def blank(self, count: int = 1) -> None:
        """Write empty lines, but not at the start of a block."""
        if self._lines and not self._lines[-1].endswith(":"):
            self._lines.extend([""] * count)

    def gap(self, count: int) -> None:
        """Write the empty lines before a part of the module."""
        self._lines.extend([""] * count)

    @property
    def position(self) -> int:
        """How many lines there are so far."""
        return len(self._lines)

    def insert(self, position: int, lines: list[str]) -> None:
        """Write lines before what was written from `position` on."""
        self._lines[position:position] = lines

    @contextmanager
    def block(self, *head: str) -> Generator[None]:
        """Write a head, then what follows inside it."""
        self._lines.extend(head)
        self.indent += 1
        yield
        self.indent -= 1

    def text(self) -> str:
        """Give the whole text."""
        return "".join(f"{line}\n" for line in self._lines)
