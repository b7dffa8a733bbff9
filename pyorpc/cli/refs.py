"""`pyorpc refs`: who holds which object, in all processes of the user's PYORPC_HOME."""

from __future__ import annotations

import time
from typing import Any

import click
import msgspec

from pyorpc.cli.listing import age, print_json, print_table
from pyorpc.cli.neighbours import Neighbour, ask, timeout_option
from pyorpc.functions.configuration import get_settings
from pyorpc.wire.sight import REFERENCES, ReferenceSeen, ReferencesSeen

_COLUMNS = ("PID", "Object", "Interface", "Count", "Holder", "Since", "Last ping")

_EXAMPLES = """
\b
Examples:
  pyorpc refs
  pyorpc refs --pid 4711
  pyorpc refs --json | jq '.[].references[] | select(.type_name == "Thermometer")'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "wants_json", is_flag=True, help="Write JSON.")
@click.option("--pid", type=int, help="Only objects of this process, and what it holds.")
@timeout_option
def refs(*, wants_json: bool, pid: int | None, timeout_s: float) -> None:
    """Show who keeps which object alive.

    One line for each holder of an interface: another process, another apartment of the object's
    own one, a packet that nobody has unpacked yet, a lock. An object dies with its last holder.
    """
    home = get_settings().home
    found = ask(home, REFERENCES, timeout_s)
    if wants_json:
        print_json([_plain(each, pid) for each in found if _concerns(each, pid)])
        return
    rows = [row for each in found if _concerns(each, pid) for row in _rows(each, pid)]
    if rows:
        print_table(_COLUMNS, rows)
    else:
        click.echo(f"Nobody holds an object in {home}.")


def _concerns(neighbour: Neighbour, pid: int | None) -> bool:
    return pid is None or neighbour.pid == pid or bool(_wanted(neighbour, pid))


def _wanted(neighbour: Neighbour, pid: int | None) -> list[ReferenceSeen]:
    if neighbour.is_silent:
        return []
    seen: ReferencesSeen = neighbour.answer
    return [each for each in seen.references if pid in (None, seen.pid, each.pid)]


def _plain(neighbour: Neighbour, pid: int | None) -> dict[str, Any]:
    if neighbour.is_silent:
        return {"pid": neighbour.pid, "error": neighbour.why_silent}
    plain: dict[str, Any] = msgspec.to_builtins(neighbour.answer)
    return {**plain, "references": msgspec.to_builtins(_wanted(neighbour, pid))}


def _rows(neighbour: Neighbour, pid: int | None) -> list[tuple[object, ...]]:
    if neighbour.is_silent:
        return [(neighbour.pid, neighbour.why_silent, *"-----")]
    seen: ReferencesSeen = neighbour.answer
    rows = [_row(seen.pid, each) for each in _wanted(neighbour, pid)]
    if seen.left_out:
        rows.append((seen.pid, f"and {seen.left_out} more", *"-----"))
    return rows


def _row(pid: int, seen: ReferenceSeen) -> tuple[object, ...]:
    now = time.time()
    holder = seen.holder(f"pid {pid}")
    return (
        pid,
        f"{seen.type_name} {seen.oid}",
        seen.interface,
        seen.count,
        holder,
        f"{age(now - seen.since)} ago",
        "never" if seen.last_ping is None else f"{age(now - seen.last_ping)} ago",
    )
