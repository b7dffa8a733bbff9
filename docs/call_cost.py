"""Fills the table "What a call costs" of the README from a measurement.

pyorpc bench call-cost --json figures.json && python docs/call_cost.py figures.json
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

README: Final = Path(__file__).resolve().parent.parent / "README.md"
BEGIN: Final = "<!-- call-cost -->"
END: Final = "<!-- /call-cost -->"


def table(report: dict[str, Any]) -> str:
    """The calls of a report, with their floors, as Markdown."""
    figures: dict[str, dict[str, Any]] = {
        figure["subject"]["name"]: figure for figure in report["figures"]
    }
    rows = [
        "| Call | p50, us | Times its floor | The floor |",
        "|---|--:|--:|---|",
        *(row(figure, figures) for figure in figures.values() if is_call(figure)),
    ]
    machine = report["machine"]
    source = (
        f"`pyorpc bench call-cost --seconds {report['seconds']:g}` on {machine['cores_used']} "
        f"cores with CPython {machine['python']} and libzmq {machine['libzmq']}, both sides on one "
        f"machine, its load {machine['load_1_min']:.1f} at the start."
    )
    return "\n".join([*rows, "", source])


def is_call(figure: dict[str, Any]) -> bool:
    return figure["subject"]["group"] != "floors"


def row(figure: dict[str, Any], figures: dict[str, dict[str, Any]]) -> str:
    subject = figure["subject"]
    floor = figures.get(subject["vs"] or "")
    ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
    name = "" if floor is None else f"{floor['subject']['title']}: {floor['p50_us']:.3g}"
    return f"| {subject['title']} | {figure['p50_us']:.3g} | {ratio} | {name} |"


def fill(text: str, filling: str) -> str:
    """`text` with what is between the marks replaced."""
    between = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n{filling}\n{END}", text)


if __name__ == "__main__":
    figures_path = Path(sys.argv[1])
    README.write_text(fill(README.read_text(), table(json.loads(figures_path.read_text()))))
