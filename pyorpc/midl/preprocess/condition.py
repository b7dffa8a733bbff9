"""The conditions of `#if` and `#elif`: integer expressions of C, 64 bits wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.lexer import INTEGER
from pyorpc.midl.literals import integer_value, text_value
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.tokens import CHARACTER, NUMBER, WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyorpc.midl.source import Place
    from pyorpc.midl.tokens import Token

DEEPEST = 100
MOST_SHIFT = 63
STRENGTHS = {
    operator: strength
    for strength, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %"), 1
    )
    for operator in operators.split()
}
OPERATORS: dict[str, Callable[[int, int], int]] = {
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "&": lambda left, right: left & right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "<<": lambda left, right: left << min(max(right, 0), MOST_SHIFT),
    ">>": lambda left, right: left >> min(max(right, 0), MOST_SHIFT),
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
}
PREFIXES: dict[str, Callable[[int], int]] = {
    "-": lambda value: -value,
    "+": lambda value: value,
    "~": lambda value: ~value,
    "!": lambda value: int(not value),
}


class Condition:
    """Evaluates one condition, whose macros are expanded; names that are left are 0."""

    def __init__(self, tokens: Sequence[Token], place: Place) -> None:
        self._tokens = tokens
        self._place = place
        self._at = 0
        self._depth = 0

    def is_true(self) -> bool:
        """Give the answer. Raises Refused for what is no expression."""
        value = self._choice(is_needed=True)
        if self._at < len(self._tokens):
            self._refuse("an operator")
        return value != 0

    def _next(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _refuse(self, expected: str) -> Refused:
        is_end = self._at >= len(self._tokens)
        place = self._place if is_end else self._tokens[self._at].place
        found = "the end of the line" if is_end else f"'{self._tokens[self._at].text}'"
        raise Refused(Mistake.BAD_CONDITION, place, expected=expected, found=found)

    def _choice(self, *, is_needed: bool) -> int:
        condition = self._binary(1, is_needed=is_needed)
        if self._next() != "?":
            return condition
        self._at += 1
        yes = self._nested(is_needed=is_needed and condition != 0)
        if self._next() != ":":
            self._refuse("':'")
        self._at += 1
        no = self._nested(is_needed=is_needed and condition == 0)
        return yes if condition else no

    def _nested(self, *, is_needed: bool) -> int:
        self._enter()
        value = self._choice(is_needed=is_needed)
        self._depth -= 1
        return value

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refused(Mistake.TOO_DEEP, self._place)

    def _binary(self, weakest: int, *, is_needed: bool) -> int:
        left = self._prefix(is_needed=is_needed)
        while STRENGTHS.get(self._next(), 0) >= weakest:
            operator = self._tokens[self._at]
            self._at += 1
            is_short = {"&&": left == 0, "||": left != 0}.get(operator.text, False)
            self._enter()
            right = self._binary(STRENGTHS[operator.text] + 1, is_needed=is_needed and not is_short)
            self._depth -= 1
            left = self._joined(operator, left, right, is_needed=is_needed)
        return left

    def _joined(self, operator: Token, left: int, right: int, *, is_needed: bool) -> int:
        if operator.text == "&&":
            return int(left != 0 and right != 0)
        if operator.text == "||":
            return int(left != 0 or right != 0)
        if operator.text in ("/", "%"):
            if right == 0:
                if is_needed:
                    raise Refused(Mistake.DIVISION_BY_ZERO, operator.place)
                return 0
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator.text == "/" else left - quotient * right
        return _in_64_bits(OPERATORS[operator.text](left, right))

    def _prefix(self, *, is_needed: bool) -> int:
        text = self._next()
        if text in PREFIXES:
            self._at += 1
            self._enter()
            value = PREFIXES[text](self._prefix(is_needed=is_needed))
            self._depth -= 1
            return value
        if text == "(":
            self._at += 1
            value = self._nested(is_needed=is_needed)
            if self._next() != ")":
                self._refuse("')'")
            self._at += 1
            return value
        return self._operand()

    def _operand(self) -> int:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        value = 0
        if token is not None and token.type == NUMBER and INTEGER.match(token.text):
            value = _in_64_bits(integer_value(token.text))
        elif token is not None and token.type == CHARACTER:
            value = ord(text_value(token)[:1] or "\0")
        elif token is None or token.type != WORD:
            self._refuse("a number or a name")
        self._at += 1
        return value


def _in_64_bits(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
