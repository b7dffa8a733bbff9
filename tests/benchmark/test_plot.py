from array import array
from pathlib import Path

import pytest

from pyorpc.benchmark.figures import compared, figures_of
from pyorpc.benchmark.machine import this_machine
from pyorpc.benchmark.report import Report
from pyorpc.benchmark.round import Round
from pyorpc.benchmark.workload import Group, Subject


def test_a_picture_of_every_group_is_drawn(tmp_path: Path) -> None:
    draw = pytest.importorskip("pyorpc.benchmark.plot", exc_type=ImportError).draw
    subjects = [
        Subject(name=group.name, title=group.value, group=group, vs="FLOOR") for group in Group
    ]
    figures = {
        each.name: figures_of(each, [Round(array("q", [1000, 2000]), 3000)]) for each in subjects
    }
    report = Report(
        benchmark="call-cost",
        title="What a call costs",
        machine=this_machine(),
        seconds=1.0,
        rounds=1,
        sessions=1,
        figures=compared(figures),
    )

    draw(report, tmp_path / "picture.png")

    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
