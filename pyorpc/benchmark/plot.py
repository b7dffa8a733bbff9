"""The picture of a report: bars of p50 with whiskers to p99, on a logarithmic axis.

matplotlib is optional and imported by this module only, so that importing it may fail.
"""

# matplotlib's own annotations are incomplete.
# pyright: reportUnknownMemberType=false

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from pyorpc.benchmark.figures import Figures
from pyorpc.benchmark.report import Report
from pyorpc.benchmark.workload import Group

COLOURS = {
    Group.FLOOR: "#9aa5b1",
    Group.ONE_PROCESS: "#3a7d44",
    Group.TWO_PROCESSES: "#2f6db5",
    Group.PIPELINED: "#b5651d",
}


def draw(report: Report, path: Path) -> None:
    """Write a PNG. Needs no display and leaves no figure behind."""
    rows = list(report.figures)
    picture = Figure(figsize=(10, 1.8 + 0.42 * len(rows)), layout="constrained")
    axes = picture.add_subplot()
    places = range(len(rows))
    p50s = [each.p50_us for each in rows]
    axes.barh(places, p50s, height=0.68, color=[COLOURS[each.subject.group] for each in rows])
    tails = [max(0.0, each.p99_us - each.p50_us) for each in rows]
    axes.errorbar(
        p50s, places, xerr=[[0.0] * len(rows), tails], fmt="none", ecolor="#333", capsize=3
    )
    for place, each in zip(places, rows, strict=True):
        axes.annotate(
            _label(each),
            (max(each.p99_us, each.p50_us), place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.set_yticks(places, [each.subject.title for each in rows])
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(min(p50s) / 2, max(each.p99_us for each in rows) * 30)
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.set_xlabel("microseconds a call, logarithmic: bar = p50, whisker = p99")
    _explain_colours(axes, rows)
    axes.grid(visible=True, axis="x", which="major", color="#ddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(report.title, loc="left", fontweight="bold")
    picture.supxlabel(report.machine.line, fontsize=7, color="#666")
    picture.savefig(path, dpi=140)


def _explain_colours(axes: Axes, rows: list[Figures]) -> None:
    groups = list(dict.fromkeys(each.subject.group for each in rows))
    if len(groups) > 1:
        patches = [Patch(color=COLOURS[group], label=group.value) for group in groups]
        axes.legend(
            handles=patches,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(groups),
            frameon=False,
        )


def _label(figures: Figures) -> str:
    text = f"{figures.p50_us:.3g} \N{MICRO SIGN}s"
    if figures.ratio is not None:
        text += f"  = {figures.ratio:.2f} x {figures.subject.vs}"
    return text


def _plain(value: float, _: int) -> str:
    return f"{value:g}"
