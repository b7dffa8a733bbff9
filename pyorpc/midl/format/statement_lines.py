"""A statement that does not fit on a line, broken at its commas.

Parameters: one a line, the last with the parenthesis. Attributes: on a line of their own before
what they belong to, or one a line, the closing bracket alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.format.items import HOLDERS, head_word
from pyorpc.midl.format.kept_lines import STEP, kept_lines
from pyorpc.midl.format.spacing import gaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyorpc.midl.format.lexemes import Lexeme

COLUMNS = 100
CLOSING = {"(": ")", "[": "]"}


def fits(line: str) -> bool:
    """True if the line is not too long."""
    return len(line) <= COLUMNS


def joined(lexemes: Sequence[Lexeme]) -> str:
    """Give the lexemes on one line."""
    return "".join(gap + lexeme.text for gap, lexeme in zip(gaps(lexemes), lexemes, strict=True))


def statement_lines(lexemes: Sequence[Lexeme], margin: str) -> list[str]:
    """Give the lines of a statement without blocks."""
    flat = margin + joined(lexemes)
    if fits(flat):
        return [flat]
    attributes = _leading_attributes(lexemes)
    if attributes:
        rest = statement_lines(lexemes[attributes:], margin) if lexemes[attributes:] else []
        return [*_attribute_lines(lexemes[:attributes], margin), *rest]
    opening = _parameters_at(lexemes)
    if opening is not None:
        return _exploded(lexemes, opening, margin)
    return kept_lines(lexemes, margin)


def head_lines(lexemes: Sequence[Lexeme], margin: str) -> list[str]:
    """Give the lines of what stands before, or behind, the braces of a statement."""
    attributes = _leading_attributes(lexemes)
    flat = margin + joined(lexemes)
    opening = next((at for at, one in enumerate(lexemes) if _is_mark(one, "[")), None)
    is_holder = head_word(lexemes) in HOLDERS
    if opening is None or (fits(flat) and not _is_broken(lexemes, opening) and not is_holder):
        return [flat]
    if attributes:
        rest = [margin + joined(lexemes[attributes:])] if lexemes[attributes:] else []
        return [*_attribute_lines(lexemes[:attributes], margin), *rest]
    return _exploded(lexemes, opening, margin) if lexemes[0].text == "typedef" else [flat]


def _attribute_lines(lexemes: Sequence[Lexeme], margin: str) -> list[str]:
    """Give the lines of attribute lists that stand before a declaration."""
    flat = margin + joined(lexemes)
    if fits(flat) and not _is_broken(lexemes, 0):
        return [flat]
    return _exploded(lexemes, 0, margin)


def _is_broken(lexemes: Sequence[Lexeme], opening: int) -> bool:
    """True if a line ended behind the bracket as it was written."""
    return opening + 1 < len(lexemes) and lexemes[opening + 1].lines_before > 0


def _exploded(lexemes: Sequence[Lexeme], opening: int, margin: str) -> list[str]:
    """Give one line for each part between the commas of a bracket."""
    text = _Text(lexemes)
    closing = _closing_at(lexemes, opening)
    lines = [margin + text.of(0, opening + 1)]
    start = opening + 1
    for comma in [*_commas(lexemes, opening, closing), closing]:
        end = comma if comma == closing else comma + 1
        if end > start:
            lines.append(margin + STEP + text.of(start, end))
        start = end
    if lexemes[opening].text == "(" and len(lines) > 1:
        lines[-1] += text.of(closing, len(lexemes))
    else:
        lines.append(margin + text.of(closing, len(lexemes)))
    return lines


class _Text:
    """The texts of parts of a statement, spaced as in the whole."""

    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self._lexemes = lexemes
        self._gaps = gaps(lexemes)

    def of(self, start: int, end: int) -> str:
        parts = zip(self._gaps[start:end], self._lexemes[start:end], strict=True)
        return "".join(gap + lexeme.text for gap, lexeme in parts).lstrip(" ")


def _is_mark(lexeme: Lexeme, text: str) -> bool:
    return lexeme.kind == "mark" and lexeme.text == text


def _depths(lexemes: Sequence[Lexeme]) -> Iterator[tuple[int, Lexeme, int]]:
    """Give each lexeme with its index and the number of brackets around it, its own included."""
    depth = 0
    for index, lexeme in enumerate(lexemes):
        if lexeme.kind == "mark" and lexeme.text in ")]":
            yield index, lexeme, depth
            depth -= 1
        else:
            depth += lexeme.kind == "mark" and lexeme.text in "(["
            yield index, lexeme, depth


def _leading_attributes(lexemes: Sequence[Lexeme]) -> int:
    """Give how many lexemes the attribute lists at the start are."""
    end = 0
    for index, lexeme, depth in _depths(lexemes):
        if depth <= 0:
            break
        if depth == 1 and _is_mark(lexeme, "["):
            continue
        if depth == 1 and _is_mark(lexeme, "]"):
            end = index + 1
    return end if lexemes and _is_mark(lexemes[0], "[") else 0


def _parameters_at(lexemes: Sequence[Lexeme]) -> int | None:
    """Give the index of the parenthesis that opens the parameters; None if there are none."""
    found = None
    for index, lexeme, depth in _depths(lexemes):
        if _is_mark(lexeme, "="):
            return None
        if depth == 1 and index > 1 and _is_mark(lexeme, "("):
            found = index
    return found if found is not None and _closing_at(lexemes, found) < len(lexemes) else None


def _closing_at(lexemes: Sequence[Lexeme], opening: int) -> int:
    """Give the index of the bracket that closes another; the end if there is none."""
    level = next(depth for index, _, depth in _depths(lexemes) if index == opening)
    return next(
        (
            index
            for index, lexeme, depth in _depths(lexemes)
            if index > opening
            and depth == level
            and _is_mark(lexeme, CLOSING[lexemes[opening].text])
        ),
        len(lexemes),
    )


def _commas(lexemes: Sequence[Lexeme], opening: int, closing: int) -> list[int]:
    """Give the indices of the commas that stand directly in a bracket."""
    level = next(depth for index, _, depth in _depths(lexemes) if index == opening)
    return [
        index
        for index, lexeme, depth in _depths(lexemes)
        if opening < index < closing and depth == level and _is_mark(lexeme, ",")
    ]
