"""`pyorpc call`: calls one method of an object from the command line."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import click

from pyorpc.activation.catalog import Catalog, CatalogEntry
from pyorpc.activation.class_string import parse_class_string
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.cli.arguments import read_argument, result_text
from pyorpc.cli.interface_search import (
    Interface,
    interface_in_idl,
    interface_in_module,
    interface_of_class,
)
from pyorpc.cli.method_search import FoundMethod, find_method
from pyorpc.enumerations import CLSCTX
from pyorpc.errors import HRESULT, CallTimeoutError, ComError
from pyorpc.functions.activation import create_instance
from pyorpc.functions.apartments import enter_apartment
from pyorpc.functions.configuration import configure, get_settings
from pyorpc.functions.objects import last_hresult, release
from pyorpc.ids import Clsid, Guid
from pyorpc.remoting.peer import new_identity

_EXAMPLES = """
\b
Examples:
  pyorpc call Readme.Thermometer IThermometer.Read
  pyorpc call Shapes.Canvas ICanvas.Draw '{"kind": "KIND_SQUARE", "count": 1, "corners": [2]}' 3
  pyorpc call Readme.Thermometer IThermometer.Read --host tcp://lab7:5555 --insecure
  pyorpc call 0d1c7a52-3b0e-4f6f-8a4c-1f7f0a9e2b11 IFoo.Bar null -1 --idl foo.idl

\b
A number, a text, true, false, null, an enum's name or a GUID is written as it
is, bytes as hexadecimal digits, a list or a struct as JSON. IFoo.Name reads a
property, as IFoo.get_Name does; IFoo.Name VALUE sets it, as IFoo.put_Name.
"""


class _Options(NamedTuple):
    """Where the interface is, if not with the class in the catalog."""

    module: str | None
    idl: Path | None
    paths: tuple[Path, ...]

    @property
    def directories(self) -> list[str]:
        return [str(path.absolute()) for path in self.paths] or [str(Path.cwd())]


@click.command(epilog=_EXAMPLES, context_settings={"ignore_unknown_options": True})
@click.argument("target", metavar="CLSID|PROGID")
@click.argument("method", metavar="INTERFACE.METHOD")
@click.argument("texts", metavar="ARGUMENT...", nargs=-1, type=click.UNPROCESSED)
@click.option("--host", metavar="ENDPOINT", help="Make the object there, and start nothing.")
@click.option("--insecure", is_flag=True, help="Connect to TCP without keys.")
@click.option("--module", metavar="PACKAGE.MODULE", help="The generated module of the interface.")
@click.option(
    "--idl",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The IDL file of the interface.",
)
@click.option(
    "--path",
    "paths",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Look for the module, or for imported IDL files, here; repeat.",
)
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Give up after this time. Without it: never.",
)
def call(
    *,
    target: str,
    method: str,
    texts: tuple[str, ...],
    host: str | None,
    insecure: bool,
    module: str | None,
    idl: Path | None,
    paths: tuple[Path, ...],
    timeout_s: float | None,
) -> None:
    """Make an object of a class, call one method of it, and print what it returns.

    The class is looked for as `create_instance` does: its server is started if it does not run. The
    types of the arguments come from the interface, which is that of the class in the catalog unless
    --module or --idl says where else it is. Results are printed as JSON.
    """
    wanted = re.fullmatch(r"(\w+)\.(\w+)", method)
    if wanted is None:
        raise click.BadParameter(f"{method!r} is no INTERFACE.METHOD", param_hint="METHOD")
    if module is not None and idl is not None:
        raise click.UsageError("--module and --idl exclude each other.")
    iface = _interface(target, wanted[1], _Options(module, idl, paths))
    found = find_method(iface, wanted[2], len(texts))
    arguments = _arguments(found, texts)
    if insecure:
        configure(insecure=True)
    with _limit(timeout_s), enter_apartment():
        result = _call(target, host, iface, found.invoker(arguments))
    if result is not None:
        click.echo(result)


def _interface(target: str, name: str, options: _Options) -> Interface:
    if options.module is not None:
        return interface_in_module(name, options.module, options.directories)
    if options.idl is not None:
        return interface_in_idl(name, options.idl, options.paths)
    return interface_of_class(name, _entry(target))


def _entry(target: str) -> CatalogEntry:
    parse_class_string(target)
    return Catalog(get_settings().home).find(target)


def _arguments(found: FoundMethod, texts: Sequence[str]) -> list[Any]:
    """The values of the arguments. Raises click's errors: it is the command line that is wrong."""
    parameters = found.parameters
    title = f"{found.iface.__name__}.{found.name}({', '.join(each.name for each in parameters)})"
    if not found.takes(len(texts)):
        raise click.UsageError(f"{title} takes {_range(found.fewest, len(parameters))}.")
    types = get_args(found.method.args_type)
    values: list[Any] = []
    for text, parameter, expected in zip(texts, parameters, types, strict=False):
        try:
            values.append(read_argument(text, expected))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=parameter.name) from None
    return values


def _range(least: int, most: int) -> str:
    count = str(most) if least == most else f"{least} to {most}"
    return f"{count} argument{'' if count == '1' else 's'}"


def _call(
    target: str, host: str | None, iface: Interface, invoke: Callable[[object], object]
) -> str | None:
    """The result as text, while the pointers in it still live; None: it has none."""
    where = host or _running_server(target)
    proxy = create_instance(target, iface, CLSCTX.LOCAL_SERVER, host=where)
    try:
        value = invoke(proxy)
        if code := last_hresult():
            click.echo(HRESULT(code), err=True)
        return None if value is None else result_text(value)
    finally:
        release(proxy)


def _running_server(target: str) -> str | None:
    """Where a server of the class listens already, so that no SCM needs to be asked."""
    class_string = parse_class_string(target)
    home = get_settings().home
    if not isinstance(class_string, Guid):
        try:
            class_string = Catalog(home).find(class_string).clsid
        except ComError:
            return None
    serving = ServerDirectory(home, new_identity().host).serving(Clsid(class_string))
    return serving[0].endpoint if serving else None


@contextmanager
def _limit(timeout_s: float | None) -> Generator[None]:
    """Tear the main thread out of whatever it waits for, as Ctrl-C does."""

    def give_up(_number: int, _frame: object) -> None:
        raise CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT, f"not done within {timeout_s:g} s; it may still run"
        )

    if timeout_s is None:
        yield
        return
    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
