"""A small TextMate engine: gives the scope of each piece of a text, as an editor would colour it.

At each place the leftmost match wins, the first rule of those; what a `begin` opens lasts until
its `end`, over lines too. Its patterns are those that Oniguruma and Python's `re` read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Rule = dict[str, Any]


class Piece(NamedTuple):
    """A text and its innermost scope."""

    text: str
    scope: str


@dataclass
class Open:
    """A `begin` that waits for its `end`; the outermost is the grammar itself."""

    patterns: list[Rule]
    end: str | None
    scope: str
    end_captures: Rule


class Engine:
    def __init__(self, grammar: Rule) -> None:
        self._grammar = grammar

    def pieces(self, text: str) -> list[Piece]:
        """Give the pieces of a text that are not only space."""
        stack = [Open(self._grammar["patterns"], None, "", {})]
        found = [piece for line in text.splitlines() for piece in self._line(line, stack)]
        return [Piece(piece.text.strip(), piece.scope) for piece in found if piece.text.strip()]

    def _line(self, line: str, stack: list[Open]) -> Iterator[Piece]:
        at, moves = 0, 0
        while True:
            moves += 1
            assert moves < 10 * len(line) + 20, f"the grammar does not move on in: {line}"
            match, rule = self._next(line, at, stack[-1])
            if match is None:
                yield Piece(line[at:], stack[-1].scope)
                return
            yield Piece(line[at : match.start()], stack[-1].scope)
            if rule is None:
                yield from _captured(match, stack[-1].end_captures, stack[-1].scope)
                stack.pop()
            elif "begin" in rule:
                scope = rule.get("name", stack[-1].scope)
                yield from _captured(match, rule.get("beginCaptures", {}), scope)
                end, captures = rule["end"], rule.get("endCaptures", {})
                stack.append(Open(rule.get("patterns", []), end, scope, captures))
            else:
                scope = rule.get("name", stack[-1].scope)
                yield from _captured(match, rule.get("captures", {}), scope)
            at = match.end()

    def _next(self, line: str, at: int, inside: Open) -> tuple[re.Match[str] | None, Rule | None]:
        """Give the leftmost match and its rule; None is the end of what is open."""
        found: list[tuple[re.Match[str], Rule | None]] = []
        if inside.end is not None and (match := re.compile(inside.end).search(line, at)):
            found.append((match, None))
        for rule in self._flat(inside.patterns):
            pattern = re.compile(rule.get("match") or rule["begin"])
            if match := pattern.search(line, at):
                found.append((match, rule))
        return min(found, key=lambda one: one[0].start(), default=(None, None))

    def _flat(self, patterns: list[Rule]) -> Iterator[Rule]:
        for rule in patterns:
            if "include" in rule:
                yield from self._flat([self._grammar["repository"][rule["include"][1:]]])
            elif "match" in rule or "begin" in rule:
                yield rule
            else:
                yield from self._flat(rule["patterns"])


def _captured(match: re.Match[str], captures: Rule, scope: str) -> Iterator[Piece]:
    """Give the parts of a match with the scopes of its groups."""
    at = match.start()
    for number in sorted(captures, key=int):
        start, end = match.span(int(number))
        if start >= at:
            yield Piece(match.string[at:start], scope)
            yield Piece(match.string[start:end], captures[number]["name"])
            at = end
    yield Piece(match.string[at : match.end()], scope)
