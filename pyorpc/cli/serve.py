"""`pyorpc serve`: offers Python classes from this process until it is told to end."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from pyorpc.activation.class_factory import ClassFactory
from pyorpc.activation.class_table import ClassTable, Registration
from pyorpc.activation.coclass import ClassRecord, record_of
from pyorpc.activation.idle_watch import IdleWatch
from pyorpc.activation.implementation import Implementation
from pyorpc.activation.ready_signal import is_launched
from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.apartment.apartment import Apartment
from pyorpc.apartment.sta import Sta
from pyorpc.cli.endpoint_options import endpoint_options, listen
from pyorpc.context.thread_state import thread_state
from pyorpc.default_runtime import default_runtime
from pyorpc.enumerations import CLSCTX, COINIT, REGCLS
from pyorpc.errors import ComError
from pyorpc.runtime import Runtime

_SHORTEST_IDLE_S = 0.5


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
@click.option(
    "--threading",
    type=click.Choice(["sta", "mta"]),
    help="Where objects live. Without it: where their class's threading model says.",
)
@endpoint_options
def serve(
    *,
    names: tuple[str, ...],
    paths: tuple[Path, ...],
    threading: str | None,
    endpoints: tuple[str, ...],
    insecure: bool,
) -> None:
    """Serve classes to other processes; Ctrl-C ends it.

    Classes for an STA share the main thread; those for the MTA run on its pool. Prints one line
    when clients can come. A server that an activation has started ends when nobody holds anything
    of it.
    """
    directories = [str(path.absolute()) for path in paths] or [str(Path.cwd())]
    implementations = [_load(name, directories) for name in names]
    listen(endpoints, insecure=insecure)
    runtime = default_runtime()
    with runtime.enter_apartment(COINIT.APARTMENTTHREADED):
        _serve(runtime, implementations, threading, is_listening=bool(endpoints))
    runtime.close()


def _load(name: str, directories: list[str]) -> type:
    try:
        implementation = Implementation.parse(name)
    except ComError as error:
        raise click.BadParameter(error.description, param_hint="PACKAGE.MODULE:CLASS") from None
    return implementation.load(directories)


def _serve(
    runtime: Runtime, implementations: list[type], threading: str | None, *, is_listening: bool
) -> None:
    activation = runtime.activation
    main = thread_state().home
    assert isinstance(main, Sta)
    for number in (signal.SIGTERM, signal.SIGINT):
        # By another thread: this one may be inside the very lock that the request needs.
        signal.signal(number, lambda _number, _frame: _end_soon(runtime, main))
    for implementation in implementations:
        record = record_of(implementation)
        registration = Registration(
            record.clsid,
            ClassFactory(implementation, _Locks(activation.table)),
            runtime.default_context(_apartment_for(record, threading, runtime, main)),
            CLSCTX.LOCAL_SERVER,
            REGCLS.MULTIPLEUSE | REGCLS.SUSPENDED,
        )
        activation.register(registration, thread_state())
    activation.table.resume()  # all at once
    records = [record_of(implementation) for implementation in implementations]
    where = [name for name in runtime.network.process_endpoints() if is_listening]
    click.echo(_ready_line(records, where))
    if is_launched():
        idle_s = max(runtime.settings.grace_s, _SHORTEST_IDLE_S)
        IdleWatch(runtime, activation, idle_s, lambda: main.post_quit(0))
    main.pump()


class _Locks:
    """What LockServer counts with: the idle watch ends the process, or Ctrl-C; not a last unlock.

    Others may hold objects still, and a server that was started by hand would offer nothing more.
    """

    def __init__(self, table: ClassTable) -> None:
        self.add_ref = table.add_ref
        self.release = table.unlock


def _end_soon(runtime: Runtime, main: Sta) -> None:
    runtime.housekeeping.post(main.post_quit, 0)


def _apartment_for(
    record: ClassRecord, threading: str | None, runtime: Runtime, main: Sta
) -> Apartment:
    if threading is not None:
        return main if threading == "sta" else runtime.mta()
    match record.model:
        case ThreadingModel.FREE | ThreadingModel.BOTH:
            return runtime.mta()
        case ThreadingModel.NEUTRAL:
            return runtime.neutral()
        case _:
            return main


def _ready_line(records: list[ClassRecord], endpoints: list[str]) -> str:
    names = ", ".join(record.progid or str(record.clsid) for record in records)
    return f"ready: {names}" + (f" at {' '.join(endpoints)}" if endpoints else "")
