"""`pyorpc idl`: compiles IDL files to Python modules, or only checks them.

Mistakes in an IDL file are printed as `file:line:col: error ORPCnnnn: text`; the exit code is 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click

from pyorpc.cli.lazy_group import LazyGroup, Subcommand
from pyorpc.cli.watched_files import PERIOD_S, watch_files
from pyorpc.midl.compile import Compiler

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


TOOLS: Final[Mapping[str, Subcommand]] = {
    "format": Subcommand("pyorpc.cli.idl_format:format_files", "Lay out IDL files in one style."),
    "new": Subcommand("pyorpc.cli.idl_new:new_file", "Write an IDL file to begin with."),
    "doc": Subcommand("pyorpc.cli.idl_doc:document_files", "Write the reference of IDL files."),
}


class IdlGroup(LazyGroup):
    """The subcommands of `pyorpc idl` that are not in this file."""

    subcommands = TOOLS


@click.group(cls=IdlGroup)
def idl() -> None:
    """Compile or check IDL files, and tools for them.

    An import is looked for beside the importing file, then in the -I folders, then among the
    standard files (unknwn.idl, wtypes.idl, objidl.idl, oaidl.idl).
    """


_watch = click.option(
    "--watch",
    is_flag=True,
    help=f"Go on: look every {PERIOD_S} s, and do it again when a file has changed.",
)


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
@_watch
def compile_files(
    files: Sequence[Path],
    include: Sequence[Path],
    define: Sequence[str],
    output: Path,
    watch: bool,
) -> None:
    """Write foo_idl.py for each foo.idl.

    Imported files are read but not written: compile them into the same folder. If that folder is a
    package, the modules import each other by the package's name.
    """
    make = partial(Compiler, include, _defined(define))
    _run(files, include, make, lambda compiler: _compile(compiler, files, output), watch=watch)


@idl.command("check")
@_files
@_include
@_define
@_watch
def check_files(
    files: Sequence[Path], include: Sequence[Path], define: Sequence[str], watch: bool
) -> None:
    """Report what is wrong in IDL files, and write nothing."""
    make = partial(Compiler, include, _defined(define))
    _run(files, include, make, lambda compiler: _check(compiler, files), watch=watch)


def _defined(written: Sequence[str]) -> dict[str, str]:
    """Give the macros of `-D NAME=VALUE`; one without a value is 1, as in C."""
    found: dict[str, str] = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not name.isidentifier():
            raise click.UsageError(f"-D takes NAME or NAME=VALUE, not '{one}'")
        found[name] = value if equals else "1"
    return found


def _run(
    files: Sequence[Path],
    include: Sequence[Path],
    make: Callable[[], Compiler],
    work: Callable[[Compiler], str],
    *,
    watch: bool,
) -> None:
    """Do the work once, and end with code 1 if anything was refused; or again and again."""
    if watch:
        watch_files(files, include, make, work)
    compiler = make()
    work(compiler)
    if compiler.reporter.has_errors:
        click.echo(compiler.reporter.render(), err=True)
        raise click.exceptions.Exit(1)


def _compile(compiler: Compiler, files: Sequence[Path], output: Path) -> str:
    """Write the modules, if nothing was refused; say which."""
    compiled = [compiler.compile(path, output) for path in files]
    modules = [module for module in compiled if module is not None]
    for first, second in itertools.combinations(modules, 2):
        if first.file_name == second.file_name:
            raise click.UsageError(f"two of the files give {first.file_name}")
    if compiler.reporter.has_errors:
        return ""
    output.mkdir(parents=True, exist_ok=True)
    for module in modules:
        (output / module.file_name).write_text(module.text, encoding="utf-8")
    return "wrote " + ", ".join(str(output / module.file_name) for module in modules)


def _check(compiler: Compiler, files: Sequence[Path]) -> str:
    """Look at the files; say that they are right."""
    for path in files:
        compiler.check(path)
    return "nothing wrong in " + ", ".join(map(str, files))
