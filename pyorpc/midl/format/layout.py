"""The lines of a file: its items, one below the other, and the braces among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyorpc.midl.format.comment_lines import comment_lines
from pyorpc.midl.format.items import Block, Item
from pyorpc.midl.format.kept_lines import STEP, kept_lines
from pyorpc.midl.format.lexemes import Lexeme
from pyorpc.midl.format.statement_lines import fits, head_lines, joined, statement_lines

REMARK_GAP = "  "

LinesOf = Callable[[Sequence[Lexeme], str], list[str]]


def laid_out(items: Sequence[Item]) -> str:
    """Give the text of a whole file."""
    layout = _Layout()
    layout.write_items(items, "")
    return "".join(line + "\n" for line in layout.lines)


class _Layout:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_items(self, items: Sequence[Item], margin: str) -> None:
        """Write the items, those behind a label one step deeper."""
        inner = margin
        for number, item in enumerate(items):
            if number and item.first.lines_before > 1:
                self.lines.append("")
            if item.is_label:
                inner = margin + STEP
            self._write_item(item, margin if item.is_label else inner)

    def _write_item(self, item: Item, margin: str) -> None:
        if item.is_statement:
            self._write_statement(item, margin)
            self._add_remarks(item.remarks, margin)
        elif item.first.is_comment:
            self.lines.extend(comment_lines(item.first, margin))
        else:
            self.lines.extend(item.first.text.split("\n"))

    def _add_remarks(self, remarks: Sequence[Lexeme], margin: str) -> None:
        """Put the comments behind the last line."""
        for remark in remarks:
            first, *others = comment_lines(remark, margin)
            self.lines[-1] += REMARK_GAP + first.lstrip()
            self.lines.extend(others)

    def _write_statement(self, item: Item, margin: str) -> None:
        if item.is_mixed:
            self._write_parts(item, kept_lines, margin)
        elif not item.blocks:
            self.lines.extend(statement_lines(item.lexemes, margin))
        elif not item.is_holder and (flat := _flat_text(item)) is not None and fits(margin + flat):
            self.lines.append(margin + flat)
        else:
            self._write_parts(item, head_lines, margin)

    def _write_parts(self, item: Item, lines_of: LinesOf, margin: str) -> None:
        """Write what is before each block, the block, and what is behind the last one."""
        waiting: list[Lexeme] = []
        is_holder = item.is_holder
        for number, part in enumerate(item.parts):
            if isinstance(part, Block):
                self._write_lexemes(waiting, lines_of, margin, is_glued=number > len(waiting))
                self._write_block(part, waiting, margin, is_holder=is_holder)
                waiting = []
            else:
                waiting.append(part)
        is_glued = len(item.parts) > len(waiting)
        self._write_lexemes(waiting, lines_of, margin, is_glued=is_glued)

    def _write_lexemes(
        self, lexemes: Sequence[Lexeme], lines_of: LinesOf, margin: str, *, is_glued: bool
    ) -> None:
        """Write what is between blocks; `is_glued`: on the line of the brace before it."""
        if not lexemes:
            return
        lines = lines_of(lexemes, margin)
        if is_glued and not lexemes[0].stands_alone:
            gap = "" if lexemes[0].text in (";", ",") else " "
            self.lines[-1] += gap + lines.pop(0).lstrip()
        self.lines.extend(lines)

    def _write_block(
        self, block: Block, before: Sequence[Lexeme], margin: str, *, is_holder: bool
    ) -> None:
        may_follow = bool(before) and not _ends_line(before[-1])
        flat = _flat_block(block)
        if flat is not None and may_follow and fits(f"{self.lines[-1]} {flat}"):
            self.lines[-1] += f" {flat}"
            return
        if may_follow and not is_holder:
            self.lines[-1] += " {"
        else:
            self.lines.append(margin + "{")
        self._add_remarks(block.remarks, margin)
        self.write_items(block.items, margin + STEP)
        if block.closing is not None:
            self.lines.append(margin + "}")


def _ends_line(lexeme: Lexeme) -> bool:
    return lexeme.stands_alone or lexeme.kind == "line_comment"


def _flat_text(item: Item) -> str | None:
    """Give the statement on one line; None if a block in it needs several."""
    text = ""
    waiting: list[Lexeme] = []
    for part in item.parts:
        if not isinstance(part, Block):
            waiting.append(part)
            continue
        flat = _flat_block(part)
        if flat is None:
            return None
        text = _with(text, waiting) + " " + flat
        waiting = []
    return _with(text, waiting).lstrip()


def _with(text: str, lexemes: Sequence[Lexeme]) -> str:
    if not lexemes:
        return text
    gap = "" if lexemes[0].text in (";", ",") else " "
    return text + gap + joined(lexemes)


def _flat_block(block: Block) -> str | None:
    """Give the block on one line, if it was written so."""
    if block.closing is None or not block.is_on_one_line:
        return None
    texts = [_flat_text(item) for item in block.items]
    if None in texts:
        return None
    return " ".join(["{", *[text for text in texts if text], "}"]) if texts else "{}"
