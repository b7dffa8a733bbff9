"""`pyorpc calls`: the calls in flight of all processes of the user's PYORPC_HOME."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from pyorpc.cli.joined_calls import JoinedCall, join
from pyorpc.cli.listing import age, print_json, print_table
from pyorpc.cli.neighbours import Neighbour, ask, timeout_option
from pyorpc.functions.configuration import get_settings
from pyorpc.wire.sight import CALLS

_COLUMNS = ("Age", "Method", "Caller", "Callee", "Where", "Causality")

_EXAMPLES = """
\b
Examples:
  pyorpc calls
  pyorpc calls --pid 4711 --watch 1
  pyorpc calls --json | jq '.[] | select(.since_s > 60)'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "wants_json", is_flag=True, help="Write JSON.")
@click.option("--pid", type=int, help="Only calls that this process makes or gets.")
@click.option(
    "--watch",
    "period_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    help="Show them again, so often, until Ctrl-C.",
)
@timeout_option
def calls(*, wants_json: bool, pid: int | None, period_s: float | None, timeout_s: float) -> None:
    """Show the calls that have not ended, the oldest first.

    What caller and callee say of a call is joined to one line, which says where it is: on its way,
    queued behind another one, or running, and what the method waits for in its turn. The answers
    come from threads of their own, so apartments that are stuck show too. The causality is what the
    call's lines in the log `pyorpc.calls` begin with.
    """
    while True:
        _show(ask(get_settings().home, CALLS, timeout_s), pid, wants_json=wants_json)
        if period_s is None:
            return
        time.sleep(period_s)


def _show(found: list[Neighbour], pid: int | None, *, wants_json: bool) -> None:
    joined = [call for call in join(found) if pid in (None, call.caller_pid, call.callee_pid)]
    silent = [each for each in found if each.is_silent and pid in (None, each.pid)]
    if wants_json:
        errors = [{"pid": each.pid, "error": each.why_silent} for each in silent]
        print_json([asdict(call) for call in joined] + errors)
        return
    rows = [_row(call) for call in joined]
    rows += [("-", "-", each.pid, "-", each.why_silent, "-") for each in silent]
    if rows:
        print_table(_COLUMNS, rows)
    else:
        click.echo(f"No call is in flight in {get_settings().home}.")


def _row(call: JoinedCall) -> tuple[object, ...]:
    thread = f" thread {call.caller_thread:#x}" if call.caller_thread else ""
    cancelled = " (cancelled)" if call.is_cancelled else ""
    return (
        age(call.since_s),
        call.method,
        f"{call.caller_pid or '?'}{thread}",
        call.callee_pid or "?",
        f"{call.where}{cancelled}",
        call.causality,
    )
