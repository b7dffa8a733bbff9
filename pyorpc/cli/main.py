"""The command `pyorpc`: finds the subcommand and turns what goes wrong into one line and a code.

A subcommand's module is imported only when it is called. Exit codes: 0 done, 1 failed, 2 wrongly
used, 130 interrupted. A user's mistake never shows a Python traceback; a fault of ours does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NoReturn

import click

from pyorpc.cli.lazy_group import LazyGroup, Subcommand
from pyorpc.errors import ComError

_FAILED: Final = 1
_WRONGLY_USED: Final = 2
_INTERRUPTED: Final = 130


SUBCOMMANDS: Final[Mapping[str, Subcommand]] = {
    "idl": Subcommand("pyorpc.cli.idl:idl", "Compile, check, lay out and compare IDL files."),
    "register": Subcommand("pyorpc.cli.classes:register", "Put a class into the catalog."),
    "unregister": Subcommand("pyorpc.cli.classes:unregister", "Take a class out of the catalog."),
    "classes": Subcommand("pyorpc.cli.classes:classes", "List the classes in the catalog."),
    "scm": Subcommand("pyorpc.cli.scm:scm", "Run, or stop, the service control manager."),
    "serve": Subcommand("pyorpc.cli.serve:serve", "Serve classes from this process."),
    "call": Subcommand("pyorpc.cli.call:call", "Call a method of an object."),
    "ps": Subcommand("pyorpc.cli.ps:ps", "List the processes that serve objects."),
    "refs": Subcommand("pyorpc.cli.refs:refs", "Show who holds references to what."),
    "calls": Subcommand("pyorpc.cli.calls:calls", "Show the calls that are running."),
    "completion": Subcommand(
        "pyorpc.cli.completion:completion", "Print what bash, zsh or fish needs to complete words."
    ),
    "bench": Subcommand("pyorpc.cli.bench:bench", "Measure what calls cost on this machine."),
}


class Commands(LazyGroup):
    """The subcommands of `pyorpc`."""

    subcommands = SUBCOMMANDS


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        number = version("pyorpc")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"pyorpc {number}")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def pyorpc() -> None:
    """COM's remoting for Python: IDL compiler, catalog, servers and tools."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: the number that the subcommand returned, or 0."""
    try:
        result: object = pyorpc.main(arguments, prog_name="pyorpc", standalone_mode=False)
    except click.UsageError as mistake:
        mistake.show()
        return _WRONGLY_USED
    except click.ClickException as mistake:
        return _complain(mistake.format_message())
    except click.Abort as abort:
        return _INTERRUPTED if isinstance(abort.__cause__, KeyboardInterrupt) else _FAILED
    except ComError as failure:
        return _complain(str(failure))
    except OSError as failure:
        if failure.filename is None:
            raise
        return _complain(f"{failure.filename}: {failure.strerror}")
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    sys.exit(run())


def _complain(text: str) -> int:
    click.echo(f"error: {' '.join(text.split())}", err=True)
    return _FAILED
