"""Puts what macros stand for in the place of their uses, by the rules of C.

A token that comes from a macro's body stands where the macro was used; a token of an argument
stays where it was written. Beside each token goes the set of macros it came from, which are not
expanded in it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.scanner import scan_text
from pyorpc.midl.tokens import DIRECTIVE, STRING, WORD, Token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyorpc.midl.preprocess.macro import Macro

    Hidden = frozenset[str]
    Traced = tuple[Token, Hidden]

# What one use may grow to, and how deep macros may be used in each other's arguments.
MOST_TOKENS = 200_000
DEEPEST_USE = 100
NOTHING_HIDDEN: Hidden = frozenset()


class Expander:
    """Expands the macros of one file. `macros` may change between two uses."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros
        self._made = 0

    def use(self, tokens: Sequence[Token], at: int) -> tuple[list[Token] | Refused, int]:
        """Give what the macro at an index becomes, and the index behind its use."""
        self._made = 0
        following = _Following(tokens, at + 1)
        try:
            found = self._expand([(tokens[at], NOTHING_HIDDEN)], following, 0)
        except Refused as refused:
            return refused, following.at
        return [token for token, _ in found], following.at

    def all(self, tokens: Sequence[Token]) -> list[Token]:
        """Give a whole line with its macros expanded."""
        self._made = 0
        traced = [(token, NOTHING_HIDDEN) for token in tokens]
        return [token for token, _ in self._expand(traced, None, 0)]

    def _expand(
        self, given: Sequence[Traced], following: _Following | None, depth: int
    ) -> list[Traced]:
        """Expand tokens; only the arguments of the last use may go on in what follows."""
        waiting = list(reversed(given))
        found: list[Traced] = []
        if depth > DEEPEST_USE:
            self._refuse(given[0][0])
        while waiting:
            token, hidden = waiting.pop()
            macro = self._macros.get(token.text) if token.type == WORD else None
            if macro is None or macro.name in hidden:
                found.append((token, hidden))
                continue
            arguments: list[list[Traced]] = []
            if macro.parameters is not None:
                if not _opens(waiting, following):
                    found.append((token, hidden))
                    continue
                arguments = _Arguments(macro, token, waiting, following).read()
            body = self._body(macro, token, arguments, depth)
            self._made += len(body) + 1
            if self._made > MOST_TOKENS:
                self._refuse(token)
            inner = hidden | {macro.name}
            waiting.extend((one, inner | its if its else inner) for one, its in reversed(body))
        return found

    def _refuse(self, token: Token) -> None:
        raise Refused(Mistake.MACRO_TOO_LARGE, token.place, name=token.text, most=MOST_TOKENS)

    def _body(
        self, macro: Macro, use: Token, arguments: list[list[Traced]], depth: int
    ) -> list[Traced]:
        """Give a macro's body with its parameters replaced, and `#` and `##` obeyed."""
        by_name = dict(zip(macro.parameters or (), arguments, strict=True))
        body = macro.body
        found: list[Traced] = []
        index = 0
        while index < len(body):
            token = body[index]
            is_joined = index + 1 < len(body) and body[index + 1].type == "HASH_HASH"
            if token.type == "HASH" and macro.parameters is not None:
                index += 1
                found.append((_quoted(by_name[body[index].text], use), NOTHING_HIDDEN))
            elif token.type == "HASH_HASH":
                index += 1
                right = by_name.get(body[index].text)
                _join(
                    found, [(body[index].at(use), NOTHING_HIDDEN)] if right is None else right, use
                )
            elif token.type == WORD and token.text in by_name:
                argument = by_name[token.text]
                found.extend(argument if is_joined else self._expand(argument, None, depth + 1))
            else:
                found.append((token.at(use), NOTHING_HIDDEN))
            index += 1
        return found


class _Following:
    """The tokens of the file behind a use, as far as its arguments reach into them."""

    def __init__(self, tokens: Sequence[Token], at: int) -> None:
        self._tokens = tokens
        self.at = at

    def peek(self) -> Token | None:
        """Give the next token; None at the end, or at a line of the preprocessor."""
        token = self._tokens[self.at] if self.at < len(self._tokens) else None
        return None if token is None or token.type == DIRECTIVE else token

    def take(self) -> Token | None:
        """Give the next token and go on."""
        token = self.peek()
        self.at += token is not None
        return token


class _Arguments:
    """Reads the arguments of one use of a macro."""

    def __init__(
        self, macro: Macro, use: Token, waiting: list[Traced], following: _Following | None
    ) -> None:
        self._macro = macro
        self._use = use
        self._waiting = waiting
        self._following = following

    def read(self) -> list[list[Traced]]:
        """Give the tokens of each argument. Raises Refused."""
        self._next()
        found: list[list[Traced]] = [[]]
        depth = 0
        while True:
            token, hidden = self._next()
            depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            if depth < 0:
                return self._counted(found)
            if token.type == "COMMA" and depth == 0 and not self._is_rest(len(found)):
                found.append([])
            else:
                found[-1].append((token, hidden))

    def _next(self) -> Traced:
        if self._waiting:
            return self._waiting.pop()
        token = self._following.take() if self._following is not None else None
        if token is None:
            name = self._macro.name
            raise Refused(Mistake.MACRO_OPEN, self._use.place, name=name)
        return token, NOTHING_HIDDEN

    def _is_rest(self, number: int) -> bool:
        """True if the argument of this number takes all that is left."""
        return self._macro.takes_rest and number == len(self._macro.parameters or ())

    def _counted(self, found: list[list[Traced]]) -> list[list[Traced]]:
        wanted = len(self._macro.parameters or ())
        if wanted == 0 and found == [[]]:
            return []
        if self._macro.takes_rest and len(found) == wanted - 1:
            found.append([])
        if len(found) != wanted:
            count = f"{wanted} argument{'' if wanted == 1 else 's'}"
            name, given = self._macro.name, len(found)
            place = self._use.place
            raise Refused(Mistake.MACRO_ARGUMENTS, place, name=name, count=count, given=given)
        return found


def _opens(waiting: list[Traced], following: _Following | None) -> bool:
    """True if a `(` comes next."""
    if waiting:
        return waiting[-1][0].type == "LPAR"
    token = following.peek() if following is not None else None
    return token is not None and token.type == "LPAR"


def _quoted(argument: list[Traced], use: Token) -> Token:
    """Give the argument's text as a string."""
    text = ""
    before: Token | None = None
    for token, _ in argument:
        is_apart = before is not None and token.offset > before.end
        text += (" " if is_apart else "") + token.text
        before = token
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return Token(STRING, f'"{text}"', use.source, use.offset, use.end)


def _join(found: list[Traced], right: list[Traced], use: Token) -> None:
    """Make one token of the last one and the first on the right."""
    if not found or not right:
        found.extend(right)
        return
    (left, hidden), (first, _) = found.pop(), right[0]
    made = scan_text(left.text + first.text)
    if len(made) != 1:
        raise Refused(Mistake.BAD_PASTE, use.place, text=left.text + first.text)
    found.append((made[0].at(use), hidden))
    found.extend(right[1:])
