"""`pyorpc register`, `unregister` and `classes`: the catalog of the user's PYORPC_HOME."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyorpc.activation.catalog import Catalog, CatalogEntry
from pyorpc.activation.class_string import find_clsid
from pyorpc.activation.coclass import record_of
from pyorpc.activation.implementation import Implementation
from pyorpc.errors import ComError
from pyorpc.ids import Clsid

_WIDTH_OF_A_FILE = 200


@click.command()
@click.argument("names", metavar="PACKAGE.MODULE:CLASS...", nargs=-1, required=True)
@click.option(
    "--path",
    "paths",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Import from this directory; repeat. Without it: from the current one.",
)
@click.option("--command", metavar="TEXT", help="Start the server by this command instead.")
@click.option("--progid", metavar="NAME", help="The ProgID of a class that is given as a CLSID.")
def register(
    *, names: tuple[str, ...], paths: tuple[Path, ...], command: str | None, progid: str | None
) -> None:
    """Put classes into the catalog, with the command that starts their server.

    The classes are imported to read what @coclass says of them. A class whose server is not in
    Python is given as a CLSID, with --command and, if it has one, --progid.
    """
    is_one_clsid = len(names) == 1 and all(map(find_clsid, names))
    if progid is not None and not is_one_clsid:
        raise click.UsageError("--progid belongs to one class that is given as a CLSID.")
    argv = None if command is None else _split(command)
    directories = [str(path.absolute()) for path in paths] or [str(Path.cwd())]
    entries = [_entry(name, argv, progid, directories) for name in names]
    with Catalog() as catalog:
        for entry in entries:
            catalog.register(entry)
            click.echo(f"registered {_title(entry)}: {shlex.join(entry.argv)}")


@click.command()
@click.argument("names", metavar="CLSID|PROGID...", nargs=-1, required=True)
def unregister(*, names: tuple[str, ...]) -> None:
    """Take classes out of the catalog. Servers that run are not touched."""
    with Catalog() as catalog:
        for name in names:
            click.echo(f"unregistered {_title(catalog.unregister(name))}")


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Write JSON.")
def classes(*, wants_json: bool) -> None:
    """List the classes in the catalog."""
    with Catalog() as catalog:
        entries = catalog.classes()
    if wants_json:
        listed = [asdict(entry) | {"clsid": str(entry.clsid)} for entry in entries]
        click.echo(json.dumps(listed, indent=2))
    elif entries:
        console = Console()
        if not console.is_terminal:
            console.width = _WIDTH_OF_A_FILE
        console.print(_table(entries))
    else:
        click.echo(f"No class is registered in {catalog.path.parent}.")


def _entry(
    name: str, argv: tuple[str, ...] | None, progid: str | None, directories: Sequence[str]
) -> CatalogEntry:
    clsid = find_clsid(name)
    if clsid is None:
        return _python_entry(name, argv, directories)
    if argv is None:
        raise click.UsageError(f"A class that is given as a CLSID needs --command: {name}.")
    return CatalogEntry(clsid=Clsid(clsid), progid=progid, argv=argv)


def _python_entry(
    name: str, argv: tuple[str, ...] | None, directories: Sequence[str]
) -> CatalogEntry:
    try:
        implementation = Implementation.parse(name)
    except ComError as error:
        raise click.BadParameter(error.description, param_hint="PACKAGE.MODULE:CLASS") from None
    record = record_of(implementation.load(directories))
    directory = implementation.directory()
    return CatalogEntry(
        clsid=record.clsid,
        progid=record.progid,
        argv=argv or _serve(implementation, directory),
        implementation=str(implementation),
        directory=directory,
        threading_model=record.model.value,
    )


def _serve(implementation: Implementation, directory: str | None) -> tuple[str, ...]:
    """The command that serves a class from whatever directory it is started in."""
    places = [directory] if directory else []
    # What the class imports in its turn was found there, too.
    search_path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places += [str(Path(place).absolute()) for place in search_path if place]
    options = [word for place in dict.fromkeys(places) for word in ("--path", place)]
    return (sys.executable, "-m", "pyorpc", "serve", *options, str(implementation))


def _split(command: str) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise click.BadParameter(f"{command!r}: {error}", param_hint="--command") from None
    if not argv:
        raise click.BadParameter("it is empty", param_hint="--command")
    return argv


def _title(entry: CatalogEntry) -> str:
    return f"{entry.progid} ({entry.clsid})" if entry.progid else str(entry.clsid)


def _table(entries: Sequence[CatalogEntry]) -> Table:
    table = Table("ProgID", "CLSID", "Model", "Class", "Server", box=None, pad_edge=False)
    table.columns[1].no_wrap = True
    for entry in entries:
        server = shlex.join(entry.argv)
        cells = (entry.progid, entry.clsid, entry.threading_model, entry.implementation, server)
        table.add_row(*(Text(str(cell or "-"), overflow="fold") for cell in cells))
    return table
