"""Reads the declarations of IDL that is written in a test, compiled or not."""

from __future__ import annotations

from pathlib import Path

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.outline.symbol import Symbol, symbols_of
from pyorpc.midl.parse import parse
from pyorpc.midl.source import SourceFile, Sources


def declarations(text: str) -> tuple[syntax.Declaration, ...]:
    reporter = Reporter()
    source = SourceFile(Path("thing.idl"), "thing.idl", text)
    found = parse(source, Sources([], reporter), reporter)
    assert found is not None, reporter.render()
    return found


def symbols(text: str) -> list[Symbol]:
    return symbols_of(declarations(text))
