"""`pyorpc idl new`: writes an IDL file to begin with, which compiles and has ids of its own."""

from __future__ import annotations

import re
import tempfile
import uuid
from pathlib import Path

import click

from pyorpc.cli.replaced_file import replace_file
from pyorpc.midl.compile import Compiler
from pyorpc.midl.skeleton import Skeleton

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@click.command("new")
@click.argument("name")
@click.option(
    "--interface",
    metavar="IFOO",
    help="Name of the interface. Default: I and the NAME in capitals.",
)
@click.option("--async", "has_async", is_flag=True, help="Give it an asynchronous form too.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write FILE, or standard output for `-`. Default: NAME.idl.",
)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def new_file(
    name: str, interface: str | None, has_async: bool, output: Path | None, force: bool
) -> None:
    """Write NAME.idl, with an interface, a class id and one method to begin with.

    Each run makes new ids. NAME becomes a Python module's name too: NAME_idl.
    """
    for word in (name, interface or name):
        if not IDENTIFIER.match(word):
            raise click.UsageError(f"'{word}' is no name: use letters, digits and underscores")
    asynchronous = uuid.uuid4() if has_async else None
    skeleton = Skeleton(name, uuid.uuid4(), uuid.uuid4(), interface or "", asynchronous)
    _refuse_what_does_not_compile(skeleton)
    _write(skeleton.text(), output or Path(f"{name}.idl"), is_forced=force)


def _refuse_what_does_not_compile(skeleton: Skeleton) -> None:
    """Refuse a name that IDL, or the standard files, need for something else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{skeleton.name}.idl"
        path.write_text(skeleton.text(), encoding="utf-8")
        compiler = Compiler([])
        compiler.compile(path, Path(folder))
    found = compiler.reporter.diagnostics()
    if found:
        raise click.UsageError(f"IDL cannot have these names: {found[0].text}")


def _write(text: str, path: Path, *, is_forced: bool) -> None:
    if path == Path("-"):
        click.echo(text, nl=False)
        return
    if path.exists() and not is_forced:
        raise click.ClickException(f"{path} is there already; --force replaces it")
    replace_file(path, text.encode())
    click.echo(f"wrote {path}")
