"""Eight processes, one SQLite connection: safe in an STA, refused in the MTA."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.examples.running import run_example

CLIENTS, POSTINGS = 8, 25


@pytest.mark.processes
def test_nothing_is_lost_in_the_sta_and_sqlite_refuses_the_mta(tmp_path: Path) -> None:
    printed = run_example("ledger/main.py", tmp_path)

    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as ledger:
        numbers = [number for (number,) in ledger.execute("SELECT number FROM posting")]
        assert sorted(numbers) == list(range(1, CLIENTS * POSTINGS + 1))
        balances = dict(ledger.execute("SELECT name, cents FROM account"))
    assert balances.pop("common") == CLIENTS * POSTINGS
    assert len(balances) == CLIENTS
    assert set(balances.values()) == {-POSTINGS}
    assert printed.count(f"{POSTINGS} of {POSTINGS} posted") == CLIENTS
    assert "locked" not in printed

    assert "ProgrammingError: SQLite objects created in a thread" in printed
    with closing(sqlite3.connect(tmp_path / "free.sqlite3")) as free:
        assert free.execute("SELECT count(*) FROM posting").fetchone() == (0,)
