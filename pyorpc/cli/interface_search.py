"""Finding the interface class that a command line names: in a module, an IDL file, or a class.

The user's own code is imported, on the thread that asks; never what a peer names.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from pyorpc.activation.catalog import CatalogEntry
from pyorpc.activation.implementation import Implementation
from pyorpc.errors import HRESULT, ComError
from pyorpc.midl.compile import Compiler, Generated
from pyorpc.unknown import IUnknown

Interface = type[IUnknown]


def interface_in_module(name: str, module: str, directories: Sequence[str]) -> Interface:
    """The interface of a generated module. Raises ComError if there is none."""
    return _checked(Implementation(module, name).load(directories), name)


def interface_in_idl(name: str, file: Path, include: Sequence[Path]) -> Interface:
    """The interface of an IDL file, which is compiled for the moment.

    Mistakes in it are reported as `pyorpc idl check` does.
    """
    compiler = Compiler(include)
    with tempfile.TemporaryDirectory(prefix="pyorpc-call-") as folder:
        main = _compiled(compiler, file, Path(folder))
        modules = [main, *(_compiled(compiler, path, Path(folder)) for path in compiler.imported())]
        for module in modules:
            (Path(folder) / module.file_name).write_text(module.text, encoding="utf-8")
        try:
            return interface_in_module(name, Path(main.file_name).stem, [folder])
        finally:
            sys.path.remove(folder)


def interface_of_class(name: str, entry: CatalogEntry) -> Interface:
    """The interface of that name which a registered class has, or which stands beside one."""
    if entry.implementation is None:
        raise click.UsageError(
            f"{entry.name} is not registered with a Python class: say --idl FILE or --module NAME."
        )
    directories = [] if entry.directory is None else [entry.directory]
    implementation = Implementation.parse(entry.implementation).load(directories)
    own = [each for each in implementation.__mro__ if "IID" in vars(each)]
    for each in own:
        if each.__name__ == name:
            return _checked(each, name)
    for each in own:
        beside: object = getattr(sys.modules[each.__module__], name, None)
        if isinstance(beside, type) and "IID" in vars(beside):
            return _checked(beside, name)
    names = ", ".join(each.__name__ for each in own if each is not IUnknown)
    raise ComError(HRESULT.E_NOINTERFACE, f"{entry.name} has no {name}; it has {names}")


def _compiled(compiler: Compiler, file: Path, folder: Path) -> Generated:
    generated = compiler.compile(file, folder)
    if generated is None or compiler.reporter.has_errors:
        click.echo(compiler.reporter.render(), err=True)
        raise click.exceptions.Exit(1)
    return generated


def _checked(found: type, name: str) -> Interface:
    if issubclass(found, IUnknown) and "IID" in vars(found):
        return found
    raise ComError(HRESULT.E_NOINTERFACE, f"{name} is no interface, but {found!r:.80}")
