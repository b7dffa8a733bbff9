"""Runs the preprocessor on texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.preprocess.preprocessor import Preprocessor
from pyorpc.midl.source import Sources

if TYPE_CHECKING:
    from pathlib import Path

    from pyorpc.midl.tokens import Token


def tokens_of(folder: Path, text: str, **files: str) -> list[Token]:
    """Give what is left of a text; the other files are named `name_h` for name.h."""
    found, reporter = run(folder, text, **files)
    assert not reporter.has_errors, reporter.render()
    return found


def text_of(folder: Path, text: str, **files: str) -> str:
    return " ".join(token.text for token in tokens_of(folder, text, **files))


def refusals(folder: Path, text: str, **files: str) -> list[str]:
    """Give `file:line:col code` for each refusal."""
    _, reporter = run(folder, text, **files)
    return [
        f"{one.place.source.name}:{one.place.line}:{one.place.column} {one.mistake.name}"
        for one in reporter.diagnostics()
    ]


def run(folder: Path, text: str, **files: str) -> tuple[list[Token], Reporter]:
    for name, content in {"a_idl": text, **files}.items():
        (folder / name.replace("_", ".")).write_text(content)
    reporter = Reporter()
    sources = Sources([], reporter)
    return Preprocessor(sources, reporter).run(sources.open(folder / "a.idl")), reporter
