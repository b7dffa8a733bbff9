"""What the compiler has to say about a source text, one numbered entry per mistake.

Every stage is handed one `Reporter`; nobody else prints. A refusal always has a place in a source
file. Reports come out in the order of the files and of the places in them, each one once.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyorpc.midl.mistakes import Mistake
    from pyorpc.midl.source import Place

MOST_SHOWN = 100
WIDEST_EXCERPT = 120


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One refusal: what is wrong, and where."""

    mistake: Mistake
    place: Place
    text: str

    def render(self) -> str:
        """Give `file:line:col: error ORPCnnnn: text`, the line, and a caret."""
        line, column = self.place.line, self.place.column
        where = f"{self.place.source.shown_path}:{line}:{column}"
        head = f"{where}: error {self.mistake.code}: {self.text}"
        excerpt, pointer = _excerpt(self.place.source.line_text(line), column)
        return f"{head}\n{excerpt}\n{pointer}"


class Reporter:
    """Collects the refusals of all stages."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, Mistake], Diagnostic] = {}
        self._files: dict[str, int] = {}
        self._warnings: dict[str, None] = {}

    def error(self, mistake: Mistake, place: Place, **values: object) -> None:
        """Record a refusal. The same mistake at the same place is recorded once."""
        path = str(place.source.path)
        self._files.setdefault(path, len(self._files))
        text = mistake.text.format(**values)
        self._seen.setdefault((path, place.offset, mistake), Diagnostic(mistake, place, text))

    def take(self, other: Reporter) -> None:
        """Record what another reporter has recorded."""
        for one in other.diagnostics():
            path = str(one.place.source.path)
            self._files.setdefault(path, len(self._files))
            self._seen.setdefault((path, one.place.offset, one.mistake), one)

    def warn(self, place: Place, name: str, why: str) -> None:
        """Record that a method stays local, and why. Nothing is refused."""
        self.remark(place, f"'{name}' stays local: {why}")

    def remark(self, place: Place, text: str) -> None:
        """Record a warning. Nothing is refused."""
        where = f"{place.source.shown_path}:{place.line}:{place.column}"
        self._warnings[f"{where}: warning: {text}"] = None

    @property
    def warnings(self) -> list[str]:
        """What is said of files that are accepted all the same, in order."""
        return list(self._warnings)

    def has_error_on(self, place: Place) -> bool:
        """True if anything on the line of `place` was refused."""
        return any(
            one.place.source is place.source and one.place.line == place.line
            for one in self._seen.values()
        )

    @property
    def count(self) -> int:
        """How many refusals there are."""
        return len(self._seen)

    @property
    def has_errors(self) -> bool:
        """True once anything was refused."""
        return bool(self._seen)

    def diagnostics(self) -> list[Diagnostic]:
        """Give the refusals in the order of their places."""
        return sorted(
            self._seen.values(),
            key=lambda one: (self._files[str(one.place.source.path)], one.place.offset),
        )

    def render(self) -> str:
        """Give the whole report as it is printed."""
        found = self.diagnostics()
        lines = [one.render() for one in found[:MOST_SHOWN]]
        if len(found) > MOST_SHOWN:
            lines.append(f"... and {len(found) - MOST_SHOWN} more errors")
        return "\n".join(lines)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'x'?` for the closest known name, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"; did you mean '{close[0]}'?" if close else ""


def _excerpt(line: str, column: int) -> tuple[str, str]:
    """Give the source line and the caret line, both cut to a window around the column."""
    start = max(0, column - 1 - WIDEST_EXCERPT // 2) if len(line) > WIDEST_EXCERPT else 0
    window = line[start : start + WIDEST_EXCERPT]
    shown = "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in window)
    before = shown[: column - 1 - start]
    return shown, "".join("\t" if char == "\t" else " " for char in before) + "^"
