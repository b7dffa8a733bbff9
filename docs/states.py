"""Draws docs/states.md from the tables of moves, and from the comments beside them.

python docs/states.py
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import tokenize
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Final

# What the page shows: a title, and the table as module:attribute.
TABLES: Final = (
    ("Call at its caller", "pyorpc.remoting.call_states:OUTGOING"),
    ("Call at its callee", "pyorpc.remoting.call_states:INCOMING"),
    ("Apartment", "pyorpc.apartment.apartment_state:MOVES"),
    ("Context", "pyorpc.context.context_state:MOVES"),
    ("Stub", "pyorpc.remoting.stub_state:MOVES"),
    ("Packet made by hand", "pyorpc.remoting.packet_state:MOVES"),
    ("Registration of a class object", "pyorpc.activation.class_table:MOVES"),
)

PAGE: Final = Path(__file__).resolve().parent / "states.md"
INTRODUCTION: Final = """\
# States

<!-- Drawn by docs/states.py from the tables in the code. Change those, and run it. -->

Whatever has more than two states moves by a table: `MOVES[state, event]` is the next state, and a
move that is not there raises. Each row is a state, each column an event; `-` is no move. The last
table of a section says why, and which text asks for it: *page of X* is the vendor's page about X,
DCOM the published protocol, R-7 a ruling; marks such as LIF-07 are cases of `tests/conformance`.
"""

Moves = Mapping[tuple[Enum, Enum], Enum]


def page() -> str:
    return "\n".join([INTRODUCTION, *(section(title, place) for title, place in TABLES)])


def section(title: str, place: str) -> str:
    """One table, and what is written beside its moves."""
    module_name, attribute = place.split(":")
    module = importlib.import_module(module_name)
    moves: Moves = getattr(module, attribute)
    (state, event), *_ = moves
    texts = [f"## {title}", "", f"`{module_name.replace('.', '/')}.py`: {meaning(type(state))}"]
    texts += ["", *matrix(moves, list(type(state)), list(type(event)))]
    notes = notes_of(inspect.getsource(module))
    members = [each for each in (*type(state), *type(event)) if str(each) in notes]
    if members:
        texts += ["", *(f"- {each.value}: {notes[str(each)]}" for each in members)]
    reasons = list(reasons_of(inspect.getsource(module), attribute))
    if any(reasons):
        texts += ["", "| From | by | to | because |", "|---|---|---|---|"]
    for ((before, what), after), reason in zip(moves.items(), reasons, strict=True):
        if reason:
            texts.append(f"| {before.value} | {what.value} | {after.value} | {reason} |")
    return "\n".join([*texts, ""])


def meaning(kind: type[Enum]) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())


def matrix(moves: Moves, states: list[Enum], events: list[Enum]) -> Iterator[str]:
    yield "| | " + " | ".join(str(event.value) for event in events) + " |"
    yield "|---" * (len(events) + 1) + "|"
    for state in states:
        cells = [moves[state, event].value if (state, event) in moves else "-" for event in events]
        yield f"| {state.value} | " + " | ".join(cells) + " |"


def reasons_of(source: str, attribute: str) -> Iterator[str]:
    """For each entry of a dict in the source: the comments above it and at its end."""
    entries = dict_of(source, attribute)
    comments = comments_of(source)
    last = entries.lineno
    for value in entries.values:
        end = value.end_lineno or value.lineno
        lines = (comments.get(line, "") for line in range(last + 1, end + 1))
        yield " ".join(line for line in lines if line)
        last = end


def notes_of(source: str) -> dict[str, str]:
    """What stands under the members of the enums in the source, by `Enum.MEMBER`."""
    notes: dict[str, str] = {}
    for kind in ast.walk(ast.parse(source)):
        if isinstance(kind, ast.ClassDef):
            for member, below in pairwise(kind.body):
                match member, below:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)]),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        notes[f"{kind.name}.{name}"] = " ".join(text.split())
                    case _:
                        pass
    return notes


def dict_of(source: str, attribute: str) -> ast.Dict:
    for node in ast.parse(source).body:
        match node:
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as found)
                | ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as found)
            ) if name == attribute:
                return found
            case _:
                pass
    raise LookupError(f"{attribute} is no dict that stands in the source")


def comments_of(source: str) -> dict[int, str]:
    """The comments by line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ")
        for token in tokens
        if token.type == tokenize.COMMENT
    }


if __name__ == "__main__":
    PAGE.write_text(page())
