"""From tokens to the syntax tree of one file.

A syntax error is reported with what was expected; the parser then goes on behind the declaration
it is in, so that one run shows the errors of several declarations.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer as LarkLexer

from pyorpc.midl.build import Builder
from pyorpc.midl.lexer import Lexer
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.source import Place
from pyorpc.midl.unsupported import drop_unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lark import Tree
    from lark.parsers.lalr_interactive_parser import InteractiveParser

    from pyorpc.midl import syntax
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile

GRAMMAR = Path(__file__).with_name("grammar.lark")
END = "$END"
MOST_EXPECTED = 4
SPELLINGS = {
    "NAME": "a name",
    "INTEGER": "a number",
    "STRING": "a string",
    "BASE": "a type",
    "UUID": "a uuid",
    "SEMICOLON": "';'",
    "COMMA": "','",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "EQUAL": "'='",
    "COLON": "':'",
    "STAR": "'*'",
    "INTERFACE": "'interface'",
    END: "the end of the file",
}
# The first of these that is possible is what the user forgot.
LIKELY = ("SEMICOLON", "RPAR", "RSQB", "RBRACE", "LBRACE", "NAME", "BASE", "STRING", "LPAR")
# A place where a value may stand takes all of these; then one word says more than the list.
VALUE_TOKENS = frozenset({"INTEGER", "FLOAT", "NAME", "LPAR"})
# Behind these, a declaration is complete or has just begun.
ENDS = frozenset({"SEMICOLON", "LBRACE", "RBRACE"})


class _NoLexer(LarkLexer):
    """Lark wants a lexer; the tokens are fed one by one instead."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[Token]:
        """Give no tokens."""
        return iter(())


@cache
def _grammar() -> Lark:
    return Lark(GRAMMAR.read_text("utf-8"), parser="lalr", lexer=_NoLexer, maybe_placeholders=True)


def parse(source: SourceFile, reporter: Reporter) -> tuple[syntax.Declaration, ...] | None:
    """Give the declarations of a file; None if its syntax was refused."""
    lexer = Lexer(source, reporter)
    tokens = drop_unsupported(lexer.tokens(), source, reporter)
    tree = _Feeder(source, reporter, tokens).run()
    if tree is None:
        return None
    return Builder(source, reporter, lexer.docs).build(tree)


class _Feeder:
    """Feeds tokens to the parser and starts anew behind each syntax error."""

    def __init__(self, source: SourceFile, reporter: Reporter, tokens: Sequence[Token]) -> None:
        self._source = source
        self._reporter = reporter
        self._tokens = tokens

    def run(self) -> Tree[Token] | None:
        """Give the tree of the whole file; None after any syntax error."""
        start, is_clean = 0, True
        while True:
            stopped_at, tree = self._feed(start)
            if tree is not None:
                return tree if is_clean else None
            is_clean = False
            start = self._next_declaration(start, stopped_at)
            if start >= len(self._tokens):
                return None

    def _feed(self, start: int) -> tuple[int, Tree[Token] | None]:
        """Parse from a token on; give the index of the refused token, or the tree."""
        parser = _grammar().parse_interactive("")  # pyright: ignore[reportUnknownMemberType]  # lark
        for index in range(start, len(self._tokens)):
            try:
                parser.feed_token(self._tokens[index])
            except UnexpectedToken:
                self._refuse(index, parser)
                return index, None
        try:
            tree: Tree[Token] = parser.feed_token(Token(END, ""))
        except UnexpectedToken:
            self._refuse(len(self._tokens), parser)
            return len(self._tokens), None
        return len(self._tokens), tree

    def _refuse(self, index: int, parser: InteractiveParser) -> None:
        """Report the token at `index`, unless something on its line was refused already."""
        accepted = accepted_kinds(parser)
        previous = self._tokens[index - 1] if index else None
        if index == len(self._tokens):
            place = self._last_place(previous)
            if self._reporter.has_error_on(place):
                return
            likely = "RBRACE" if "RBRACE" in accepted else _likely(accepted, previous)
            expected = _spelled(likely) if likely else _spelled_all(accepted)
            self._reporter.error(Mistake.UNEXPECTED_END, place, expected=expected)
            return
        token = self._tokens[index]
        place = Place(self._source, token.start_pos or 0)
        likely = _likely(accepted, previous)
        if self._reporter.has_error_on(place):
            return
        if likely is None or previous is None:
            expected = _spelled_all(accepted)
            self._reporter.error(Mistake.UNEXPECTED, place, found=_found(token), expected=expected)
        elif likely == "SEMICOLON" and self._last_place(previous).line < place.line:
            # The mistake is at the end of the line before, not where it shows.
            behind = self._last_place(previous)
            if not self._reporter.has_error_on(behind):
                self._reporter.error(
                    Mistake.EXPECTED_AFTER, behind, expected="';'", previous=_found(previous)
                )
        else:
            self._reporter.error(
                Mistake.EXPECTED, place, expected=_spelled(likely), found=_found(token)
            )

    def _last_place(self, token: Token | None) -> Place:
        """Give the place of a token's last character."""
        end = (token.end_pos or 1) if token is not None else 1
        return Place(self._source, end - 1)

    def _next_declaration(self, start: int, stopped_at: int) -> int:
        """Give the index of the first token behind the declaration that holds `stopped_at`."""
        depth = 0
        for index in range(start, len(self._tokens)):
            kind = self._tokens[index].type
            depth += {"LBRACE": 1, "RBRACE": -1}.get(kind, 0)
            depth = max(depth, 0)
            if depth == 0 and index >= stopped_at and kind in ("SEMICOLON", "RBRACE"):
                return index + 1
        return len(self._tokens)


def accepted_kinds(parser: InteractiveParser) -> set[str]:
    """Give the kinds of tokens that may come next."""
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    return accepted


def _likely(accepted: set[str], previous: Token | None) -> str | None:
    """Give the token that was probably forgotten; None where many things may stand."""
    if accepted >= VALUE_TOKENS or (previous is not None and previous.type in ENDS):
        return None
    likely = next((kind for kind in LIKELY if kind in accepted), None)
    return None if likely == "NAME" else likely


def _found(token: Token) -> str:
    text = str(token)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


def _spelled(kind: str) -> str:
    return SPELLINGS.get(kind, f"'{kind.lower()}'")


def _spelled_all(accepted: set[str]) -> str:
    """Give the expected tokens in words, without drowning the reader."""
    if accepted >= VALUE_TOKENS:
        return "a value"
    if accepted >= {"INTERFACE", "TYPEDEF"}:
        return "a declaration"
    if accepted >= {"NAME", "BASE"}:
        return "a type"
    if "NAME" in accepted:
        return "a name"
    spelled = sorted(_spelled(kind) for kind in accepted)
    return " or ".join(spelled[:MOST_EXPECTED])
