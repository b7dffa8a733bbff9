"""From text to tokens, before the preprocessor: words are not looked up, directives not obeyed.

Comments are dropped; documentation comments are kept in the source file by the offset of the
token that follows them. What is no token at all becomes one of an odd kind, which the lexer
refuses if it is not in a part of the text that the preprocessor leaves out.
"""

from __future__ import annotations

import re
from pathlib import Path

from pyorpc.midl.source import SourceFile
from pyorpc.midl.tokens import DIRECTIVE, UNKNOWN, Token

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
    "#": "HASH",
    "##": "HASH_HASH",
}
# What is the same for whoever cuts a text: this module, and the formatter.
SPACE = r"(?:[ \t\r\n\f\v]|\\\r?\n)+"
# A backslash at the end of a line joins it with the next one, also within a word or number.
JOINT = r"\\\r?\n"
WORD_FORM = rf"[A-Za-z_][A-Za-z0-9_]*(?:(?:{JOINT})+[A-Za-z0-9_]+)*"
NUMBER_FORM = rf"\.?[0-9](?:[eE][+-](?=[0-9])|[0-9A-Za-z_.]|(?:{JOINT})+(?=[0-9A-Za-z_.]))*"
STRING_FORM = r'L?"(?:[^"\\\n]|\\.)*"'
CHARACTER_FORM = r"L?'(?:[^'\\\n]|\\.)+'"
NO_LEXEME = r"[^\x20-\x7e\s]+|[\s\S]"
COMMENT_IN_LINE = re.compile(r"/\*.*?\*/|^.*\*/")
# Nothing is left out: the last alternative takes any character.
_LEXEMES = rf"""
    (?P<space>{SPACE})
  | (?P<WORD>(?!L["']){WORD_FORM})
  | (?P<punctuation><<|>>|<=|>=|==|!=|&&|\|\||[][{{}}(),;:=?*%+\-~!&|^<>]|/(?![/*])|\.(?![0-9]))
  | (?P<NUMBER>{NUMBER_FORM})
  | (?P<comment>//(?:[^\n\\]|\\\r?\n|\\)*|/\*.*?\*/)
  | (?P<STRING>{STRING_FORM})
  | (?P<CHARACTER>{CHARACTER_FORM})
  | (?P<OPEN_COMMENT>/\*.*)
  | (?P<OPEN_QUOTE>L?["'][^\n]*)
"""
_UNKNOWN = rf"  | (?P<UNKNOWN>{NO_LEXEME})"
_DIRECTIVE = r"""
  | (?P<DIRECTIVE>\#(?:/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\\\r?\n|[^\n])*)
"""
_HASH = r"""
  | (?P<hash>\#\#?)
"""
TEXT = re.compile(_LEXEMES + _DIRECTIVE + _UNKNOWN, re.VERBOSE | re.DOTALL)
# Behind the `#` of a directive.
BODY = re.compile(_LEXEMES + _HASH + _UNKNOWN, re.VERBOSE | re.DOTALL)
SPELLED = frozenset({"punctuation", "hash"})
JOINED = frozenset({"WORD", "NUMBER"})
LINE_END = re.compile(JOINT)


def scan(source: SourceFile) -> list[Token]:
    """Give the tokens of a file, each line of the preprocessor as one."""
    return _scan(source, TEXT, 0, len(source.text))


def scan_directive(source: SourceFile, start: int, end: int) -> list[Token]:
    """Give the tokens of a line of the preprocessor, from `start` on."""
    return _scan(source, BODY, start, end)


def _scan(source: SourceFile, pattern: re.Pattern[str], start: int, end: int) -> list[Token]:
    tokens: list[Token] = []
    comments: list[str] = []
    for match in pattern.finditer(source.text, start, end):
        kind = match.lastgroup or UNKNOWN
        if kind == "space":
            continue
        text = _joined(kind, match.group())
        if kind == "comment":
            comments.append(text)
            continue
        offset, behind = match.span()
        if comments:
            if doc := _documentation(comments):
                source.docs[offset] = doc
            comments = []
        if kind in SPELLED:
            kind = PUNCTUATION[text]
        elif kind == DIRECTIVE and not _starts_line(source.text, offset):
            kind = UNKNOWN
        tokens.append(Token(kind, text, source, offset, behind))
    return tokens


def _joined(kind: str, text: str) -> str:
    """Give a word or number that stands on several lines as one."""
    return LINE_END.sub("", text) if kind in JOINED and "\\" in text else text


def _starts_line(text: str, offset: int) -> bool:
    """True if only blanks and comments stand before the offset on its line."""
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return not COMMENT_IN_LINE.sub("", before).strip()


def _documentation(comments: list[str]) -> str:
    """Give what the comments right before a token document; most say nothing."""
    lines: list[str] = []
    for comment in reversed(comments):
        if comment.startswith("///") and not comment.startswith("////"):
            lines.insert(0, comment[3:].removeprefix(" ").rstrip())
        elif comment.startswith("/**") and len(comment) > len("/***/") and not lines:
            lines = _block_lines(comment)
            break
        else:
            break
    doc = "\n".join(lines).strip("\n")
    return doc if doc.strip() else ""


def _block_lines(comment: str) -> list[str]:
    """Give the lines of a `/** ... */` comment without its frame."""
    lines = [line.strip() for line in comment[3:-2].split("\n")]
    lines = [
        line.removeprefix("*").removeprefix(" ") if at else line for at, line in enumerate(lines)
    ]
    return [line.rstrip() for line in lines]


def scan_text(text: str) -> list[Token]:
    """Give the tokens of a text that stands in no file."""
    return _scan(SourceFile(Path("<text>"), "<text>", text), BODY, 0, len(text))
