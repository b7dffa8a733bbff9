"""Which lexemes of a statement have a space between them.

A `*` is part of a declaration or multiplies, a `[` opens attributes or an array: that follows from
the brackets around it and from what stands before it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pyorpc.midl.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.format.lexemes import Lexeme

OPENING = frozenset("([")
CLOSING = frozenset(")]")
OPERATORS = words("<< >> <= >= == != && || = ? * / % + - ~ ! & | ^ < > :")
NEVER_BEFORE = words(") ] , ; . ##")
NEVER_AFTER = words("( [ . ~ ! ##")
# What a declaration says before its attributes; behind any other word a `[` is an array's.
BEFORE_ATTRIBUTES = words(
    "typedef struct union enum const volatile interface pipe coclass library extern dispinterface"
)
CONVENTIONS = words(
    "__stdcall _stdcall __cdecl _cdecl __fastcall __pascal STDMETHODCALLTYPE WINAPI"
)
# Two marks that are one, or open a comment, where nothing is between them.
PAIRS = words("<< >> <= >= == != && || ## // /*")


class Around(Enum):
    """What the innermost bracket holds."""

    DECLARATION = 1
    ATTRIBUTES = 2
    VALUE = 3


def gaps(lexemes: Sequence[Lexeme]) -> list[str]:
    """Give what stands before each lexeme: a space or nothing."""
    return _Spacing(lexemes).gaps()


class _Spacing:
    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self._lexemes = lexemes
        self._around = [Around.DECLARATION]
        self._last_closed = Around.DECLARATION
        self._is_unary = False  # the mark before

    def gaps(self) -> list[str]:
        found: list[str] = []
        for index, lexeme in enumerate(self._lexemes):
            before = self._lexemes[index - 1] if index else None
            is_unary = self._is_prefix(index)
            found.append(self._gap(before, index, is_unary=is_unary))
            self._note(lexeme, before)
            self._is_unary = is_unary
        return found

    @property
    def _is_value(self) -> bool:
        return self._around[-1] is not Around.DECLARATION

    def _note(self, lexeme: Lexeme, before: Lexeme | None) -> None:
        """Keep which brackets are open, and where a value begins."""
        if lexeme.kind == "word" and lexeme.text == "case":
            self._around[-1] = Around.VALUE
        if lexeme.kind != "mark":
            return
        if lexeme.text in OPENING:
            self._around.append(self._opened(lexeme, before))
        elif lexeme.text in CLOSING and len(self._around) > 1:
            self._last_closed = self._around.pop()
        elif lexeme.text == "=":
            self._around[-1] = Around.VALUE
        elif lexeme.text in (",", ":") and len(self._around) == 1:
            self._around[-1] = Around.DECLARATION

    def _opened(self, lexeme: Lexeme, before: Lexeme | None) -> Around:
        if lexeme.text == "[":
            return Around.ATTRIBUTES if self._opens_attributes(before) else Around.VALUE
        return Around.VALUE if self._is_value else Around.DECLARATION

    def _opens_attributes(self, before: Lexeme | None) -> bool:
        """True for a `[` that opens attributes, false for that of an array."""
        if before is None or before.is_comment or before.stands_alone or self._is_value:
            return not self._is_value
        if before.kind == "word":
            return before.text in BEFORE_ATTRIBUTES
        if before.text == "]":
            return self._last_closed is Around.ATTRIBUTES  # one list after another
        return before.text not in ("*", ")")

    def _is_prefix(self, index: int) -> bool:
        """True for an operator that has no left side."""
        lexeme = self._lexemes[index]
        if lexeme.kind != "mark" or lexeme.text not in ("-", "+", "*", "&", "~", "!"):
            return False
        if index == 0 or not self._is_value:
            return True
        before = self._lexemes[index - 1]
        if before.kind == "word":
            return before.text == "case"
        return before.kind == "mark" and before.text not in CLOSING

    def _gap(self, before: Lexeme | None, index: int, *, is_unary: bool) -> str:
        lexeme = self._lexemes[index]
        if before is None:
            return ""
        if before.is_comment or lexeme.is_comment:
            return " "
        if _would_merge(before, lexeme):
            return " "
        if lexeme.kind == "mark":
            return self._gap_before_mark(before, index, is_unary=is_unary)
        if before.kind == "mark":
            return self._gap_after_mark(before, index)
        return " "

    def _gap_before_mark(self, before: Lexeme, index: int, *, is_unary: bool) -> str:
        text = self._lexemes[index].text
        if text in NEVER_BEFORE:
            return " " if (before.text, text) == (":", ";") else ""
        if text == ":":
            return self._gap_before_colon()
        if text in ("<", ">", ">>") and not self._is_value:
            return ""
        if text in OPENING:
            return self._gap_before_bracket(before, index)
        if text in ("*", "&") and (not self._is_value or self._points(index)):
            return "" if before.text in ("*", "&", "(", "[") else " "
        return self._gap_after_mark(before, index) if is_unary and before.kind == "mark" else " "

    def _points(self, index: int) -> bool:
        """True for the `*` of a type between parentheses: `sizeof(long *)`."""
        rest = (one.text for one in self._lexemes[index:])
        return next((text for text in rest if text != "*"), "") in (")", ">", ",")

    def _gap_before_colon(self) -> str:
        first = self._lexemes[0].text
        if len(self._around) > 1:
            is_choice = any(one.text == "?" for one in self._lexemes)
            return " " if is_choice else ""
        return "" if first in ("case", "default", "properties", "methods") else " "

    def _gap_before_bracket(self, before: Lexeme, index: int) -> str:
        text = self._lexemes[index].text
        if text == "[":
            is_own = self._opens_attributes(before) and before.text not in OPENING
            return " " if is_own else ""
        if before.kind == "mark":
            return self._gap_after_mark(before, index)
        following = self._lexemes[index + 1].text if index + 1 < len(self._lexemes) else ""
        is_pointer = not self._is_value and (following == "*" or following in CONVENTIONS)
        return " " if is_pointer else ""

    def _gap_after_mark(self, before: Lexeme, index: int) -> str:
        text = before.text
        if text in NEVER_AFTER or (self._is_unary and text not in CLOSING):
            return ""
        if text in ("*", "&") and (not self._is_value or self._points(index - 1)):
            return ""
        if text in ("<", ">", ">>") and not self._is_value:
            return "" if text == "<" or self._lexemes[index].kind == "mark" else " "
        if text == ")" and (self._is_value or self._lexemes[index].text in OPENING):
            return " " if self._lexemes[index].text in OPERATORS else ""
        return " "


def _would_merge(before: Lexeme, lexeme: Lexeme) -> bool:
    """True if the two would be read as one without a space."""
    if before.kind == "mark" and lexeme.kind == "mark":
        return before.text[-1] + lexeme.text[0] in PAIRS
    if before.kind == "mark":
        return before.text == "." and lexeme.kind == "number"
    if lexeme.kind == "mark":
        return before.kind == "number" and lexeme.text == "."
    return True
