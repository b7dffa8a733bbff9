"""Report: one run of the benchmark, as JSON and as a table."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.table import Table

from pyorpc.benchmark.figures import Figures
from pyorpc.benchmark.machine import Machine


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured, and where."""

    benchmark: str
    title: str
    machine: Machine
    seconds: float
    rounds: int
    sessions: int
    figures: Sequence[Figures]

    def write_json(self, path: Path) -> None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    def table(self) -> Table:
        table = Table(title=self.title, caption=self.machine.line)
        table.add_column("call", no_wrap=True)
        for heading in (
            "p50 us",
            "p99 us",
            f"p50 of {self.rounds * self.sessions} rounds",
            "calls/s",
            "ratio",
        ):
            table.add_column(heading, justify="right", no_wrap=True)
        for heading in ("vs", "aim"):
            table.add_column(heading, no_wrap=True)
        for index, each in enumerate(self.figures):
            following = self.figures[index + 1 : index + 2]
            ends_group = any(next_.subject.group != each.subject.group for next_ in following)
            table.add_row(*_cells(each), end_section=ends_group)
        return table


def _cells(figures: Figures) -> list[str]:
    return [
        figures.subject.title,
        _three_digits(figures.p50_us),
        _three_digits(figures.p99_us),
        f"{_three_digits(figures.best_round_p50_us)}-{_three_digits(figures.worst_round_p50_us)}",
        f"{figures.calls_per_s:,.0f}",
        "" if figures.ratio is None else f"{figures.ratio:.2f}",
        figures.subject.vs or "",
        _aim(figures),
    ]


def _aim(figures: Figures) -> str:
    subject = figures.subject
    if subject.aim_p50_us is not None:
        wanted = f"<= {subject.aim_p50_us:g} us"
    elif subject.aim_ratio is not None:
        wanted = f"<= {subject.aim_ratio:g}"
    else:
        return ""
    outcomes = {True: "reached", False: "[bold red]missed[/]", None: "floor not measured"}
    return f"{wanted} {outcomes[figures.reaches_its_aim]}"


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
