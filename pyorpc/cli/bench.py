"""`pyorpc bench`: measurements on this machine. Figures compare within one run only."""

import os
from pathlib import Path

import click
from rich.console import Console

from pyorpc.benchmark.call_cost import call_cost_workloads, measure_call_cost
from pyorpc.benchmark.interleaving import chosen
from pyorpc.benchmark.pipes.fairness import measure_fairness
from pyorpc.benchmark.report import Report

TABLE_WIDTH = 132  # a narrower terminal breaks the lines; a figure cut short is worse


@click.group("bench")
def bench() -> None:
    """Measure on this machine."""


@bench.command("call-cost")
@click.option("--seconds", default=20.0, show_default=True, help="Time for all rounds together.")
@click.option(
    "--rounds", default=10, show_default=True, help="Rounds of each workload in a session."
)
@click.option("--sessions", default=3, show_default=True, help="Times to start all anew.")
@click.option("--only", multiple=True, metavar="NAME", help="This workload and its floor; repeat.")
@click.option("--list", "wants_list", is_flag=True, help="List the names of the workloads.")
@click.option("--one-core", is_flag=True, help="Keep this process and its children on one core.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write all figures.")
@click.option("--png", "png_path", type=click.Path(path_type=Path), help="Draw a picture.")
def call_cost(
    *,
    seconds: float,
    rounds: int,
    sessions: int,
    only: tuple[str, ...],
    wants_list: bool,
    one_core: bool,
    json_path: Path | None,
    png_path: Path | None,
) -> None:
    """Measure a call in every distance, beside the bare floor of the same trip.

    Rounds of all workloads alternate, so that a busy machine is busy for all of them.
    """
    try:
        workloads = chosen(call_cost_workloads(), only)
    except LookupError as unknown:
        raise click.BadParameter(str(unknown), param_hint="--only") from unknown
    console = Console(width=max(TABLE_WIDTH, Console().width))
    if wants_list:
        for workload in workloads:
            click.echo(f"{workload.subject.name:24} {workload.subject.title}")
        return
    if one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with console.status(f"{len(workloads)} workloads, {seconds:g} s and a warm-up") as status:
        report = measure_call_cost(
            lambda: chosen(call_cost_workloads(), only),
            seconds=seconds,
            rounds=rounds,
            sessions=sessions,
            progress=lambda done: status.update(f"round {done} of {rounds * sessions}"),
        )
    console.print(report.table())
    if json_path is not None:
        report.write_json(json_path)
    if png_path is not None:
        _draw_if_possible(report, png_path)


@bench.command("pipe-fairness")
@click.option("--seconds", default=8.0, show_default=True, help="Time for each apartment.")
def pipe_fairness(*, seconds: float) -> None:
    """Measure a small call alone, and beside a saturated pipe of the same object."""
    for apartment in ("STA", "MTA"):
        found = measure_fairness(apartment, seconds)
        verdict = "kept" if found.is_kept else "NOT kept"
        click.echo(f"{found}; at most 3 times the idle p99, and 5 ms: {verdict}")


def _draw_if_possible(report: Report, png_path: Path) -> None:
    try:
        from pyorpc.benchmark.plot import draw  # noqa: PLC0415 - matplotlib is optional
    except ImportError:
        click.echo(
            "No picture: matplotlib is not installed (pip install 'pyorpc[plot]').", err=True
        )
        return
    draw(report, png_path)
