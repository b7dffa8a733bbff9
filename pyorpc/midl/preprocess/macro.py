"""Macros, and the `#define` lines that make them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.tokens import WORD, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyorpc.midl.source import Place

REST = "__VA_ARGS__"


@dataclass(frozen=True, slots=True)
class Macro:
    """What a name stands for. `parameters` is None for `#define NAME ...` without parentheses."""

    name: str
    parameters: tuple[str, ...] | None
    body: tuple[Token, ...]

    @property
    def takes_rest(self) -> bool:
        """True if the last parameter is `...`."""
        return self.parameters is not None and REST in self.parameters

    def says_the_same(self, other: Macro) -> bool:
        """True if both have the same parameters and the same words, however they are spaced."""
        texts = [[one.text for one in macro.body] for macro in (self, other)]
        return self.parameters == other.parameters and texts[0] == texts[1]


def read_macro(tokens: Sequence[Token], place: Place) -> Macro:
    """Give the macro of the tokens behind `#define`. Raises Refused."""
    if not tokens or tokens[0].type != WORD:
        raise Refused(Mistake.DIRECTIVE_NEEDS, place, word="define", what="a name")
    name = tokens[0]
    if name.text == "defined":
        raise Refused(Mistake.BAD_MACRO, name.place, why="'defined' cannot be a macro")
    has_parameters = len(tokens) > 1 and tokens[1].type == "LPAR" and tokens[1].offset == name.end
    if not has_parameters:
        macro = Macro(name.text, None, tuple(tokens[1:]))
    else:
        parameters, end = _parameters(tokens)
        macro = Macro(name.text, parameters, tuple(tokens[end:]))
    _check_body(macro)
    return macro


def _parameters(tokens: Sequence[Token]) -> tuple[tuple[str, ...], int]:
    """Give the names between the parentheses, and the index behind them."""
    found: list[str] = []
    index, is_closed = 2, False
    while index < len(tokens) and not is_closed:
        token = tokens[index]
        if token.type == "RPAR" and not found:
            return (), index + 1
        name = token.text if token.type == WORD else ""
        if token.type == "DOT" and [one.text for one in tokens[index : index + 3]] == [
            ".",
            ".",
            ".",
        ]:
            name, index = REST, index + 2
        if not name or name in found:
            why = f"'{token.text}' cannot be a parameter here"
            raise Refused(Mistake.BAD_MACRO, token.place, why=why)
        found.append(name)
        index += 1
        if index == len(tokens) or tokens[index].type not in ("COMMA", "RPAR"):
            break
        is_closed = tokens[index].type == "RPAR"
        index += 1
    if not is_closed:
        why = "its parameters need a ')' behind them"
        raise Refused(Mistake.BAD_MACRO, tokens[min(index, len(tokens)) - 1].place, why=why)
    return tuple(found), index


def _check_body(macro: Macro) -> None:
    body = macro.body
    for edge in (body[:1], body[-1:]):
        if edge and edge[0].type == "HASH_HASH":
            why = "'##' joins two tokens; one is missing"
            raise Refused(Mistake.BAD_MACRO, edge[0].place, why=why)
    if macro.parameters is None:
        return
    for token, following in zip_longest(body, body[1:]):
        if token.type == "HASH" and (following is None or following.text not in macro.parameters):
            raise Refused(Mistake.BAD_MACRO, token.place, why="'#' needs a parameter behind it")
