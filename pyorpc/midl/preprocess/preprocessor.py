"""Obeys the lines that start with `#`, and expands macros in the others.

Each file is preprocessed by itself: an import neither gives macros nor takes any, an `#include`
does both. `#line` and every `#pragma` but `#pragma once` say nothing to this compiler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl.diagnostics import did_you_mean
from pyorpc.midl.literals import written_text
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.preprocess.condition import Condition
from pyorpc.midl.preprocess.expander import Expander
from pyorpc.midl.preprocess.macro import Macro, read_macro
from pyorpc.midl.refused import Refused
from pyorpc.midl.scanner import scan, scan_directive, scan_text
from pyorpc.midl.tokens import DIRECTIVE, NUMBER, STRING, WORD, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import Place, SourceFile, Sources

DEEPEST_INCLUDE = 40
MOST_INCLUDES = 2_000
CONDITIONALS = ("if", "ifdef", "ifndef", "elif", "else", "endif")
IGNORED = ("pragma", "line", "ident", "warning")
OTHERS = ("include", "define", "undef", "error")
NOT_CLOSED = frozenset({"OPEN_COMMENT"})


@dataclass(slots=True)
class _Branch:
    """One `#if` that is open: whether its current part is read, and whether one was already."""

    place: Place
    word: str
    is_outer_read: bool
    is_read: bool
    was_read: bool
    is_else: bool = False


class Preprocessor:
    """Preprocesses one file with all that it includes."""

    def __init__(self, sources: Sources, reporter: Reporter) -> None:
        self._sources = sources
        self._reporter = reporter
        self._macros: dict[str, Macro] = {
            name: Macro(name, None, tuple(scan_text(value)))
            for name, value in sources.predefined.items()
        }
        self._expander = Expander(self._macros)
        self._found: list[Token] = []
        self._open: list[SourceFile] = []
        self._only_once: set[SourceFile] = set()
        # What was included, by the names in the lines and the files that have them.
        self.included: list[tuple[str, SourceFile, SourceFile]] = []

    def run(self, source: SourceFile) -> list[Token]:
        """Give the tokens that are left for the grammar."""
        self._file(source)
        return self._found

    def _file(self, source: SourceFile) -> None:
        tokens = scan(source)
        self._open.append(source)
        branches: list[_Branch] = []
        macros, found = self._macros, self._found
        at = 0
        is_read = True
        while at < len(tokens):
            token = tokens[at]
            if token.type == DIRECTIVE:
                self._directive(token, branches)
                is_read = not branches or branches[-1].is_read
                at += 1
            elif not is_read:
                at += 1
                if token.type in NOT_CLOSED:
                    found.append(token)
            elif token.type == WORD and token.text in macros:
                at = self._use(tokens, at)
            else:
                found.append(token)
                at += 1
        for branch in branches:
            self._reporter.error(Mistake.CONDITION_OPEN, branch.place, word=branch.word)
        self._open.pop()

    def _use(self, tokens: Sequence[Token], at: int) -> int:
        """Expand the macro at an index; give the index behind its use."""
        made, behind = self._expander.use(tokens, at)
        if isinstance(made, Refused):
            self._report(made)
            return behind
        self._found.extend(made)
        if not made and behind < len(tokens):
            tokens[behind].is_behind_nothing = True
        return behind

    def _report(self, refused: Refused) -> None:
        self._reporter.error(refused.mistake, refused.place, **refused.values)

    # ---- lines of the preprocessor ---------------------------------------------------------

    def _directive(self, line: Token, branches: list[_Branch]) -> None:
        tokens = scan_directive(line.source, line.offset + 1, line.end)
        if not tokens or tokens[0].type == NUMBER:
            return
        word, rest = tokens[0], tokens[1:]
        try:
            if word.text in CONDITIONALS:
                self._conditional(word, rest, branches)
            elif not branches or branches[-1].is_read:
                self._other(word, rest)
        except Refused as refused:
            self._report(refused)

    def _other(self, word: Token, rest: list[Token]) -> None:
        match word.text:
            case "define":
                self._define(read_macro(rest, word.place), word.place)
            case "undef":
                self._macros.pop(_name(word, rest), None)
            case "include":
                self._include(word, rest)
            case "error":
                text = word.source.text[rest[0].offset : rest[-1].end] if rest else ""
                raise Refused(Mistake.ERROR_DIRECTIVE, word.place, text=text)
            case "pragma" if [one.text for one in rest] == ["once"]:
                self._only_once.add(word.source)
            case text if text not in IGNORED:
                hint = did_you_mean(text, [*CONDITIONALS, *OTHERS, *IGNORED])
                raise Refused(Mistake.UNKNOWN_DIRECTIVE, word.place, word=text, hint=hint)
            case _:
                pass

    def _define(self, macro: Macro, place: Place) -> None:
        """Enter a macro. As in C, another text for a known name is worth a warning only."""
        known = self._macros.get(macro.name)
        if known is not None and not known.says_the_same(macro):
            self._reporter.remark(place, f"macro '{macro.name}' is defined again, with other text")
        self._macros[macro.name] = macro

    def _include(self, word: Token, rest: list[Token]) -> None:
        name = _file_name(rest) or _file_name(self._expander.all(rest))
        if name is None:
            what = 'a file: "name" or <name>'
            raise Refused(Mistake.DIRECTIVE_NEEDS, word.place, word="include", what=what)
        place = rest[0].place
        if len(self._open) >= DEEPEST_INCLUDE or len(self.included) >= MOST_INCLUDES:
            raise Refused(Mistake.INCLUDE_TOO_DEEP, place, name=name)
        found = self._sources.find_included(name, place)
        if found is not None:
            self.included.append((name, place.source, found))
            if found not in self._only_once:
                self._file(found)

    # ---- conditions ------------------------------------------------------------------------

    def _conditional(self, word: Token, rest: list[Token], branches: list[_Branch]) -> None:
        text = word.text
        if text in ("if", "ifdef", "ifndef"):
            is_outer_read = not branches or branches[-1].is_read
            branch = _Branch(word.place, text, is_outer_read, False, True)
            branches.append(branch)
            if is_outer_read:
                branch.is_read = branch.was_read = self._is_true(word, rest)
            return
        if not branches:
            raise Refused(Mistake.NOT_IN_CONDITION, word.place, word=text)
        branch = branches[-1]
        if text == "endif":
            branches.pop()
            return
        if branch.is_else:
            raise Refused(Mistake.BEHIND_ELSE, word.place, word=text)
        branch.is_read = False
        branch.is_else = text == "else"
        if not branch.was_read:
            branch.is_read = branch.was_read = branch.is_else or self._is_true(word, rest)

    def _is_true(self, word: Token, rest: list[Token]) -> bool:
        if word.text in ("ifdef", "ifndef"):
            return (_name(word, rest) in self._macros) == (word.text == "ifdef")
        if not rest:
            raise Refused(Mistake.DIRECTIVE_NEEDS, word.place, word=word.text, what="a condition")
        tokens = self._expander.all(self._with_defined(rest))
        return Condition(tokens, word.place).is_true()

    def _with_defined(self, tokens: list[Token]) -> list[Token]:
        """Put 1 or 0 in the place of each `defined NAME` and `defined(NAME)`."""
        found: list[Token] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if token.text != "defined":
                found.append(token)
                continue
            has_parenthesis = at < len(tokens) and tokens[at].type == "LPAR"
            at += has_parenthesis
            name = _name(token, tokens[at:])
            at += 1
            if has_parenthesis:
                if at >= len(tokens) or tokens[at].type != "RPAR":
                    raise Refused(Mistake.DIRECTIVE_NEEDS, token.place, word="if", what="a ')'")
                at += 1
            value = "1" if name in self._macros else "0"
            found.append(Token(NUMBER, value, token.source, token.offset, token.end))
        return found


def _name(word: Token, rest: Sequence[Token]) -> str:
    if not rest or rest[0].type != WORD:
        raise Refused(Mistake.DIRECTIVE_NEEDS, word.place, word=word.text, what="a name")
    return rest[0].text


def _file_name(tokens: Sequence[Token]) -> str | None:
    """Give the name in `"name"` or `<name>`; a backslash is no escape here."""
    if tokens and tokens[0].type == STRING:
        return written_text(tokens[0]) or None
    if not tokens or tokens[0].type != "LESS":
        return None
    closing = next((at for at, one in enumerate(tokens) if one.type == "MORE"), None)
    if closing is None or closing == 1:
        return None
    return tokens[0].source.text[tokens[0].end : tokens[closing].offset]
