"""From text to tokens: what a character means, before the grammar.

Comments are dropped, documentation comments kept by the offset of the token that follows them.
What is no token at all is reported and skipped, so that the parser still sees the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lark import Token

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.source import Place
from pyorpc.midl.words import words

if TYPE_CHECKING:
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile

BASE_WORDS = words(
    "void boolean byte small short int long hyper char wchar_t float double signed unsigned"
    " __int8 __int16 __int32 __int64 __int3264"
)
KEYWORDS = {
    "import": "IMPORT",
    "interface": "INTERFACE",
    "typedef": "TYPEDEF",
    "extern": "EXTERN",
    "const": "CONST",
    "volatile": "CONST",
    "struct": "STRUCT",
    "union": "UNION",
    "enum": "ENUM",
    "pipe": "PIPE",
    "sizeof": "SIZEOF",
    "SAFEARRAY": "SAFEARRAY",
}
# Keywords only where a declaration starts: elsewhere they are ordinary names.
OPENING_WORDS = {
    "cpp_quote": "CPP_QUOTE",
    "midl_pragma": "MIDL_PRAGMA",
    "importlib": "IMPORTLIB",
    "library": "LIBRARY",
    "coclass": "COCLASS",
    "dispinterface": "DISPINTERFACE",
    "module": "MODULE",
    "namespace": "NAMESPACE",
    "runtimeclass": "RUNTIMECLASS",
}
OPENING_CONTEXT = frozenset({"SEMICOLON", "LBRACE", "RBRACE", "RSQB", "CPP_QUOTE_END", "RPAR"})
CALLING_CONVENTIONS = words(
    "__stdcall _stdcall __cdecl _cdecl __fastcall __pascal STDMETHODCALLTYPE WINAPI"
)
PUNCTUATION = {
    "<<": "SHIFT_LEFT",
    ">>": "SHIFT_RIGHT",
    "<=": "LESS_EQUAL",
    ">=": "MORE_EQUAL",
    "==": "EQUAL_EQUAL",
    "!=": "NOT_EQUAL",
    "&&": "AND_AND",
    "||": "OR_OR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    "(": "LPAR",
    ")": "RPAR",
    ",": "COMMA",
    ";": "SEMICOLON",
    ":": "COLON",
    "=": "EQUAL",
    "?": "QMARK",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "+": "PLUS",
    "-": "MINUS",
    "~": "TILDE",
    "!": "BANG",
    "&": "AMPERSAND",
    "|": "VBAR",
    "^": "CIRCUMFLEX",
    "<": "LESS",
    ">": "MORE",
    ".": "DOT",
}
TOKEN = re.compile(
    r"""
    (?P<space>(?:[ \t\r\n\f\v]|\\\r?\n)+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<open_comment>/\*)
  | (?P<string>L?"(?:[^"\\\n]|\\.)*")
  | (?P<character>L?'(?:[^'\\\n]|\\.)+')
  | (?P<open_quote>L?["'])
  | (?P<number>(?:\.?[0-9])(?:[eE][+-](?=[0-9])|[0-9A-Za-z_.])*)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<directive>\#(?:[^\n\\]|\\\r?\n|\\)*)
  | (?P<punctuation><<|>>|<=|>=|==|!=|&&|\|\||[][{}(),;:=?*/%+\-~!&|^<>.])
  | (?P<unknown>[^\x20-\x7e\s]+|[\s\S])
    """,
    re.VERBOSE | re.DOTALL,
)
INTEGER = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:[uU]|[lL]{1,2}|[iI]64)*\Z")
FLOAT = re.compile(r"(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?[fFlL]?\Z")
UUID_ARGUMENT = re.compile(r"\s*\(\s*(?P<text>[^()\[\],;\n]*?)\s*\)")


class Lexer:
    """Cuts one source file into tokens. `tokens()` once; `docs` is filled by then."""

    def __init__(self, source: SourceFile, reporter: Reporter) -> None:
        self._source = source
        self._text = source.text
        self._reporter = reporter
        self._tokens: list[Token] = []
        self._brackets = 0
        self.docs: dict[int, str] = {}

    def tokens(self) -> list[Token]:
        """Give all tokens of the file."""
        offset = 0
        comments: list[tuple[int, str]] = []
        while offset < len(self._text):
            match = TOKEN.match(self._text, offset)
            if match is None or match.lastgroup is None:
                break
            before = len(self._tokens)
            end = self._take(match.lastgroup, match.group(), offset)
            if match.lastgroup == "comment":
                comments.append((offset, match.group()))
            elif len(self._tokens) > before:
                self._keep_doc(comments, offset)
                comments = []
            offset = end
        return self._tokens

    def _take(self, kind: str, text: str, offset: int) -> int:
        """Take one lexeme; give the offset after it."""
        end = offset + len(text)
        match kind:
            case "word":
                end = self._take_word(text, offset)
            case "punctuation":
                self._add(PUNCTUATION[text], text, offset)
                self._brackets += {"[": 1, "]": -1}.get(text, 0)
            case "string" | "character":
                self._add(kind.upper(), text, offset)
            case "number":
                self._take_number(text, offset)
            case "space" | "comment":
                pass
            case _:
                end = self._take_odd(kind, text, offset)
        return end

    def _take_odd(self, kind: str, text: str, offset: int) -> int:
        """Take what is no token: a directive, or a mistake."""
        end = offset + len(text)
        if kind == "directive":
            self._take_directive(text, offset)
        elif kind == "open_comment":
            self._report(Mistake.UNTERMINATED_COMMENT, offset)
            end = len(self._text)
        elif kind == "open_quote":
            end = self._take_open_quote(text, offset)
        else:
            self._report(Mistake.UNKNOWN_CHARACTER, offset, char=_spelled(text[0]))
        return end

    def _add(self, kind: str, text: str, offset: int) -> None:
        self._tokens.append(Token(kind, text, start_pos=offset, end_pos=offset + len(text)))

    def _report(self, mistake: Mistake, offset: int, **values: object) -> None:
        self._reporter.error(mistake, Place(self._source, offset), **values)

    def _take_word(self, text: str, offset: int) -> int:
        end = offset + len(text)
        if text in CALLING_CONVENTIONS:
            return end
        self._add(self._kind_of(text, end), text, offset)
        if text in ("uuid", "async_uuid") and self._brackets > 0:
            return self._take_uuid(end)
        return end

    def _kind_of(self, text: str, end: int) -> str:
        if text in BASE_WORDS:
            return "BASE"
        if text == "SAFEARRAY" and not self._text[end:].lstrip().startswith("("):
            return "NAME"
        if text in OPENING_WORDS and self._is_opening():
            return OPENING_WORDS[text]
        return KEYWORDS.get(text, "NAME")

    def _is_opening(self) -> bool:
        return self._brackets <= 0 and (
            not self._tokens or self._tokens[-1].type in OPENING_CONTEXT
        )

    def _take_uuid(self, offset: int) -> int:
        """Take `(text)` after `uuid` as three tokens, since a uuid is no expression."""
        match = UUID_ARGUMENT.match(self._text, offset)
        if match is None:
            return offset
        self._add("LPAR", "(", self._text.index("(", offset))
        self._add("UUID", match.group("text"), match.start("text"))
        self._add("RPAR", ")", match.end() - 1)
        return match.end()

    def _take_number(self, text: str, offset: int) -> None:
        if INTEGER.match(text) and not _is_bad_octal(text):
            self._add("INTEGER", text, offset)
        elif FLOAT.match(text):
            self._add("FLOAT", text, offset)
        else:
            self._report(Mistake.BAD_NUMBER, offset, text=text)
            self._add("INTEGER", "0", offset)

    def _take_directive(self, text: str, offset: int) -> None:
        line_start = self._text.rfind("\n", 0, offset) + 1
        if self._text[line_start:offset].strip():
            self._report(Mistake.UNKNOWN_CHARACTER, offset, char="'#'")
            return
        word = text[1:].split()[:1]
        if word != ["pragma"]:
            shown = "#" + (word[0] if word else "")
            self._report(Mistake.NOT_SUPPORTED_YET, offset, what=f"the preprocessor line {shown}")

    def _take_open_quote(self, text: str, offset: int) -> int:
        mistake = Mistake.UNTERMINATED_STRING
        if text.endswith("'"):
            mistake = Mistake.UNTERMINATED_CHARACTER
        self._report(mistake, offset)
        end = self._text.find("\n", offset)
        self._add("STRING" if text.endswith('"') else "CHARACTER", text + text[-1], offset)
        return end if end >= 0 else len(self._text)

    def _keep_doc(self, comments: list[tuple[int, str]], offset: int) -> None:
        """Keep the documentation comment right before the token at `offset`."""
        lines: list[str] = []
        for _, comment in reversed(comments):
            if comment.startswith("///") and not comment.startswith("////"):
                lines.insert(0, comment[3:].removeprefix(" ").rstrip())
            elif comment.startswith("/**") and len(comment) > len("/***/") and not lines:
                lines = _block_lines(comment)
                break
            else:
                break
        doc = "\n".join(lines).strip("\n")
        if doc.strip():
            self.docs[offset] = doc


def _block_lines(comment: str) -> list[str]:
    """Give the lines of a `/** ... */` comment without its frame."""
    lines = [line.strip() for line in comment[3:-2].split("\n")]
    lines = [
        line.removeprefix("*").removeprefix(" ") if at else line for at, line in enumerate(lines)
    ]
    return [line.rstrip() for line in lines]


def _is_bad_octal(text: str) -> bool:
    return bool(re.match(r"0[0-9]*[89]", text))


def _spelled(char: str) -> str:
    return f"'{char}'" if char.isprintable() else f"U+{ord(char):04X}"
