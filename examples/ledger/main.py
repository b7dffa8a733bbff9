"""The ledger from start to end: `python main.py [FOLDER]`. FOLDER keeps the database, if given.

Eight client processes post at once to one object that owns a SQLite connection: first in an STA,
then, the same object, in the MTA.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
POSTINGS = 25
HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


@contextlib.contextmanager
def server(*options: str) -> Generator[None]:
    """A server process, from when it serves until it is told to end."""
    command = [sys.executable, str(HERE / "server.py"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        show(f"server: {process.stdout.readline().strip()}")
        try:
            yield
        finally:
            process.terminate()


def run_clients(names: Sequence[str], *options: str) -> list[int]:
    """One client for each name, all at once; returns their exit codes."""
    command = [sys.executable, str(HERE / "client.py"), *options]
    clients = [subprocess.Popen([*command, name, str(POSTINGS)]) for name in names]
    return [client.wait() for client in clients]


def audit(database: Path) -> tuple[int, int, int]:
    """What the file says: the number of postings, the common account, the sum of all accounts."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM posting").fetchone()
        found = connection.execute("SELECT cents FROM account WHERE name = 'common'").fetchone()
        (total,) = connection.execute("SELECT coalesce(sum(cents), 0) FROM account").fetchone()
    return count, found[0] if found else 0, total


def story(folder: Path) -> None:
    expected = len(NAMES) * POSTINGS

    show(f"\n--- The ledger lives in an STA: {len(NAMES)} processes, {POSTINGS} postings each")
    with server(str(folder / "ledger.sqlite3")):
        codes = run_clients(NAMES)
    count, common, total = audit(folder / "ledger.sqlite3")
    show(f"in the file: {count} postings; {common} cents in common; {total} over all accounts")
    assert not any(codes), "no client has seen an error"
    assert (count, common, total) == (expected, expected, 0), "nothing is lost"

    show("\n--- The same object, registered from the MTA: calls come on any thread")
    with server("--free", str(folder / "free.sqlite3")):
        codes = run_clients(NAMES[:2], "--free")
    count, common, total = audit(folder / "free.sqlite3")
    show(f"in the file: {count} postings. sqlite3 looks at the thread and refuses; a library that")
    show("does not look would be in a state that nobody has foreseen.")
    assert all(codes), "every client has seen sqlite3.ProgrammingError"
    assert (count, common, total) == (0, 0, 0)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ledger-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        try:
            story(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch))
        finally:
            subprocess.run([sys.executable, "-m", "pyorpc", "scm", "stop"], check=False)


if __name__ == "__main__":
    main()
