"""From the tokens of the preprocessor to those of the grammar: what each word means.

What is no token at all is reported and skipped, so that the parser still sees the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.tokens import (
    CHARACTER,
    NUMBER,
    OPEN_COMMENT,
    OPEN_QUOTE,
    STRING,
    UNKNOWN,
    WORD,
    Token,
)
from pyorpc.midl.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.diagnostics import Reporter

BASE_WORDS = words(
    "void boolean byte small short int long hyper char wchar_t float double signed unsigned"
    " __int8 __int16 __int32 __int64 __int3264"
)
CALLING_CONVENTIONS = words(
    "__stdcall _stdcall __cdecl _cdecl __fastcall _fastcall __pascal _pascal STDMETHODCALLTYPE"
    " STDAPICALLTYPE WINAPI CALLBACK APIENTRY"
)
KEYWORDS = {
    **dict.fromkeys(BASE_WORDS, "BASE"),
    **dict.fromkeys(CALLING_CONVENTIONS, "CALLING"),
    "import": "IMPORT",
    "interface": "INTERFACE",
    "dispinterface": "DISPINTERFACE",
    "coclass": "COCLASS",
    "typedef": "TYPEDEF",
    "extern": "EXTERN",
    "const": "CONST",
    "volatile": "CONST",
    "__unaligned": "CONST",
    "__RPC_FAR": "CONST",
    "struct": "STRUCT",
    "union": "UNION",
    "enum": "ENUM",
    "sizeof": "SIZEOF",
}
# Keywords outside of attribute lists only.
OUTER_WORDS = {"switch": "SWITCH", "case": "CASE", "default": "DEFAULT", "static": "STATIC"}
# Keywords only where a declaration starts: elsewhere they are ordinary names.
OPENING_WORDS = {
    "cpp_quote": "CPP_QUOTE",
    "midl_pragma": "MIDL_PRAGMA",
    "declare_guid": "DECLARE_GUID",
    "importlib": "IMPORTLIB",
    "library": "LIBRARY",
    "module": "MODULE",
    "namespace": "NAMESPACE",
    "runtimeclass": "RUNTIMECLASS",
    "apicontract": "APICONTRACT",
    "delegate": "DELEGATE",
    "declare": "DECLARE",
}
OPENING_CONTEXT = frozenset({"SEMICOLON", "LBRACE", "RBRACE", "RSQB", "RPAR"})
# Keywords only in front of one kind of token.
LABEL_WORDS = {"properties": "PROPERTIES", "methods": "METHODS"}
INTEGER = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:[uU]|[lL]{1,2}|[iI]64)*\Z")
FLOAT = re.compile(r"(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?[fFlL]?\Z")
BAD_OCTAL = re.compile(r"0[0-9]*[89][0-9]*(?:[uUlL]|[iI]64)*\Z")
UUID_WORDS = words("uuid async_uuid custom")
# What may stand in a uuid, well written or not.
UUID_TOKENS = frozenset({WORD, NUMBER, STRING, "MINUS", "LBRACE", "RBRACE", "DOT"})
CAST_START = ["LPAR", "NAME"]
# What can stand in front of a cast; behind a name, `(T *)` is a list of parameters.
BEFORE_CAST = words(
    "EQUAL LPAR COMMA PLUS MINUS STAR SLASH PERCENT VBAR AMPERSAND CIRCUMFLEX TILDE BANG"
)
# Behind these names in parentheses, a prefix operator is one, and no binary operator.
CAST_NAMES = words(
    "BYTE CHAR UCHAR SHORT USHORT WORD DWORD INT UINT LONG ULONG LONGLONG ULONGLONG BOOL SIZE_T"
    " INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 DWORD_PTR ULONG_PTR LONG_PTR HRESULT"
)
BEHIND_CAST = words("STAR MINUS PLUS AMPERSAND TILDE BANG")
BRACKETS = {"LSQB": 1, "RSQB": -1}
PARENTHESES = {"LPAR": 1, "RPAR": -1}
ENDS_OF_TYPE = frozenset({"SEMICOLON", "LBRACE", "RBRACE", "LPAR", "RPAR", "EQUAL"})


class Lexer:
    """Gives the tokens of one file their meaning. `tokens()` once."""

    def __init__(self, tokens: Sequence[Token], reporter: Reporter) -> None:
        self._given = tokens
        self._reporter = reporter
        self._tokens: list[Token] = []
        self._at = 0
        self._brackets = 0
        self._parentheses = 0
        self._angles = 0
        self._is_value = False

    def tokens(self) -> list[Token]:
        """Give the tokens of the grammar."""
        given, found = self._given, self._tokens
        while self._at < len(given):
            token = given[self._at]
            self._at += 1
            kind = token.type
            if kind == WORD:
                self._take_word(token)
            elif kind == NUMBER:
                self._take_number(token)
            elif kind in ODD_KINDS:
                self._take_odd(token)
            elif kind in COUNTED:
                self._take_counted(token)
            else:
                found.append(token)
        return found

    def _following(self) -> str:
        """Give the kind of the token behind the current one."""
        return self._given[self._at].type if self._at < len(self._given) else ""

    # ---- words -----------------------------------------------------------------------------

    def _take_word(self, token: Token) -> None:
        token.type = self._kind_of(token.text)
        self._tokens.append(token)
        if self._brackets > 0 and token.text in UUID_WORDS and self._following() == "LPAR":
            self._take_uuid()
        elif token.type == "DECLARE_GUID":
            self._take_named_uuid()

    def _kind_of(self, text: str) -> str:
        if text in KEYWORDS:
            return KEYWORDS[text]
        if self._brackets > 0:
            return "NAME"
        if text in OUTER_WORDS:
            return OUTER_WORDS[text]
        if text in OPENING_WORDS and self._is_opening():
            return OPENING_WORDS[text]
        return self._kind_by_following(text)

    def _kind_by_following(self, text: str) -> str:
        """Tell the words apart that are keywords in front of certain tokens only."""
        following = self._following()
        previous = self._tokens[-1].type if self._tokens else ""
        if text in LABEL_WORDS and following == "COLON":
            return LABEL_WORDS[text]
        if text == "SAFEARRAY" and following == "LPAR":
            return "SAFEARRAY"
        if text == "pipe" and previous not in ("NAME", "BASE", "STAR"):
            return "PIPE"
        is_requires = text == "requires" and following == WORD and self._parentheses <= 0
        return "REQUIRES" if is_requires and previous in ("NAME", "MORE") else "NAME"

    def _is_opening(self) -> bool:
        if self._parentheses > 0:
            return False
        return not self._tokens or self._tokens[-1].type in OPENING_CONTEXT

    def _take_named_uuid(self) -> None:
        """Take `(NAME, uuid` behind `declare_guid`."""
        at, given = self._at, self._given
        if [one.type for one in given[at : at + 3]] != ["LPAR", WORD, "COMMA"]:
            return
        end = self._uuid_end(at + 3)
        self._take_counted(given[at])
        given[at + 1].type = "NAME"
        self._tokens.extend(given[at + 1 : at + 3])
        if end > at + 3:
            self._tokens.append(self._uuid(at + 3, end))
        self._at = end

    def _take_uuid(self) -> None:
        """Take the text behind `uuid(` as one token, since a uuid is no expression."""
        given, start = self._given, self._at + 1
        end = self._uuid_end(start)
        if end == len(given) or given[end].type not in ("RPAR", "COMMA"):
            return
        if end == start:
            if given[end].type == "RPAR":
                self._take_counted(given[self._at])
                self._tokens.append(Token("UUID", "", given[end].source, given[end].offset, 0))
                self._at = end
            return
        made = self._uuid(start, end)
        is_string = given[start].type == STRING and end == start + 1
        self._take_counted(given[self._at])
        if is_string or "-" in made.text or given[end].type == "RPAR":
            self._tokens.append(made)
            self._at = end
        else:
            self._at = start

    def _uuid_end(self, start: int) -> int:
        """Give the index behind what looks like a uuid."""
        given, end = self._given, start
        while end < len(given) and given[end].type in UUID_TOKENS:
            end += 1
        return end

    def _uuid(self, start: int, end: int) -> Token:
        """Make one token of those from `start` on."""
        first, last = self._given[start], self._given[end - 1]
        text = "".join(one.text for one in self._given[start:end])
        if first.source is last.source and first.offset < last.offset:
            text = first.source.text[first.offset : last.end]
        return Token("UUID", text, first.source, first.offset, last.end)

    # ---- numbers and punctuation -----------------------------------------------------------

    def _take_number(self, token: Token) -> None:
        if INTEGER.match(token.text) and not BAD_OCTAL.match(token.text):
            token.type = "INTEGER"
        elif FLOAT.match(token.text):
            token.type = "FLOAT"
        else:
            self._reporter.error(Mistake.BAD_NUMBER, token.place, text=token.text)
            token = Token("INTEGER", "0", token.source, token.offset, token.end)
        self._tokens.append(token)

    def _take_counted(self, token: Token) -> None:
        """Take punctuation that says where we are: in brackets, in parentheses, in `X<...>`."""
        kind = token.type
        self._brackets += BRACKETS.get(kind, 0)
        self._parentheses += PARENTHESES.get(kind, 0)
        if kind == "RPAR":
            self._mark_cast()
        if kind == "LESS":
            is_behind_name = bool(self._tokens) and self._tokens[-1].type == "NAME"
            self._angles += is_behind_name and self._brackets <= 0 and not self._is_value
        elif kind == "MORE":
            self._angles = max(0, self._angles - 1)
        elif kind == "SHIFT_RIGHT" and self._angles > 0:
            self._split(token)
            return
        elif kind in ENDS_OF_TYPE:
            self._angles = 0
            self._is_value = kind == "EQUAL"
        if token.is_behind_nothing and kind == "RSQB":
            self._fill_gap(token)
        self._tokens.append(token)

    def _mark_cast(self) -> None:
        """Tell the `*` of a cast `(T *)` from that of a product."""
        found = self._tokens
        at = len(found) - 1
        if at > 1 and found[at].text in CAST_NAMES and found[at - 1].type == "LPAR":
            if found[at - 2].type in BEFORE_CAST and self._following() in BEHIND_CAST:
                found[at].type = "BASE"
            return
        while at >= 0 and found[at].type == "STAR":
            at -= 1
        is_cast = 1 < at < len(found) - 1 and [found[at - 1].type, found[at].type] == CAST_START
        if is_cast and found[at - 2].type in BEFORE_CAST:
            for star in found[at + 1 :]:
                star.type = "CAST_STAR"

    def _split(self, token: Token) -> None:
        """Take `>>` as the ends of two types: `X<Y<Z>>`."""
        self._angles = max(0, self._angles - 2)
        middle = token.offset + 1
        self._tokens.append(Token("MORE", ">", token.source, token.offset, middle))
        self._tokens.append(Token("MORE", ">", token.source, middle, token.end))

    def _fill_gap(self, token: Token) -> None:
        """Put a token where a macro that stood for nothing was all of an attribute list."""
        if self._tokens and self._tokens[-1].type == "LSQB":
            self._tokens.append(Token("NOTHING", "", token.source, token.offset, token.offset))

    # ---- mistakes --------------------------------------------------------------------------

    def _take_odd(self, token: Token) -> None:
        """Report what is no token."""
        kind, place = token.type, token.place
        if kind == OPEN_COMMENT:
            self._reporter.error(Mistake.UNTERMINATED_COMMENT, place)
        elif kind == OPEN_QUOTE:
            self._take_open_quote(token)
        else:
            self._reporter.error(Mistake.UNKNOWN_CHARACTER, place, char=_spelled(token.text[0]))

    def _take_open_quote(self, token: Token) -> None:
        is_string = token.text.lstrip("L").startswith('"')
        mistake = Mistake.UNTERMINATED_STRING if is_string else Mistake.UNTERMINATED_CHARACTER
        self._reporter.error(mistake, token.place)
        kind, text = (STRING, '""') if is_string else (CHARACTER, "''")
        self._tokens.append(Token(kind, text, token.source, token.offset, token.end))


ODD_KINDS = frozenset({OPEN_COMMENT, OPEN_QUOTE, UNKNOWN, "HASH", "HASH_HASH"})
COUNTED = frozenset(
    {"LSQB", "RSQB", "LPAR", "RPAR", "LESS", "MORE", "SHIFT_RIGHT", "COMMA"} | ENDS_OF_TYPE
)


def _spelled(char: str) -> str:
    return f"'{char}'" if char.isprintable() else f"U+{ord(char):04X}"
