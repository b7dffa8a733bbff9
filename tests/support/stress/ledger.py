"""Ledger: which calls ran, and what their callers were told. Files, so that a kill loses nothing.

Each process writes two: `ran` has the token of each call that ran there, `told` each token with
what its caller heard of it. At the end `contradictions` compares them.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

BEGUN, RETURNED = "begun", "returned"


class Ledger:
    """One process's. Any thread; every line is one write."""

    def __init__(self, folder: Path, process: str) -> None:
        self._ran = _open(folder / f"{process}.ran")
        self._told = _open(folder / f"{process}.told")

    def ran(self, token: str) -> None:
        os.write(self._ran, f"{token}\n".encode())

    def told(self, token: str, outcome: str) -> None:
        """`outcome`: begun; then returned, or the `executed` of the error."""
        os.write(self._told, f"{token} {outcome}\n".encode())

    def close(self) -> None:
        os.close(self._ran)
        os.close(self._told)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Books:
    """All ledgers of a run."""

    def __init__(self, folder: Path) -> None:
        self.ran = Counter(line for path in folder.glob("*.ran") for line in _lines(path))
        self.ends: dict[str, str] = {}
        self.begun: set[str] = set()
        for path in folder.glob("*.told"):
            for line in _lines(path):
                token, _, outcome = line.partition(" ")
                if outcome == BEGUN:
                    self.begun.add(token)
                else:
                    self.ends[token] = outcome

    def unanswered(self, killed: set[str]) -> list[str]:
        """Calls that were begun and never ended, except those of processes that were killed."""
        return sorted(
            token for token in self.begun - self.ends.keys() if token.split("/")[0] not in killed
        )

    def contradictions(self) -> list[str]:
        """Where what a caller was told is not what happened."""
        found = [f"{token} ran {count} times" for token, count in self.ran.items() if count > 1]
        for token, outcome in self.ends.items():
            if outcome == "no" and self.ran[token]:
                found.append(f"{token} ran, but its caller was told that it had not started")
            elif outcome in (RETURNED, "yes") and not self.ran[token]:
                found.append(f"{token} never ran, but its caller was told {outcome!r}")
        return sorted(found)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]
