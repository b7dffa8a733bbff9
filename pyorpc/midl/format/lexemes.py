"""An IDL text cut into everything that it holds: tokens, comments and preprocessor lines.

Unlike the compiler's tokens these leave nothing out but space, and what `#if 0` takes away is one
piece: it may be no IDL at all. The compiler's own codes say what is no lexeme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.scanner import (
    CHARACTER_FORM,
    NO_LEXEME,
    NUMBER_FORM,
    SPACE,
    STRING_FORM,
    WORD_FORM,
)
from pyorpc.midl.source import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile

COMMENTS = frozenset({"line_comment", "block_comment"})
LEXEME = re.compile(
    rf"""
    (?P<space>{SPACE})
  | (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*.*?\*/)
  | (?P<open_comment>/\*)
  | (?P<string>{STRING_FORM})
  | (?P<character>{CHARACTER_FORM})
  | (?P<open_quote>L?["'])
  | (?P<number>{NUMBER_FORM})
  | (?P<word>{WORD_FORM})
  | (?P<directive>\#(?:/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|[^\n\\]|\\\r?\n|\\)*)
  | (?P<mark>\#\#|<<|>>|<=|>=|==|!=|&&|\|\||[][{{}}(),;:=?*/%+\-~!&|^<>.])
  | (?P<unknown>{NO_LEXEME})
    """,
    re.VERBOSE | re.DOTALL,
)
UUID_WORDS = ("uuid", "async_uuid")
# Between the parentheses of uuid(...) stands no expression.
UUID = re.compile(r"\(\s*(?P<text>[0-9A-Za-z-]*?)\s*\)")
# Comments may stand before it, so it is known by its form, too.
WHOLE_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
IF_ZERO = re.compile(r"\#\s*if\s+0\s*\Z")
CONDITION = re.compile(r"^[ \t]*\#[ \t]*(?P<word>if|ifdef|ifndef|else|elif|endif)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of the text, and how many line ends stand before it."""

    kind: str
    text: str
    offset: int
    lines_before: int

    @property
    def is_comment(self) -> bool:
        """True for both kinds of comments."""
        return self.kind in COMMENTS

    @property
    def stands_alone(self) -> bool:
        """True for what needs lines of its own."""
        return self.kind in ("directive", "skipped")

    @property
    def essence(self) -> str:
        """Give what the formatter must not change: the text, but for the margin of its lines."""
        if not self.is_comment:
            return self.text
        return "\n".join(line.strip() for line in self.text.splitlines())


def lexemes_of(source: SourceFile, reporter: Reporter) -> list[Lexeme]:
    """Cut the text of a file. What is no lexeme is reported."""
    return list(_Cutter(source, reporter).lexemes())


class _Cutter:
    def __init__(self, source: SourceFile, reporter: Reporter) -> None:
        self._source = source
        self._text = source.text
        self._reporter = reporter
        self._offset = 0
        self._lines = 0  # before the next lexeme
        self._previous = ""
        self._is_line_start = True

    def lexemes(self) -> Iterator[Lexeme]:
        while self._offset < len(self._text):
            match = LEXEME.match(self._text, self._offset)
            if match is None or match.lastgroup is None:
                break
            kind, text = match.lastgroup, match.group()
            if kind in ("word", "number") and (whole := WHOLE_UUID.match(self._text, self._offset)):
                kind, text = "uuid", whole.group()
            if kind == "space":
                self._lines += text.count("\n")
                self._offset = match.end()
            elif kind in ("open_comment", "open_quote", "unknown") or self._is_stray(kind):
                self._refuse(kind, text)
            else:
                yield from self._take(kind, text)

    def _is_stray(self, kind: str) -> bool:
        """True for a directive that does not begin its line."""
        return kind == "directive" and not (self._lines or self._is_line_start)

    def _take(self, kind: str, text: str) -> Iterator[Lexeme]:
        if kind in ("directive", "line_comment"):
            text = _without_trailing_space(text)
        offset = self._offset
        yield self._lexeme(kind, text)
        if kind == "directive" and IF_ZERO.match(text):
            yield from self._skipped(offset)
        elif kind == "word" and text in UUID_WORDS:
            yield from self._uuid()

    def _lexeme(self, kind: str, text: str) -> Lexeme:
        # What is left out at its end is only space.
        found = Lexeme(kind, text, self._offset, self._lines)
        self._offset += len(text)
        self._lines = 0
        self._is_line_start = False
        return found

    def _skipped(self, condition: int) -> Iterator[Lexeme]:
        """Give what the `#if 0` at an offset takes away as one piece."""
        start = self._text.find("\n", self._offset) + 1
        end = self._ends.get(condition, 0)
        if start and self._text[start:end].strip():
            self._offset, self._lines = start, 1
            yield self._lexeme("skipped", self._text[start : end - 1])

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Where the line begins that ends the first part of each `#if`."""
        found: dict[int, int] = {}
        opened: list[int] = []
        for match in CONDITION.finditer(self._text):
            word, offset = match.group("word"), self._text.index("#", match.start())
            if word in ("else", "elif", "endif") and opened:
                found.setdefault(opened[-1], match.start())
            if word == "endif" and opened:
                opened.pop()
            elif word.startswith("if"):
                opened.append(offset)
        return found

    def _uuid(self) -> Iterator[Lexeme]:
        """Give `(text)` behind `uuid` as three lexemes."""
        match = UUID.match(self._text, self._offset)
        if match is None or not match.group("text"):
            return
        yield self._lexeme("mark", "(")
        self._offset = match.start("text")
        yield self._lexeme("uuid", match.group("text"))
        self._offset = match.end() - 1
        yield self._lexeme("mark", ")")

    def _refuse(self, kind: str, text: str) -> None:
        mistake, shown = Mistake.UNKNOWN_CHARACTER, f"'{text[0]}'"
        end = self._offset + len(text)
        if kind == "open_comment":
            mistake, end = Mistake.UNTERMINATED_COMMENT, len(self._text)
        elif kind == "open_quote":
            is_string = text.endswith('"')
            mistake = Mistake.UNTERMINATED_STRING if is_string else Mistake.UNTERMINATED_CHARACTER
            line_end = self._text.find("\n", self._offset)
            end = line_end if line_end >= 0 else len(self._text)
        elif not text[0].isprintable():
            shown = f"U+{ord(text[0]):04X}"
        self._reporter.error(mistake, Place(self._source, self._offset), char=shown)
        self._offset = end


def _without_trailing_space(text: str) -> str:
    """Strip the end; but a backslash there would join the next line."""
    stripped = text.rstrip()
    return text.rstrip("\r") if stripped.endswith("\\") else stripped
