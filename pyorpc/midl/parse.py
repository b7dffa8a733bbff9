"""From tokens to the syntax tree of one file.

A syntax error is reported with what was expected; the parser then goes on behind the declaration
or member it is in, so that one run shows the errors of several.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lark import Lark
from lark import Token as LarkToken
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer as LarkLexer

from pyorpc.midl.build import Builder
from pyorpc.midl.lexer import Lexer
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.preprocess.preprocessor import Preprocessor
from pyorpc.midl.refused import Refused
from pyorpc.midl.source import Place
from pyorpc.midl.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyorpc.midl import syntax
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile, Sources

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
OPENING = frozenset({"LBRACE", "LPAR", "LSQB"})
CLOSING = frozenset({"RBRACE", "RPAR", "RSQB"})
# A parenthesis behind these opens a list of parameters or a type.
CALLED = frozenset({"RPAR", "NAME", "BASE", "CALLING", "SAFEARRAY"})
DEEPEST_NESTING = 200
MOST_MISTAKES = 100


class _NoLexer(LarkLexer):
    """Lark wants a lexer; the tokens are fed one by one instead."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[LarkToken]:
        """Give no tokens."""
        return iter(())


class Parsed(NamedTuple):
    """What a file declares; what it includes, by the name, the includer and the file."""

    declarations: tuple[syntax.Declaration, ...] | None
    included: list[tuple[str, SourceFile, SourceFile]]


@cache
def _grammar() -> Lark:
    text = GRAMMAR.read_text("utf-8")
    builder: Any = Builder()  # lark calls its methods by the names of the rules
    return Lark(text, parser="lalr", lexer=_NoLexer, transformer=builder, maybe_placeholders=True)


def parse(
    source: SourceFile, sources: Sources, reporter: Reporter
) -> tuple[syntax.Declaration, ...] | None:
    """Give the declarations of a file; None if its syntax was refused."""
    return parse_with_includes(source, sources, reporter).declarations


def parse_with_includes(source: SourceFile, sources: Sources, reporter: Reporter) -> Parsed:
    """Give the declarations of a file, and what it includes."""
    preprocessor = Preprocessor(sources, reporter)
    tokens = Lexer(preprocessor.run(source), reporter).tokens()
    if _is_too_deep(tokens, reporter):
        return Parsed(None, [])
    return Parsed(_Feeder(source, reporter, tokens).run(), preprocessor.included)


def _is_too_deep(tokens: Sequence[Token], reporter: Reporter) -> bool:
    """Refuse types that are nested beyond all sense, before anything is built of them.

    Parentheses in expressions are not counted: nothing is built of them.
    """
    depth = 0
    previous = ""
    groups: list[bool] = []
    for token in tokens:
        kind, before, previous = token.type, previous, token.type
        if kind in OPENING:
            groups.append(kind == "LBRACE" or (kind == "LPAR" and before in CALLED))
            depth += groups[-1]
            if depth > DEEPEST_NESTING:
                reporter.error(Mistake.NESTED_TOO_DEEP, token.place, most=DEEPEST_NESTING)
                return True
        elif kind in CLOSING and groups:
            depth -= groups.pop()
    return False


class _Feeder:
    """Feeds tokens to the parser and goes on behind each syntax error."""

    def __init__(self, source: SourceFile, reporter: Reporter, tokens: Sequence[Token]) -> None:
        self._source = source
        self._reporter = reporter
        self._tokens = tokens
        # What the parser was behind the last declaration or member, to return to.
        self._states: list[Any] = []
        self._values: list[Any] = []
        self._behind = 0

    def run(self) -> tuple[syntax.Declaration, ...] | None:
        """Give the declarations of the whole file; None after any syntax error."""
        # Any: what lark says of its parser is incomplete.
        parser: Any = _grammar().parse_interactive("")  # pyright: ignore[reportUnknownMemberType]
        self._note(parser, 0)
        index, mistakes = 0, 0
        while True:
            stopped_at, declarations = self._feed(parser, index)
            if declarations is not None:
                return declarations if mistakes == 0 else None
            mistakes += 1
            if stopped_at >= len(self._tokens) or mistakes >= MOST_MISTAKES:
                return None
            index = self._return(parser, stopped_at)

    def _feed(self, parser: Any, start: int) -> tuple[int, tuple[syntax.Declaration, ...] | None]:
        """Parse from a token on; give the index of the refused token, or the declarations."""
        state, tokens = parser.parser_state, self._tokens
        feed: Any = state.feed_token  # lark asks a token for its `type` only
        index = start
        try:
            for index in range(start, len(tokens)):
                token = tokens[index]
                feed(token)
                if token.type in ENDS:
                    self._note(parser, index + 1)
            index = len(tokens)
            return index, feed(Token(END, "", self._source, 0, 0), is_end=True)
        except UnexpectedToken:
            self._refuse(index, parser)
        except Refused as refused:
            if not self._reporter.has_error_on(refused.place):
                self._reporter.error(refused.mistake, refused.place, **refused.values)
        return index, None

    def _note(self, parser: Any, behind: int) -> None:
        """Remember the state of the parser, to go on from if the next tokens are refused."""
        state = parser.parser_state
        self._states, self._values = list(state.state_stack), list(state.value_stack)
        self._behind = behind

    def _return(self, parser: Any, stopped_at: int) -> int:
        """Go back to the last noted state; give the index of the token to go on with."""
        state = parser.parser_state
        state.state_stack[:], state.value_stack[:] = self._states, self._values
        self._behind = self._index_behind(stopped_at, "RBRACE" in accepted_kinds(parser))
        return self._behind

    def _index_behind(self, stopped_at: int, is_inside: bool) -> int:
        """Give the index behind the refused declaration or member.

        That is the `}` of what holds it, if this ends it.
        """
        depth = 0
        for index in range(self._behind, len(self._tokens)):
            kind = self._tokens[index].type
            is_last = depth == 0 and kind == "RBRACE" and index >= stopped_at
            if is_last and is_inside and index > self._behind:
                return index
            depth = max(0, depth + {"LBRACE": 1, "RBRACE": -1}.get(kind, 0))
            if depth == 0 and index >= stopped_at and kind in ("SEMICOLON", "RBRACE"):
                return index + 1
        return len(self._tokens)

    def _refuse(self, index: int, parser: Any) -> None:
        """Report the token at `index`, unless something on its line was refused already."""
        accepted = accepted_kinds(parser)
        previous = self._tokens[index - 1] if index else None
        if index == len(self._tokens):
            place = previous.last_place if previous else Place(self._source, 0)
            if self._reporter.has_error_on(place):
                return
            likely = "RBRACE" if "RBRACE" in accepted else _likely(accepted, previous)
            expected = _spelled(likely) if likely else _spelled_all(accepted)
            self._reporter.error(Mistake.UNEXPECTED_END, place, expected=expected)
            return
        token = self._tokens[index]
        place = token.place
        likely = _likely(accepted, previous)
        if self._reporter.has_error_on(place):
            return
        if likely is None or previous is None:
            expected = _spelled_all(accepted)
            self._reporter.error(Mistake.UNEXPECTED, place, found=_found(token), expected=expected)
        elif likely == "SEMICOLON" and previous.last_place.line < place.line:
            # The mistake is at the end of the line before, not where it shows.
            behind = previous.last_place
            if not self._reporter.has_error_on(behind):
                self._reporter.error(
                    Mistake.EXPECTED_AFTER, behind, expected="';'", previous=_found(previous)
                )
        else:
            self._reporter.error(
                Mistake.EXPECTED, place, expected=_spelled(likely), found=_found(token)
            )


def accepted_kinds(parser: Any) -> set[str]:
    """Give the kinds of tokens that may come next."""
    accepted: set[str] = parser.accepts()
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
