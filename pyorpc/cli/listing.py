"""Listings: how the commands print tables, ages and JSON. A pipe gets plain text, one way wide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_A_FILE: Final = 200
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One line for each row, or more where a cell has more."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_FILE
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell), overflow="fold") for cell in row))
    console.print(table)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def age(seconds: float) -> str:
    """`0.3 s`, `12 s`, `5 min`, `3.0 h`."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
