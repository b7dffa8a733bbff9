"""What the subcommands of `pyorpc idl` have in common: files, `-I`, `-D`, `-o`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from pyorpc.midl.compile import Compiler
from pyorpc.midl.tree_cache import TreeCache

FILES = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

idl_files = click.argument("files", nargs=-1, required=True, type=FILES, metavar="FILE...")
include_option = click.option(
    "-I",
    "--include",
    "include",
    multiple=True,
    type=FOLDER,
    metavar="DIR",
    help="Look for imported files in DIR too. May be given several times.",
)
define_option = click.option(
    "-D",
    "--define",
    "define",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Define a macro of the preprocessor. May be given several times.",
)
output_option = click.option(
    "-o",
    "--output",
    "output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Write the files into DIR. Default: the current folder.",
)


def defined(written: Sequence[str]) -> dict[str, str]:
    """Give the macros of `-D NAME=VALUE`; one without a value is 1, as in C."""
    found: dict[str, str] = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not name.isidentifier():
            raise click.UsageError(f"-D takes NAME or NAME=VALUE, not '{one}'")
        found[name] = value if equals else "1"
    return found


def tree_cache() -> TreeCache:
    """Give where parsed files are kept: in PYORPC_HOME if it is set, else in the user's cache."""
    return TreeCache(_cache_folder())


def _cache_folder() -> Path | None:
    home = os.environ.get("PYORPC_HOME")
    if home:
        return Path(home) / "idl-cache"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if cache.startswith("/"):  # the XDG specification: a relative one is to be ignored
        return Path(cache) / "pyorpc" / "idl"
    try:
        return Path.home() / ".cache" / "pyorpc" / "idl"
    except RuntimeError:  # no home: nothing is kept
        return None


def end_if_refused(compiler: Compiler) -> None:
    """Print the warnings, and the report with exit code 1, if anything was refused."""
    for warning in compiler.reporter.warnings:
        click.echo(warning, err=True)
    if compiler.reporter.has_errors:
        click.echo(compiler.reporter.render(), err=True)
        raise click.exceptions.Exit(1)
