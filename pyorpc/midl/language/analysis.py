"""One reading of a text: its mistakes, the names in it, and those that it imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyorpc.midl import syntax
from pyorpc.midl.compile import Compiler
from pyorpc.midl.diagnostics import Diagnostic
from pyorpc.midl.doc.python_view import PythonView, python_view
from pyorpc.midl.language.mended import mended
from pyorpc.midl.outline.symbol import Symbol, all_symbols, symbols_of
from pyorpc.midl.source import SourceFile
from pyorpc.midl.tree_cache import TreeCache

LONGEST_MENDED = 200_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Where imports are looked for, which macros are defined, where parsed files are kept."""

    include: Sequence[Path] = ()
    defined: Mapping[str, str] = field(default_factory=dict[str, str])
    trees: TreeCache | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was read. `known` has the names of the text and of its imports."""

    source: SourceFile
    diagnostics: tuple[Diagnostic, ...]
    symbols: tuple[Symbol, ...]
    known: Mapping[str, Symbol]
    view: PythonView
    imports: Mapping[str, Path]


def analyse(
    path: Path, texts: Mapping[Path, str], settings: Settings, before: Analysis | None = None
) -> Analysis:
    """Read the text of a file. `texts` has those of all files that an editor has open.

    `before` is what was read last: it says what the file is in Python while it does not compile,
    and what the names are in a text that is too long to be mended while somebody types.
    """
    compiler = _compiler(texts, settings)
    source = compiler.source(path)
    module = compiler.compile(path, path.parent)
    diagnostics = tuple(compiler.reporter.diagnostics())
    view = before.view if before is not None else PythonView()
    if module is not None:
        view = python_view(module.text)
    reader = compiler
    if not compiler.syntax_of(source):
        if len(source.text) > LONGEST_MENDED:
            names = before if before is not None else Analysis(source, (), (), {}, view, {})
            return replace(names, source=source, diagnostics=diagnostics, view=view)
        reader = _mending(path, texts, settings)
    return _named(reader, path, Analysis(source, diagnostics, (), {}, view, {}))


def _named(reader: Compiler, path: Path, found: Analysis) -> Analysis:
    """Give the analysis with the names that a compiler has read."""
    declarations = reader.syntax_of(reader.source(path))
    symbols = tuple(symbols_of(declarations))
    known: dict[str, Symbol] = {}
    for symbol in all_symbols(symbols):
        known.setdefault(symbol.name, symbol)
    for each in reader.read_files():
        for symbol in all_symbols(symbols_of(reader.syntax_of(each))):
            known.setdefault(symbol.name, symbol)
    imports = dict(_imports(reader, declarations))
    return replace(found, symbols=symbols, known=known, imports=imports)


def _compiler(texts: Mapping[Path, str], settings: Settings) -> Compiler:
    compiler = Compiler(settings.include, settings.defined, settings.trees)
    for path, text in texts.items():
        compiler.put(path, text)
    return compiler


def _mending(path: Path, texts: Mapping[Path, str], settings: Settings) -> Compiler:
    """Give a compiler that has read what can be read of a text that is no IDL."""

    def mistakes_in(text: str) -> list[int]:
        compiler = _compiler({**texts, path: text}, settings)
        source = compiler.source(path)
        if compiler.syntax_of(source):
            return []
        found = [one.place for one in compiler.reporter.diagnostics()]
        return [place.offset for place in found if place.source is source]

    text = _compiler(texts, settings).source(path).text
    compiler = _compiler({**texts, path: mended(text, mistakes_in)}, settings)
    compiler.check(path)  # reads the imports
    return compiler


def _imports(
    compiler: Compiler, declarations: Sequence[syntax.Declaration]
) -> Iterator[tuple[str, Path]]:
    for one in declarations:
        if isinstance(one, syntax.Import):
            path = compiler.path_of(one.name, one.place.source)
            if path is not None:
                yield one.name, path
