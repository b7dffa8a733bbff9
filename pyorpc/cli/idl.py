"""`pyorpc idl`: compiles IDL files to Python modules, or only checks them.

Mistakes in an IDL file are printed as `file:line:col: error ORPCnnnn: text`; the exit code is 1.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyorpc.midl.compile import Compiler
from pyorpc.midl.tree_cache import TreeCache

if TYPE_CHECKING:
    from collections.abc import Sequence

FILES = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

_files = click.argument("files", nargs=-1, required=True, type=FILES, metavar="FILE...")
_include = click.option(
    "-I",
    "--include",
    "include",
    multiple=True,
    type=FOLDER,
    metavar="DIR",
    help="Look for imported files in DIR too. May be given several times.",
)
_define = click.option(
    "-D",
    "--define",
    "define",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Define a macro of the preprocessor. May be given several times.",
)


@click.group()
def idl() -> None:
    """Compile or check IDL files.

    An import is looked for beside the importing file, then in the -I folders, then among the
    standard files (unknwn.idl, wtypes.idl, objidl.idl, oaidl.idl).
    """


@idl.command("compile")
@_files
@_include
@_define
@click.option(
    "-o",
    "--output",
    "output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Write the modules into DIR. Default: the current folder.",
)
def compile_files(
    files: Sequence[Path], include: Sequence[Path], define: Sequence[str], output: Path
) -> None:
    """Write foo_idl.py for each foo.idl.

    Imported files are read but not written: compile them into the same folder. If that folder is a
    package, the modules import each other by the package's name.
    """
    compiler = Compiler(include, _defined(define), TreeCache(_cache_folder()))
    compiled = [compiler.compile(path, output) for path in files]
    _end_if_refused(compiler)
    modules = [module for module in compiled if module is not None]
    for first, second in itertools.combinations(modules, 2):
        if first.file_name == second.file_name:
            raise click.UsageError(f"two of the files give {first.file_name}")
    output.mkdir(parents=True, exist_ok=True)
    for module in modules:
        (output / module.file_name).write_text(module.text, encoding="utf-8")


@idl.command("check")
@_files
@_include
@_define
def check_files(files: Sequence[Path], include: Sequence[Path], define: Sequence[str]) -> None:
    """Report what is wrong in IDL files, and write nothing."""
    compiler = Compiler(include, _defined(define), TreeCache(_cache_folder()))
    for path in files:
        compiler.check(path)
    _end_if_refused(compiler)


def _cache_folder() -> Path | None:
    """Give where parsed files are kept: in PYORPC_HOME if it is set, else in the user's cache."""
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


def _defined(written: Sequence[str]) -> dict[str, str]:
    """Give the macros of `-D NAME=VALUE`; one without a value is 1, as in C."""
    found: dict[str, str] = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not name.isidentifier():
            raise click.UsageError(f"-D takes NAME or NAME=VALUE, not '{one}'")
        found[name] = value if equals else "1"
    return found


def _end_if_refused(compiler: Compiler) -> None:
    """Print the warnings, and the report with exit code 1, if anything was refused."""
    for warning in compiler.reporter.warnings:
        click.echo(warning, err=True)
    if compiler.reporter.has_errors:
        click.echo(compiler.reporter.render(), err=True)
        raise click.exceptions.Exit(1)
