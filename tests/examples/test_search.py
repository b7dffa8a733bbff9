"""Progress into the client's STA, cancelling half-way, queries that overlap."""

from __future__ import annotations

import re

import pytest

from tests.examples.running import run_example


def number_in(printed: str, pattern: str) -> int:
    found = re.search(pattern, printed)
    assert found is not None, f"{pattern}: not in\n{printed}"
    return int(found[1])


@pytest.mark.processes
def test_the_search_reports_progress_and_stops_half_way_and_overlaps_queries() -> None:
    printed = run_example("search/main.py")

    total = number_in(printed, r"(\d+) files; \d+ lines with 'import'")
    assert total > 200  # it is a real source tree

    assert "RPC_E_CALL_CANCELED (0x80010002)" in printed
    indexed = number_in(printed, r"noticed, and stopped with (\d+) files")
    assert total / 2 <= indexed < total

    sta = number_in(printed, r"this STA's thread is (\d+)")
    assert f"progress came on thread {{{sta}}};" in printed  # on no other

    assert number_in(printed, r"at most (\d+) at the same time") > 1
    assert number_in(printed, r"(\d+) lines with 'import threading'") > 10
