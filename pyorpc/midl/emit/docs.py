"""Docstrings and comments from the documentation in the IDL."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyorpc.midl.emit.writer import Writer

COLUMNS = 100


def write_docstring(writer: Writer, doc: str) -> None:
    """Write the docstring, if there is any text."""
    width = COLUMNS - 4 * writer.indent - 3
    lines = _lines(_escaped(doc), width)
    if len(lines) == 1 and len(lines[0]) > width - 3:
        lines = _lines(lines[0], width - 3)
    if len(lines) == 1:
        writer.line(f'"""{lines[0]}"""')
    elif lines:
        writer.line(f'"""{lines[0]}')
        for line in lines[1:]:
            writer.line(line)
        writer.line('"""')


def write_comment(writer: Writer, doc: str) -> None:
    """Write the text as comment lines."""
    for line in _lines(doc, COLUMNS - 4 * writer.indent - 2):
        writer.line(f"# {line}".rstrip())


def _lines(doc: str, width: int) -> list[str]:
    """Give the lines of a text, wrapped where they are too long."""
    found: list[str] = []
    for line in inspect.cleandoc(doc).split("\n"):
        stripped = line.rstrip()
        if len(stripped) <= width:
            found.append(stripped)
        else:
            margin = stripped[: len(stripped) - len(stripped.lstrip())]
            found.extend(textwrap.wrap(stripped, width, subsequent_indent=margin))
    return found if any(found) else []


def _escaped(doc: str) -> str:
    """Give the text so that it means itself between triple quotes."""
    clean = "".join(char if char.isprintable() or char in "\n\t" else "?" for char in doc)
    escaped = clean.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped
