from __future__ import annotations

from pathlib import Path

from pyorpc.midl.diagnostics import MOST_SHOWN, Reporter, did_you_mean
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.source import Place, SourceFile


def place(text: str, offset: int, name: str = "a.idl") -> Place:
    return Place(SourceFile(Path(f"/{name}"), name, text), offset)


def report(*offsets: int, text: str = "one\ntwo three\n") -> Reporter:
    reporter = Reporter()
    source = SourceFile(Path("/a.idl"), "a.idl", text)
    for offset in offsets:
        reporter.error(Mistake.UNKNOWN_TYPE, Place(source, offset), name="x", hint="")
    return reporter


def test_a_report_shows_place_number_text_line_and_caret() -> None:
    assert report(8).render().splitlines() == [
        "a.idl:2:5: error ORPC0202: unknown type 'x'",
        "two three",
        "    ^",
    ]


def test_reports_come_in_the_order_of_their_places() -> None:
    assert [one.place.offset for one in report(8, 0, 4).diagnostics()] == [0, 4, 8]


def test_the_same_mistake_at_the_same_place_is_told_once() -> None:
    assert len(report(4, 4).diagnostics()) == 1


def test_the_caret_stands_under_the_column_behind_tabs() -> None:
    line, caret = report(2, text="\t\tx").render().splitlines()[1:]
    assert (line, caret) == ("\t\tx", "\t\t^")


def test_a_long_line_is_cut_around_the_column() -> None:
    line, caret = report(5000, text="a" * 5000 + "b" + "c" * 5000).render().splitlines()[1:]
    assert len(line) <= 120
    assert line[caret.index("^")] == "b"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in report(0, text="\x1b[31m").render()


def test_a_flood_is_cut() -> None:
    text = report(*range(MOST_SHOWN + 5), text="x" * 500).render()
    assert text.endswith("... and 5 more errors")


def test_a_line_with_a_report_is_known() -> None:
    reporter = report(4)
    one = reporter.diagnostics()[0].place
    assert reporter.has_error_on(one)
    assert not reporter.has_error_on(Place(one.source, 0))


def test_only_close_names_are_suggested() -> None:
    assert did_you_mean("lnog", ["long", "short"]) == "; did you mean 'long'?"
    assert did_you_mean("other", ["long", "short"]) == ""
