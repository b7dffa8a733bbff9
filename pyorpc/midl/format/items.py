"""What stands between two braces: statements, comments and preprocessor lines, in their order.

Only as much grammar as the layout needs, and none that a macro could break: whatever the text is,
every lexeme is in the result once and in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyorpc.midl.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyorpc.midl.format.lexemes import Lexeme

# Their braces hold declarations, and need no semicolon.
HOLDERS = words(
    "interface library coclass dispinterface module namespace runtimeclass declare apicontract"
)
LABELS = words("case default properties methods")
# Deeper braces are laid out as any other mark.
DEEPEST = 50


@dataclass(slots=True)
class Block:
    """`{ ... }`. `closing` is None where the file ends before."""

    opening: Lexeme
    is_enum: bool
    items: list[Item] = field(default_factory=list["Item"])
    remarks: list[Lexeme] = field(default_factory=list["Lexeme"])  # behind the `{`, on its line
    closing: Lexeme | None = None

    @property
    def is_on_one_line(self) -> bool:
        """True if it was written on one line and holds no comments of its own."""
        return (
            self.closing is not None
            and not self.remarks
            and (self.closing.lines_before == 0 or not self.items)
            and all(one.is_on_one_line for one in self.items)
        )


@dataclass(slots=True)
class Item:
    """A statement, or one comment or preprocessor line between statements."""

    parts: list[Lexeme | Block] = field(default_factory=list["Lexeme | Block"])
    remarks: list[Lexeme] = field(default_factory=list["Lexeme"])  # behind it, on its line

    @property
    def first(self) -> Lexeme:
        """The first lexeme."""
        part = self.parts[0]
        return part.opening if isinstance(part, Block) else part

    @property
    def blocks(self) -> list[Block]:
        """The blocks in it."""
        return [part for part in self.parts if isinstance(part, Block)]

    @property
    def lexemes(self) -> list[Lexeme]:
        """The lexemes in it, without the blocks."""
        return [part for part in self.parts if not isinstance(part, Block)]

    @property
    def is_statement(self) -> bool:
        """False for a comment or a preprocessor line."""
        return not (self.first.is_comment or self.first.stands_alone)

    @property
    def is_mixed(self) -> bool:
        """True if comments or preprocessor lines are among the lexemes."""
        return any(one.is_comment or one.stands_alone for one in self.lexemes)

    @property
    def is_label(self) -> bool:
        """True for `case 1:` and its like on a line of their own."""
        last = self.parts[-1]
        return self.first.text in LABELS and not isinstance(last, Block) and last.text == ":"

    @property
    def is_holder(self) -> bool:
        """True for an interface or another holder of declarations, with its braces."""
        return bool(self.blocks) and head_word(self.parts) in HOLDERS

    @property
    def is_on_one_line(self) -> bool:
        """True if nothing in it began a line, and it has no comments."""
        if self.remarks or not self.is_statement or self.is_mixed:
            return False
        return all(
            part.opening.lines_before == 0 and part.is_on_one_line
            if isinstance(part, Block)
            else part.lines_before == 0
            for part in self.parts
        )


def items_of(lexemes: Sequence[Lexeme]) -> list[Item]:
    """Give the items of a whole file."""
    return _Reader(lexemes).items()


def head_word(parts: Sequence[Lexeme | Block]) -> str:
    """Give the first word behind the attribute lists at the start."""
    depth = 0
    for part in parts:
        if isinstance(part, Block):
            return ""
        if part.kind == "mark":
            depth += {"[": 1, "]": -1}.get(part.text, 0)
        elif depth == 0 and part.kind == "word":
            return part.text
    return ""


class _Reader:
    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self._lexemes = lexemes
        self._index = 0
        self._depth = 0
        self._known_behind = 0  # the index that the last comments led to

    def items(self) -> list[Item]:
        """Give the items up to the `}` of this block, or the end of the file."""
        return list(self._items(is_enum=False))

    def _peek(self, ahead: int = 0) -> Lexeme | None:
        index = self._index + ahead
        return self._lexemes[index] if index < len(self._lexemes) else None

    def _next(self) -> Lexeme:
        self._index += 1
        return self._lexemes[self._index - 1]

    def _items(self, *, is_enum: bool) -> Iterator[Item]:
        while (lexeme := self._peek()) is not None:
            if _is_mark(lexeme, "}") and self._depth > 0:
                return
            if lexeme.is_comment or lexeme.stands_alone:
                yield Item([self._next()], [])
                continue
            item = Item()
            self._read_statement(item, is_enum=is_enum)
            item.remarks = self._remarks()
            yield item

    def _remarks(self) -> list[Lexeme]:
        """Take the comments that follow on the same line."""
        found: list[Lexeme] = []
        while (lexeme := self._peek()) and lexeme.is_comment and lexeme.lines_before == 0:
            found.append(self._next())
        return found

    def _read_statement(self, item: Item, *, is_enum: bool) -> None:
        depth = 0  # of round and square brackets
        parts = item.parts
        while (lexeme := self._peek()) is not None:
            if _is_mark(lexeme, "}") and parts:
                return
            if parts and depth == 0 and self._ends_before(lexeme):
                return
            if _is_mark(lexeme, "{") and depth == 0 and self._depth < DEEPEST:
                parts.append(self._block(parts))
                if head_word(parts) in HOLDERS and not self._comes(";"):
                    return
                continue
            parts.append(self._next())
            if lexeme.kind == "mark":
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(lexeme.text, 0)
            if depth <= 0 and self._ends_with(lexeme, parts, is_enum=is_enum):
                return

    def _ends_before(self, lexeme: Lexeme) -> bool:
        """True if a comment or preprocessor line stands between a statement and a `}`."""
        if not (lexeme.is_comment or lexeme.stands_alone):
            return False
        after = self._behind_comments(self._index)
        return after is None or _is_mark(after, "}")

    def _behind_comments(self, index: int) -> Lexeme | None:
        """Give the first lexeme from an index on that is neither comment nor directive."""
        if index >= self._known_behind:
            found = range(index, len(self._lexemes))
            at = next(
                (at for at in found if not _is_between(self._lexemes[at])), len(found) + index
            )
            self._known_behind = at
        at = self._known_behind
        return self._lexemes[at] if at < len(self._lexemes) else None

    def _ends_with(self, lexeme: Lexeme, parts: list[Lexeme | Block], *, is_enum: bool) -> bool:
        """True if the statement ends with this lexeme."""
        following = self._peek()
        starts_line = following is None or following.lines_before > 0
        first = parts[0].opening if isinstance(parts[0], Block) else parts[0]
        if first.text == "midl_pragma":
            return starts_line
        if lexeme.kind != "mark":
            return False
        if lexeme.text == ")":
            return self._ends_macro(parts, following, starts_line=starts_line)
        if lexeme.text == ":":
            is_head = first.text in ("properties", "methods")
            return first.text in LABELS and (starts_line or is_head)
        return lexeme.text in (";", "}") or (is_enum and lexeme.text == ",")

    def _ends_macro(
        self, parts: list[Lexeme | Block], following: Lexeme | None, *, starts_line: bool
    ) -> bool:
        """True for `WORD(...)` without a semicolon: `cpp_quote`, or a macro on its own line."""
        first, second = parts[0], parts[1] if len(parts) > 1 else parts[0]
        if isinstance(first, Block) or isinstance(second, Block):
            return False
        if first.kind != "word" or second.text != "(":
            return False
        if following is None:
            return True
        if first.text == "cpp_quote":
            return following.text != ";"
        starts_next = following.kind == "word" or following.text in ("[", "}")
        return starts_line and (starts_next or following.stands_alone) and _is_one_group(parts)

    def _block(self, parts: Sequence[Lexeme | Block]) -> Block:
        block = Block(self._next(), _opens_enum(parts))
        self._depth += 1
        block.remarks = self._remarks()
        block.items = list(self._items(is_enum=block.is_enum))
        self._depth -= 1
        if self._comes("}"):
            block.closing = self._next()
        return block

    def _comes(self, text: str) -> bool:
        lexeme = self._peek()
        return lexeme is not None and _is_mark(lexeme, text)


def _is_one_group(parts: Sequence[Lexeme | Block]) -> bool:
    """True if only round brackets stand in a statement, all of them closed."""
    marks = [part.text for part in parts if not isinstance(part, Block) and part.kind == "mark"]
    return marks.count("(") == marks.count(")") and "[" not in marks


def _is_between(lexeme: Lexeme) -> bool:
    return lexeme.is_comment or lexeme.stands_alone


def _is_mark(lexeme: Lexeme, text: str) -> bool:
    return lexeme.kind == "mark" and lexeme.text == text


def _opens_enum(parts: Sequence[Lexeme | Block]) -> bool:
    """True if the `{` that follows is that of an enum."""
    depth = 0
    for part in reversed(parts):
        if isinstance(part, Block):
            return False
        if part.kind == "mark":
            depth += {"]": 1, "[": -1, ")": 1, "(": -1}.get(part.text, 0)
        elif depth == 0 and part.text in ("enum", "struct", "union", "interface"):
            return part.text == "enum"
    return False
