"""Tokens: what the scanner cuts a text into, the preprocessor changes and the parser takes.

`type` is a terminal of grammar.lark for what has its meaning already, and one of the scanner's
own kinds (WORD, NUMBER, DIRECTIVE and so on) until the lexer has looked at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.source import Place

if TYPE_CHECKING:
    from pyorpc.midl.source import SourceFile

WORD, NUMBER, STRING, CHARACTER = "WORD", "NUMBER", "STRING", "CHARACTER"
DIRECTIVE, UNKNOWN = "DIRECTIVE", "UNKNOWN"
OPEN_COMMENT, OPEN_QUOTE = "OPEN_COMMENT", "OPEN_QUOTE"


class Token:
    """A piece of text where it was written; a macro's tokens stand where the macro was used."""

    __slots__ = ("end", "is_behind_nothing", "offset", "source", "text", "type")

    def __init__(self, type_: str, text: str, source: SourceFile, offset: int, end: int) -> None:
        self.type = type_
        self.text = text
        self.source = source
        self.offset = offset
        self.end = end
        # True right behind a macro that stood for nothing.
        self.is_behind_nothing = False

    @property
    def place(self) -> Place:
        """Where the token starts."""
        return Place(self.source, self.offset)

    @property
    def last_place(self) -> Place:
        """Where the token's last character is."""
        return Place(self.source, max(self.end - 1, self.offset))

    def at(self, other: Token) -> Token:
        """Give a copy that stands where another token stands."""
        return Token(self.type, self.text, other.source, other.offset, other.end)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{self.type} {self.text!r}"
