"""`pyorpc idl`: compiles IDL files to Python modules, or only checks them.

Mistakes in an IDL file are printed as `file:line:col: error ORPCnnnn: text`; the exit code is 1.
"""

from __future__ import annotations

import py_compile
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from pyorpc.cli.idl_options import (
    cache_folder,
    define_option,
    defined,
    end_if_refused,
    idl_files,
    include_option,
    output_option,
)
from pyorpc.cli.lazy_group import LazyGroup, Subcommand
from pyorpc.cli.watched_files import PERIOD_S, Job, watch_files
from pyorpc.midl.build_records import BuildRecords, request_of
from pyorpc.midl.compile import Compiler
from pyorpc.midl.emit.names import module_file

TOOLS: Final[Mapping[str, Subcommand]] = {
    "format": Subcommand("pyorpc.cli.idl_format:format_files", "Lay out IDL files in one style."),
    "new": Subcommand("pyorpc.cli.idl_new:new_file", "Write an IDL file to begin with."),
    "doc": Subcommand("pyorpc.cli.idl_doc:document_files", "Write the reference of IDL files."),
    "breaking": Subcommand("pyorpc.cli.idl_breaking:find_breaking", "Say what breaks old peers."),
    "lsp": Subcommand("pyorpc.cli.idl_lsp:serve_editor", "Answer an editor (a language server)."),
}


class IdlGroup(LazyGroup):
    """The subcommands of `pyorpc idl` that are not in this file."""

    subcommands = TOOLS


@click.group(cls=IdlGroup)
def idl() -> None:
    """Compile or check IDL files, and tools for them.

    An import is looked for beside the importing file, then in the -I folders, then among the
    standard files (unknwn.idl, wtypes.idl, objidl.idl, oaidl.idl, ocidl.idl and others).
    """


_watch = click.option(
    "--watch",
    is_flag=True,
    help=f"Go on: look every {PERIOD_S} s, and do it again when a file has changed.",
)


@idl.command("compile")
@idl_files
@include_option
@define_option
@output_option
@_watch
@click.option("--force", is_flag=True, help="Compile also what is up to date.")
@click.option(
    "--imports", is_flag=True, help="Write the modules of all imported files as well, and headers'."
)
def compile_files(  # one for each option
    files: Sequence[Path],
    include: Sequence[Path],
    define: Sequence[str],
    output: Path,
    *,
    watch: bool,
    force: bool,
    imports: bool,
) -> None:
    """Write foo_idl.py for each foo.idl that has changed, or whose imports have.

    Imported files are read but not written: compile them into the same folder, or say --imports.
    If that folder is a package, the modules import each other by the package's name.
    """
    macros = defined(define)
    requests = {
        path: request_of(path, include, macros, output, with_imported=imports) for path in files
    }
    records = BuildRecords(cache_folder())
    if not (force or watch):
        files = [
            path
            for path in files
            if not records.is_current(output / module_file(path), requests[path])
        ]
    if files:
        build = Build(files, output, imports, records, requests)
        work = partial(_compile, build)
        _run(Job([*files], [*include], macros, work), watch=watch)


@idl.command("check")
@idl_files
@include_option
@define_option
@_watch
def check_files(
    files: Sequence[Path], include: Sequence[Path], define: Sequence[str], watch: bool
) -> None:
    """Report what is wrong in IDL files, and write nothing."""
    _run(Job([*files], [*include], defined(define), partial(_check, files)), watch=watch)


def _run(job: Job, *, watch: bool) -> None:
    """Do the job once, and end with code 1 if anything was refused; or again and again."""
    if watch:
        watch_files(job)
    compiler = job.compiler()
    job.work(compiler)
    end_if_refused(compiler)


@dataclass(frozen=True, slots=True)
class Build:
    """What `compile` is to write, and how it remembers that."""

    files: Sequence[Path]
    output: Path
    with_imported: bool
    records: BuildRecords
    requests: Mapping[Path, str]


def _compile(build: Build, compiler: Compiler) -> str:
    """Write the modules, if nothing was refused; say which."""
    output = build.output
    compiled = [compiler.compile(path, output, in_parts=True) for path in build.files]
    modules = [module for module in compiled if module is not None]
    imported = compiler.compile_imported(output) if build.with_imported else []
    modules.extend(imported)
    named = Counter(name for module in modules for name in module.files())
    for name in (name for name, count in named.items() if count > 1):
        raise click.UsageError(f"two of the files give {name}")
    if compiler.reporter.has_errors:
        return ""
    written = {name: text for module in modules for name, text in module.files().items()}
    _write(written, output)
    # Modules of parts and imported files count as read: without them, the work is not done.
    read = [source.path for source in compiler.read_files()]
    read.extend(output / name for name in written.keys() - set(map(module_file, build.files)))
    for path in build.files:
        build.records.note(output / module_file(path), build.requests[path], read)
    return "wrote " + ", ".join(str(output / name) for name in written)


def _write(texts: Mapping[str, str], output: Path) -> None:
    """Write modules, and their bytecode: Python takes longer to compile a large one than to run it.

    Where nobody may write bytecode, the first import makes its own, as ever.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (output / name).write_text(text, encoding="utf-8")
        if not sys.dont_write_bytecode:
            with suppress(OSError, py_compile.PyCompileError):
                py_compile.compile(str(output / name), doraise=True)


def _check(files: Sequence[Path], compiler: Compiler) -> str:
    """Look at the files; say that they are right."""
    for path in files:
        compiler.check(path)
    return "nothing wrong in " + ", ".join(map(str, files))
