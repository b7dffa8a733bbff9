"""Cuts and lays out IDL that is written in a test."""

from __future__ import annotations

from pathlib import Path

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.format.formatted import formatted
from pyorpc.midl.format.lexemes import Lexeme, lexemes_of
from pyorpc.midl.source import SourceFile


def source(text: str) -> SourceFile:
    return SourceFile(Path("thing.idl"), "thing.idl", text)


def cut(text: str) -> list[Lexeme]:
    """Give the lexemes of a text without mistakes."""
    reporter = Reporter()
    found = lexemes_of(source(text), reporter)
    assert not reporter.has_errors, reporter.render()
    return found


def refusals(text: str) -> list[str]:
    """Give `line:column code` of each mistake."""
    reporter = Reporter()
    assert formatted(source(text), reporter) is None
    return [
        f"{one.place.line}:{one.place.column} {one.mistake.code}" for one in reporter.diagnostics()
    ]


def laid(text: str) -> str:
    """Give the layout of a text; it stays as it is when it is laid out again."""
    reporter = Reporter()
    once = formatted(source(text), reporter)
    assert once is not None, reporter.render()
    assert formatted(source(once), reporter) == once
    return once
