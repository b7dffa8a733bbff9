from array import array
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from pyorpc.benchmark.figures import compared, figures_of
from pyorpc.benchmark.machine import this_machine
from pyorpc.benchmark.report import Report, _three_digits
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Group, Subject


def report_of(*subjects: Subject, p50_us: int = 60) -> Report:
    """Each subject's only round is `p50_us`; the floor's is 40."""
    floor = Subject(name="floor", title="the floor", group=Group.FLOOR)
    figures = {"floor": figures_of(floor, [Round(array("q", [40_000]), 40_000)])}
    for subject in subjects:
        samples_ns = array("q", [1000 * p50_us])
        figures[subject.name] = figures_of(subject, [Round(samples_ns, 1000 * p50_us)])
    return Report(
        benchmark="call-cost",
        title="What a call costs",
        machine=this_machine(),
        seconds=1.0,
        rounds=1,
        sessions=1,
        figures=compared(figures),
    )


def call(*, aim_ratio: float | None = None, aim_p50_us: float | None = None) -> Subject:
    return Subject(
        name="call",
        title="a call",
        group=Group.TWO_PROCESSES,
        vs="floor",
        aim_ratio=aim_ratio,
        aim_p50_us=aim_p50_us,
    )


def text_of(report: Report) -> str:
    written = StringIO()
    Console(width=160, file=written).print(report.table())
    return written.getvalue()


def test_a_row_shows_the_ratio_and_its_floor() -> None:
    row = next(line for line in text_of(report_of(call())).splitlines() if "│ a call" in line)

    assert "1.50" in row
    assert "floor" in row


@pytest.mark.parametrize(("aim_ratio", "verdict"), [(1.35, "missed"), (1.5, "reached")])
def test_a_row_says_whether_the_aim_is_reached(aim_ratio: float, verdict: str) -> None:
    assert f"<= {aim_ratio} {verdict}" in text_of(report_of(call(aim_ratio=aim_ratio)))


def test_an_aim_in_microseconds_is_shown_as_such() -> None:
    assert "<= 5 us reached" in text_of(report_of(call(aim_p50_us=5), p50_us=4))


def test_the_machine_stands_below_the_table() -> None:
    report = report_of()

    assert report.machine.libzmq in text_of(report)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0291, "0.029"), (5.678, "5.68"), (12.34, "12.3"), (123.4, "123"), (4567.8, "4,568")],
)
def test_figures_have_three_digits(value: float, shown: str) -> None:
    assert _three_digits(value) == shown


def test_the_json_reads_back_as_the_report(tmp_path: Path) -> None:
    report = report_of(call(aim_ratio=1.35))

    report.write_json(tmp_path / "report.json")

    read = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert read == report
