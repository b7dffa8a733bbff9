"""A half-typed text made so that most of it can be parsed: what is wrong becomes space.

Every character stays where it is, so that the places found are those of the real text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyorpc.midl.language.words_at import COMMENT

MOST_ROUNDS = 16
ENDS = ";{}"


def mended(text: str, mistakes_in: Callable[[str], Iterable[int]]) -> str:
    """Give the text without its mistakes, as far as they can be cut out.

    `mistakes_in` gives the offsets of what the parser refuses in a text.
    """
    text = _closed(text)
    for _ in range(MOST_ROUNDS):
        offsets = list(mistakes_in(text))
        before = text
        for offset in offsets:
            text = _cut(text, offset)
        if text == before:
            break
    return text


def _cut(text: str, offset: int) -> str:
    """Put spaces in the place of the statement around an offset, without its end."""
    start = max(text.rfind(end, 0, offset) for end in ENDS) + 1
    ends = [at for end in ENDS if (at := text.find(end, offset)) >= 0]
    stop = min(ends, default=len(text))
    # The statement may lack its semicolon: then only what stands on the lines up to here is wrong.
    line_end = text.find("\n", offset)
    if line_end >= 0 and _starts_anew(text[line_end:stop]):
        stop = line_end
    if stop < len(text) and (text[stop] == ";" or not text[start:stop].strip()):
        stop += 1  # an end that ends nothing is wrong itself
    return text[:start] + _blank(text[start:stop]) + text[stop:]


def _starts_anew(rest: str) -> bool:
    """True if another statement seems to begin on the lines below."""
    first = rest.split(None, 1)[:1]
    return bool(first) and (first[0].startswith("[") or first[0] in ("interface", "HRESULT"))


def _closed(text: str) -> str:
    """Close the braces that are open at the end, and the line before them."""
    plain = COMMENT.sub("", text)
    missing = plain.count("{") - plain.count("}")
    return f"{text}\n{'};' * missing}" if missing > 0 else text


def _blank(text: str) -> str:
    return "".join(char if char in "\r\n" else " " for char in text)
