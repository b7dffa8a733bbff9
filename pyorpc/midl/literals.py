"""The values of literal tokens: numbers, characters and strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.refused import Refused
from pyorpc.midl.source import Place

if TYPE_CHECKING:
    from pyorpc.midl.tokens import Token

LARGEST_INTEGER = 2**64 - 1
# More digits than any 64-bit number has, leading zeros included.
MOST_DIGITS = 100
SUFFIX = re.compile(r"(?:[uU]|[lL]|[iI]64)*\Z")
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,4})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "?": "?",
    "\n": "",
}


def integer_value(text: str) -> int:
    """Give the value of `10`, `0x1F`, `017` with any suffix."""
    if text[:2] in ("0x", "0X"):
        return int(re.sub(r"(?:[uUlL]|[iI]64)+\Z", "", text), 16)
    digits = SUFFIX.sub("", text)
    if len(digits) > MOST_DIGITS:
        return LARGEST_INTEGER + 1
    is_octal = digits.startswith("0") and len(digits) > 1
    return int(digits, 8 if is_octal else 10)


def float_value(text: str) -> float:
    """Give the value of `1.5e3f`."""
    return float(text.rstrip("fFlL"))


def text_value(token: Token) -> str:
    """Give what a string or character token says. Raises Refused for an unknown escape."""
    quote_at = 1 if token.text.startswith("L") else 0
    start = token.offset + quote_at + 1

    def value(match: re.Match[str]) -> str:
        octal, hexadecimal, unicode, simple = match.groups()
        if octal is not None:
            return chr(int(octal, 8))
        if simple is None:
            return chr(int(hexadecimal or unicode, 16))
        if simple not in SIMPLE_ESCAPES:
            place = Place(token.source, start + match.start())
            raise Refused(Mistake.BAD_ESCAPE, place, text=match.group())
        return SIMPLE_ESCAPES.get(simple, simple)

    return ESCAPE.sub(value, token.text[quote_at + 1 : -1])


def written_text(token: Token) -> str:
    """Give what stands between the quotes of a string, as it was written."""
    return token.text.removeprefix("L")[1:-1]
