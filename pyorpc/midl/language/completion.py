"""What can be written at a place: an attribute, or a type and the words around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyorpc.midl.language.analysis import Analysis
from pyorpc.midl.language.words_at import is_in_attributes, is_in_comment
from pyorpc.midl.outline.symbol import Kind
from pyorpc.midl.resolve.attribute_table import RULES
from pyorpc.midl.resolve.standard_types import standard_names
from pyorpc.midl.words import words

KEYWORDS = words(
    "import interface typedef const struct union enum pipe library coclass dispinterface"
    " unsigned signed void case default switch cpp_quote"
)
TYPES = (
    Kind.INTERFACE,
    Kind.DISPINTERFACE,
    Kind.STRUCT,
    Kind.UNION,
    Kind.ENUM,
    Kind.TYPEDEF,
    Kind.CONSTANT,
    Kind.MEMBER,
    Kind.COCLASS,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A word that can be written. `kind` says what it is: for its picture in the list."""

    word: str
    kind: str
    detail: str = ""


def offers(analysis: Analysis, offset: int) -> list[Offer]:
    """Give what can be written at an offset, by name; nothing in a comment."""
    text = analysis.source.text
    if is_in_comment(text, offset):
        return []
    found = _attributes() if is_in_attributes(text, offset) else _names(analysis)
    return sorted(found, key=lambda one: one.word)


def _attributes() -> Iterator[Offer]:
    for name, rule in RULES.items():
        yield Offer(name, "attribute", f"{name}(...)" if rule.fewest else name)


def _names(analysis: Analysis) -> Iterator[Offer]:
    shown: set[str] = set()
    for symbol in analysis.known.values():
        if symbol.kind in TYPES:
            shown.add(symbol.name)
            yield Offer(symbol.name, symbol.kind.value, symbol.text.rpartition("\n")[2])
    for name in standard_names():
        if name not in shown:
            shown.add(name)
            yield Offer(name, "type")
    for word in KEYWORDS - shown:
        yield Offer(word, "keyword")
