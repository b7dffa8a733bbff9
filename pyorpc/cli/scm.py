"""`pyorpc scm`: the service control manager of the user's PYORPC_HOME, and what is asked of it."""

from __future__ import annotations

import os
import signal
import sys

import click

from pyorpc.activation.listener import Listener
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.scm_service import ScmService
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.cli.endpoint_options import endpoint_options, listen
from pyorpc.default_runtime import default_runtime
from pyorpc.errors import HRESULT, ComError
from pyorpc.functions.configuration import get_settings
from pyorpc.remoting.peer import new_identity
from pyorpc.settings import INTERNAL_PREFIX

IDLE_S = f"{INTERNAL_PREFIX}SCM_IDLE_S"
"""The environment variable that shortens the life of an idle SCM; for tests."""

_IDLE_S = 10.0
_PATIENCE_S = 10.0


@click.group(invoke_without_command=True)
@endpoint_options
@click.option("--on-demand", is_flag=True, hidden=True, help="End when nobody needs it.")
@click.pass_context
def scm(ctx: click.Context, *, endpoints: tuple[str, ...], insecure: bool, on_demand: bool) -> None:
    """Run the service control manager in the foreground; Ctrl-C ends it.

    It starts the servers of the classes in the catalog when somebody wants an object of theirs.
    Without it one is started on demand, which ends ten seconds after its last server and client.
    """
    if ctx.invoked_subcommand is None:
        listen(endpoints, insecure=insecure)
        _run(on_demand=on_demand)


@scm.command()
def stop() -> None:
    """End the SCM. Servers that run go on."""
    holder = _seat().holder()
    if holder is None:
        click.echo(f"No SCM runs in {get_settings().home}.")
        return
    holder.end()
    if not holder.wait_end(_PATIENCE_S):
        raise ComError(HRESULT.E_FAIL, f"the SCM, process {holder.pid}, does not end")
    click.echo(f"stopped the SCM, process {holder.pid}")


@scm.command()
def status() -> None:
    """Show whether an SCM runs, and the servers of this home."""
    settings, host = get_settings(), new_identity().host
    holder = _seat().holder()
    if holder is None:
        click.echo(f"No SCM runs in {settings.home}.")
    else:
        click.echo(f"SCM: process {holder.pid} at {holder.endpoint}")
    for server in ServerDirectory(settings.home, host).servers():
        offers = [*server.classes, *(f"an active {clsid}" for clsid, _ in server.active)]
        click.echo(f"server: process {server.pid} at {server.endpoint}: {' '.join(offers)}")


def _run(*, on_demand: bool) -> None:
    runtime = default_runtime()
    activation = runtime.activation
    service = ScmService(runtime, activation.door, activation.scm.seat)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Also for the servers: a shell's background processes, and so theirs, ignore Ctrl-C.
        signal.signal(number, lambda _number, _frame: service.stop())
    if not service.take_seat(_PATIENCE_S if on_demand else 0):
        if on_demand:
            click.echo("ready")  # another one was as quick
            return
        raise ComError(HRESULT.E_FAIL, f"an SCM runs in {runtime.settings.home} already")
    idle_s = float(os.environ.get(IDLE_S, _IDLE_S)) if on_demand else None
    with runtime.enter_apartment():
        service.run(idle_s, _say_ready)
    runtime.close()


def _say_ready(listener: Listener) -> None:
    click.echo(f"ready: SCM, process {listener.pid}")
    # Whoever started it waits for the line, and must not wait for the pipe to be closed.
    sys.stdout.flush()


def _seat() -> ScmSeat:
    return ScmSeat(get_settings().home, new_identity().host)
