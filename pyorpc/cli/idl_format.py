"""`pyorpc idl format`: lays out IDL files in one style, in place.

Nothing is written if one of the files has a mistake, or if it is the same already.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from pyorpc.cli.replaced_file import replace_file
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.format.formatted import formatted
from pyorpc.midl.source import SourceFile, Sources

STANDARD_INPUT = Path("-")
FILES = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


class Layout(NamedTuple):
    """A file, its text and what its text becomes."""

    path: Path
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """True if the file was not laid out so."""
        return self.before != self.after

    @property
    def name(self) -> str:
        """What messages call the file."""
        return "<stdin>" if self.path == STANDARD_INPUT else str(self.path)


@click.command("format")
@click.argument("files", nargs=-1, required=True, type=FILES, metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="As --check, and show what would change.")
def format_files(files: Sequence[Path], check: bool, diff: bool) -> None:
    """Lay out IDL files in one style. `-` reads standard input and writes standard output.

    Comments, preprocessor lines and the order of everything stay. A file whose text has a
    mistake that makes its words unclear, such as a comment without an end, is refused.
    """
    reporter = Reporter()
    layouts = list(_layouts(files, reporter))
    if reporter.has_errors:
        click.echo(reporter.render(), err=True)
        raise click.exceptions.Exit(1)
    if check or diff:
        _compare(layouts, shows_difference=diff)
    for layout in () if check or diff else layouts:
        if layout.path == STANDARD_INPUT:
            click.echo(layout.after, nl=False)
        elif layout.is_changed:
            replace_file(layout.path, layout.after.encode())
            click.echo(f"formatted {layout.name}")


def _layouts(files: Sequence[Path], reporter: Reporter) -> Iterator[Layout]:
    sources = Sources([], reporter)
    for path in dict.fromkeys(files):
        source = _standard_input() if path == STANDARD_INPUT else sources.open(path)
        text = formatted(source, reporter)
        if text is not None:
            yield Layout(path, source.text, text)


def _standard_input() -> SourceFile:
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"<stdin> is not UTF-8 at byte {error.start}; convert it first"
        ) from None
    return SourceFile(STANDARD_INPUT, "<stdin>", text)


def _compare(layouts: Sequence[Layout], *, shows_difference: bool) -> None:
    changed = [layout for layout in layouts if layout.is_changed]
    for layout in changed:
        if shows_difference:
            click.echo(_difference(layout), nl=False)
        click.echo(f"would format {layout.name}", err=True)
    if changed:
        raise click.exceptions.Exit(1)


def _difference(layout: Layout) -> str:
    before, after = (text.splitlines(keepends=True) for text in (layout.before, layout.after))
    lines = difflib.unified_diff(before, after, layout.name, f"{layout.name} (formatted)")
    # A last line without an end would run into the next one.
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
