"""Tables, ages and JSON as the commands print them."""

from __future__ import annotations

import pytest

from pyorpc.cli.listing import age, print_json, print_table


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.34, "0.3 s"),
        (12, "12 s"),
        (119, "119 s"),
        (300, "5 min"),
        (3 * 3600, "3.0 h"),
    ],
)
def test_an_age_is_short(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_a_table_is_plain_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("PID", "What"), [(1, "[bold]text[/bold]"), (22, "two\nlines")])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["PID  What", "1    [bold]text[/bold]", "22   two", "     lines"]


def test_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"name": "Käse"}])
    assert '"Käse"' in capsys.readouterr().out
