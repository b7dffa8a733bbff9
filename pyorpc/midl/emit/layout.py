"""Pieces of Python that may be longer than a line, and how `ruff format` breaks them.

A piece is a plain string or one of the classes below. `broken` gives the lines of one piece with
what stands before and behind it, whole where it fits, else in the formatter's shape.
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = 100
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Bracket:
    """`head(a, b)`, or with square brackets: a call, a subscript, a parameter list."""

    head: str
    items: tuple[Piece, ...]
    opening: str = "("
    closing: str = ")"


@dataclass(frozen=True, slots=True)
class Literal:
    """A tuple or a dict: broken, each item has a line of its own."""

    items: tuple[Piece, ...]
    opening: str = "("
    closing: str = ")"


@dataclass(frozen=True, slots=True)
class Entry:
    """`key: value` of a dict, or `name: type = default` of a parameter list."""

    key: str
    value: Piece
    default: str = ""


@dataclass(frozen=True, slots=True)
class Keyword:
    """`name=value` of a call."""

    name: str
    value: Piece


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`type | type | None`."""

    of: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`None if name is None else value`."""

    name: str
    value: Piece


@dataclass(frozen=True, slots=True)
class Loop:
    """`[element for name in source]`."""

    element: Piece
    name: str
    source: Piece


FROZEN = Keyword("frozen", "True")
Piece = str | Bracket | Literal | Entry | Keyword | AnyOf | Choice | Loop


def call(head: str, *items: Piece) -> Bracket:
    """Give a call."""
    return Bracket(head, items)


def subscript(head: str, *items: Piece) -> Bracket:
    """Give `head[a, b]`."""
    return Bracket(head, items, "[", "]")


def flat(piece: Piece) -> str:
    """Give the piece on one line."""
    match piece:
        case str():
            text = piece
        case Bracket() | Literal():
            text = _flat_group(piece)
        case Entry() | Keyword():
            text = f"{_named(piece)}{flat(piece.value)}{_default(piece)}"
        case AnyOf():
            text = " | ".join(flat(one) for one in piece.of)
        case Choice():
            text = f"None if {piece.name} is None else {flat(piece.value)}"
        case _:
            text = f"[{flat(piece.element)} for {piece.name} in {flat(piece.source)}]"
    return text


def broken(indent: int, before: str, piece: Piece, behind: str = "") -> list[str]:
    """Give the lines of `before piece behind`, on one line if it fits."""
    margin = INDENT * indent
    whole = f"{margin}{before}{flat(piece)}{behind}"
    if len(whole) <= COLUMNS or isinstance(piece, str):
        return [whole]
    match piece:
        case Bracket() | Literal():
            head = piece.head if isinstance(piece, Bracket) else ""
            first = f"{margin}{before}{head}{piece.opening}"
            return [first, *_body(indent + 1, piece), f"{margin}{piece.closing}{behind}"]
        case Entry() | Keyword():
            return broken(indent, before + _named(piece), piece.value, _default(piece) + behind)
        case AnyOf():
            *others, last = piece.of
            starts = (before, *["| "] * len(others))
            lines = [broken(indent, start, one) for start, one in zip(starts, others, strict=False)]
            lines.append(broken(indent, starts[-1], last, behind))
            return [line for one in lines for line in one]
        case Choice():
            test = f"{margin}if {piece.name} is None"
            return [f"{margin}{before}None", test, *broken(indent, "else ", piece.value, behind)]
        case Loop():
            return [f"{margin}{before}[", *_loop_body(indent + 1, piece), f"{margin}]{behind}"]


def assignment(indent: int, left: str, right: Piece) -> list[str]:
    """Give the lines of `left = right`."""
    return statement(indent, f"{left} = ", right)


def statement(indent: int, before: str, right: Piece) -> list[str]:
    """Give the lines of a statement that ends in a piece; what has no brackets gets some."""
    margin = INDENT * indent
    whole = f"{margin}{before}{flat(right)}"
    opens_late = isinstance(right, Bracket) and _opening(indent, before, right) > COLUMNS
    if len(whole) <= COLUMNS or not (opens_late or isinstance(right, (str, AnyOf, Choice))):
        return broken(indent, before, right)
    inner = broken(indent + 1, "", right)
    longest = max(len(inner[0]), len(f"{margin}{before}("))
    if isinstance(right, (str, Bracket)) and longest > COLUMNS:
        return broken(indent, before, right)
    return [f"{margin}{before}(", *inner, f"{margin})"]


def _opening(indent: int, before: str, right: Bracket) -> int:
    """Give the column behind the opening bracket."""
    return len(f"{INDENT * indent}{before}{right.head}{right.opening}")


def annotated(indent: int, name: str, annotation: Bracket, right: Bracket) -> list[str]:
    """Give the lines of `name: annotation = right`, where each of the three may be too long."""
    margin = INDENT * indent
    head = f"{margin}{name}: {flat(annotation)} = "
    if len(head + flat(right)) <= COLUMNS or len(head + right.head + right.opening) <= COLUMNS:
        return broken(indent, f"{name}: {flat(annotation)} = ", right)
    if len(head) + 1 <= COLUMNS:
        return [f"{head}(", *broken(indent + 1, "", right), f"{margin})"]
    first = f"{margin}{name}: {annotation.head}{annotation.opening}"
    last = broken(indent, f"{annotation.closing} = ", right)
    return [first, *_body(indent + 1, annotation), *last]


def unpacking(indent: int, names: tuple[str, ...], right: Piece) -> list[str]:
    """Give the lines of `a, b = right`."""
    left = flat(Literal(names)) if len(names) == 1 else ", ".join(names)
    margin = INDENT * indent
    head = f"{margin}{left} = "
    opens = flat(right)
    if isinstance(right, Bracket):
        opens = right.head + right.opening
    if len(head + flat(right)) <= COLUMNS or len(head + opens) <= COLUMNS:
        return broken(indent, f"{left} = ", right)
    body = [f"{margin}{INDENT}{name}," for name in names]
    return [f"{margin}(", *body, *broken(indent, ") = ", right)]


def returned(indent: int, values: tuple[Piece, ...]) -> list[str]:
    """Give the lines of `return a, b`."""
    if len(values) == 1:
        return statement(indent, "return ", values[0])
    whole = f"{INDENT * indent}return {', '.join(flat(value) for value in values)}"
    if len(whole) <= COLUMNS:
        return [whole]
    return broken(indent, "return ", Literal(values))


def definition(
    indent: int, name: str, parameters: tuple[Piece, ...], result: Piece, *, word: str = "def"
) -> list[str]:
    """Give the lines of `def name(parameters) -> result:`."""
    margin = INDENT * indent
    whole = f"{margin}{word} {flat(call(name, *parameters))} -> {flat(result)}:"
    if len(whole) <= COLUMNS:
        return [whole]
    last = broken(indent, ") -> ", result, ":")
    body = f"{margin}{INDENT}{', '.join(flat(one) for one in parameters)}"
    is_one_line = len(body) <= COLUMNS and len(parameters) > 1 and len(last) == 1
    lines = [body] if is_one_line else _one_per_line(indent + 1, parameters)
    return [f"{margin}{word} {name}(", *lines, *last]


def class_head(name: str, bases: tuple[Piece, ...]) -> list[str]:
    """Give the lines of `class name(bases):`."""
    return broken(0, "class ", call(name, *bases), ":")


def _one_per_line(indent: int, items: tuple[Piece, ...]) -> list[str]:
    return [line for item in items for line in broken(indent, "", item, ",")]


def _body(indent: int, group: Bracket | Literal) -> list[str]:
    """Give what stands between the brackets; a call's on one line if it fits there."""
    whole = INDENT * indent + ", ".join(flat(item) for item in group.items)
    if isinstance(group, Bracket) and len(whole) <= COLUMNS:
        return [whole]
    return _one_per_line(indent, group.items)


def _flat_group(group: Bracket | Literal) -> str:
    inner = ", ".join(flat(item) for item in group.items)
    if isinstance(group, Bracket):
        return f"{group.head}{group.opening}{inner}{group.closing}"
    comma = "," if len(group.items) == 1 and group.opening == "(" else ""
    return f"{group.opening}{inner}{comma}{group.closing}"


def _loop_body(indent: int, loop: Loop) -> list[str]:
    whole = flat(loop)[1:-1]
    if len(INDENT * indent + whole) <= COLUMNS:
        return [INDENT * indent + whole]
    first = broken(indent, "", loop.element)
    return [*first, *broken(indent, f"for {loop.name} in ", loop.source)]


def _named(piece: Entry | Keyword) -> str:
    return f"{piece.key}: " if isinstance(piece, Entry) else f"{piece.name}="


def _default(piece: Entry | Keyword) -> str:
    default = piece.default if isinstance(piece, Entry) else ""
    return f" = {default}" if default else ""
