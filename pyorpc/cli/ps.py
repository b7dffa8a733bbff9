"""`pyorpc ps`: the processes of the user's PYORPC_HOME, and what goes on in each."""

from __future__ import annotations

from typing import Any, TypeAlias

import click
import msgspec

from pyorpc.activation.catalog import Catalog
from pyorpc.cli.listing import print_json, print_table
from pyorpc.cli.neighbours import Neighbour, ask, timeout_option
from pyorpc.functions.configuration import get_settings
from pyorpc.wire.sight import PROCESS, ApartmentSeen, LinkSeen, ProcessSeen

_COLUMNS = ("PID", "Process", "State", "Objects", "Threads", "Calls")

Row: TypeAlias = tuple[object, ...]

_EXAMPLES = """
\b
An apartment is  idle     in its message loop, with nothing to do
                 running  a method
                 waiting  for the reply to a call of its own
                 outside  not in its message loop: nobody takes its calls

\b
A link      holds    so many references on objects of this process
            is held  by so many references of this process

\b
Examples:
  pyorpc ps
  pyorpc ps --json | jq '.[].pid'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "wants_json", is_flag=True, help="Write JSON.")
@timeout_option
def ps(*, wants_json: bool, timeout_s: float) -> None:
    """List the processes of this PYORPC_HOME.

    Each with its apartments, the classes that it serves and the processes that it is linked to. A
    process shows as soon as it calls another one or hands out an object. The answers come from
    threads of their own, so apartments that are stuck show too.
    """
    home = get_settings().home
    found = ask(home, PROCESS, timeout_s)
    if wants_json:
        print_json([_plain(each) for each in found])
    elif found:
        names = {str(entry.clsid): entry.name for entry in Catalog(home).classes()}
        print_table(_COLUMNS, [row for each in found for row in _rows(each, names)])
    else:
        click.echo(f"No process of {home} can be asked.")


def _plain(neighbour: Neighbour) -> dict[str, Any]:
    if neighbour.is_silent:
        known = {"pid": neighbour.pid, "program": neighbour.program}
        return {**known, "error": neighbour.why_silent}
    plain: dict[str, Any] = msgspec.to_builtins(neighbour.answer)
    return plain


def _rows(neighbour: Neighbour, names: dict[str, str]) -> list[Row]:
    if neighbour.is_silent:
        program = _short(neighbour.program)
        return [(neighbour.pid, program, neighbour.why_silent, "", "", "")]
    seen: ProcessSeen = neighbour.answer
    calls = f"{seen.calls_incoming} in, {seen.calls_outgoing} out"
    first = seen.pid, _short(seen.program), "", seen.objects, seen.threads, calls
    classes = [names.get(clsid, clsid) for clsid in seen.classes]
    serves = [("", f"  serves {', '.join(classes)}", "", "", "", "")] if classes else []
    return [first, *map(_apartment, seen.apartments), *serves, *map(_link, seen.links)]


def _short(program: str) -> str:
    """A command line without the directory of its interpreter."""
    first, blank, rest = program.partition(" ")
    return f"{first.rpartition('/')[2]}{blank}{rest}"


def _apartment(seen: ApartmentSeen) -> Row:
    queue = f", {seen.queue_length} in the queue" if seen.queue_length else ""
    thread = f"{seen.thread_id:#x}" if seen.thread_id else seen.threads or ""
    return "", f"  {seen.name} {seen.oxid}", f"{seen.state}{queue}", seen.objects, thread, ""


def _link(seen: LinkSeen) -> Row:
    who = f"pid {seen.pid or '?'}" if seen.is_same_host else f"{seen.process_id[:8]} elsewhere"
    held = f"holds {seen.holds}, held {seen.held}"
    return "", f"  linked to {who}", f"{seen.connections} connections", held, "", f"{seen.calls} in"
