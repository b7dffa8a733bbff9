"""The language server for IDL: what an editor sends and gets, by pygls over stdin and stdout.

All of it runs on one thread. Answers are about the text as it is now; mistakes are sent when nobody
has typed for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from pyorpc.midl.diagnostics import Diagnostic, Reporter
from pyorpc.midl.format.formatted import formatted
from pyorpc.midl.language.analysis import Analysis, Settings, analyse
from pyorpc.midl.language.completion import offers
from pyorpc.midl.language.hover import hover, symbol_at
from pyorpc.midl.language.words_at import WORD, import_at
from pyorpc.midl.outline.symbol import Kind, Symbol
from pyorpc.midl.source import SourceFile

PAUSE_S: Final = 0.2
SYMBOLS: Final = {
    Kind.INTERFACE: types.SymbolKind.Interface,
    Kind.DISPINTERFACE: types.SymbolKind.Interface,
    Kind.COCLASS: types.SymbolKind.Class,
    Kind.RUNTIMECLASS: types.SymbolKind.Class,
    Kind.LIBRARY: types.SymbolKind.Module,
    Kind.MODULE: types.SymbolKind.Module,
    Kind.NAMESPACE: types.SymbolKind.Namespace,
    Kind.CONTRACT: types.SymbolKind.Namespace,
    Kind.DELEGATE: types.SymbolKind.Function,
    Kind.METHOD: types.SymbolKind.Method,
    Kind.PROPERTY: types.SymbolKind.Property,
    Kind.STRUCT: types.SymbolKind.Struct,
    Kind.UNION: types.SymbolKind.Struct,
    Kind.FIELD: types.SymbolKind.Field,
    Kind.ENUM: types.SymbolKind.Enum,
    Kind.MEMBER: types.SymbolKind.EnumMember,
    Kind.TYPEDEF: types.SymbolKind.TypeParameter,
    Kind.CONSTANT: types.SymbolKind.Constant,
}
OFFERS: Final = {
    "attribute": types.CompletionItemKind.Property,
    "interface": types.CompletionItemKind.Interface,
    "dispinterface": types.CompletionItemKind.Interface,
    "coclass": types.CompletionItemKind.Class,
    "struct": types.CompletionItemKind.Struct,
    "union": types.CompletionItemKind.Struct,
    "enum": types.CompletionItemKind.Enum,
    "member": types.CompletionItemKind.EnumMember,
    "constant": types.CompletionItemKind.Constant,
    "keyword": types.CompletionItemKind.Keyword,
}


class IdlServer(LanguageServer):
    """Keeps what was read of each open file, until a file changes."""

    def __init__(self, settings: Settings) -> None:
        # pygls takes any further arguments, of any type.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "pyorpc-idl", version("pyorpc")
        )
        self._settings = settings
        self._analyses: dict[str, Analysis] = {}
        self._lines: dict[SourceFile, list[str]] = {}
        self._before: dict[str, Analysis] = {}  # the last of each file
        self._changes = 0

    def analysis(self, uri: str) -> Analysis:
        """Give what is known of an open file as it is now."""
        if uri not in self._analyses:
            texts = {path_of(one.uri): one.source for one in self.workspace.text_documents.values()}
            found = analyse(path_of(uri), texts, self._settings, self._before.get(uri))
            self._analyses[uri] = self._before[uri] = found
        return self._analyses[uri]

    def offset(self, uri: str, position: types.Position) -> int:
        """Give the offset of a place in an open file."""
        lines = self.lines_of(self.analysis(uri).source)
        at = self._codec.position_from_client_units(lines, position)
        return sum(map(len, lines[: at.line])) + at.character

    def range_of(self, source: SourceFile, offset: int, length: int) -> types.Range:
        """Give a piece of a line as the editor counts."""
        line, column = source.line_and_column(min(offset, len(source.text)))
        start = types.Position(line - 1, column - 1)
        stop = types.Position(line - 1, column - 1 + length)
        return self._codec.range_to_client_units(self.lines_of(source), types.Range(start, stop))

    def lines_of(self, source: SourceFile) -> list[str]:
        """Give the lines with their ends: Python's own notion has more ends than the protocol's."""
        if source not in self._lines:
            *lines, last = source.text.split("\n")
            self._lines[source] = [*(f"{line}\n" for line in lines), last]
        return self._lines[source]

    @property
    def _codec(self) -> PositionCodec:
        return self.workspace.position_codec

    async def note_change(self) -> None:
        """Forget what was read; send the mistakes anew, if nothing else changes in a moment."""
        self._analyses.clear()
        self._lines.clear()
        self._changes += 1
        change = self._changes
        await asyncio.sleep(PAUSE_S)
        if change == self._changes:
            self.publish()

    def publish(self) -> None:
        """Send the mistakes of all open files."""
        for uri, document in self.workspace.text_documents.items():
            found = self.analysis(uri)
            shown = [self._diagnostic(found.source, one) for one in found.diagnostics]
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, shown, document.version)
            )

    def forget(self, uri: str) -> None:
        """Take a file's mistakes away, which the editor has closed."""
        self._before.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _diagnostic(self, source: SourceFile, one: Diagnostic) -> types.Diagnostic:
        """Give a mistake of this file, or on its first line one of a file that it imports."""
        text, offset, length = one.text, one.place.offset, 1
        if one.place.source is not source:
            text = f"{one.place.source.name}:{one.place.line}: {text}"
            offset = 0
        elif word := WORD.match(source.text, offset):
            length = len(word.group())
        shown = self.range_of(source, offset, length)
        return types.Diagnostic(
            shown, text, types.DiagnosticSeverity.Error, code=one.mistake.code, source="pyorpc"
        )

    def location(self, symbol: Symbol) -> types.Location:
        """Give where a symbol is declared."""
        place = symbol.place
        shown = self.range_of(place.source, place.offset, len(symbol.name))
        return types.Location(uri_of(place.source.path), shown)

    def outline(self, symbols: Sequence[Symbol], source: SourceFile) -> list[types.DocumentSymbol]:
        """Give the symbols of a file itself, with those inside of them."""
        return [
            self._outlined(one, source) for one in symbols if one.place.source.path == source.path
        ]

    def _outlined(self, symbol: Symbol, source: SourceFile) -> types.DocumentSymbol:
        shown = self.range_of(source, symbol.place.offset, len(symbol.name))
        inside = self.outline(symbol.inside, source)
        whole = types.Range(shown.start, inside[-1].range.end if inside else shown.end)
        detail = symbol.text.rpartition("\n")[2]
        return types.DocumentSymbol(
            symbol.name, SYMBOLS[symbol.kind], whole, shown, detail, children=inside
        )


def path_of(uri: str) -> Path:
    """Give the path of a file; for one that was never saved, a name in the current folder."""
    return Path(to_fs_path(uri) or "untitled.idl").resolve()


def uri_of(path: Path) -> str:
    """Give the address of a file."""
    return from_fs_path(str(path)) or ""


def make_server(settings: Settings) -> IdlServer:
    """Make a server; `start_io` runs it."""
    server = IdlServer(settings)
    _serve_changes(server)
    _serve_questions(server)
    _serve_layout(server)
    return server


def _serve_changes(server: IdlServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(_params: types.DidOpenTextDocumentParams) -> None:
        await server.note_change()

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(_params: types.DidChangeTextDocumentParams) -> None:
        await server.note_change()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(_params: types.DidSaveTextDocumentParams) -> None:
        await server.note_change()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def changed_outside(_params: types.DidChangeWatchedFilesParams) -> None:
        await server.note_change()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)
        await server.note_change()


def _serve_questions(server: IdlServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def explain(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        text = hover(server.analysis(uri), server.offset(uri, params.position))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def define(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        analysis, offset = server.analysis(uri), server.offset(uri, params.position)
        imported = analysis.imports.get(import_at(analysis.source.text, offset))
        if imported is not None:
            start = types.Position(0, 0)
            return types.Location(uri_of(imported), types.Range(start, start))
        symbol = symbol_at(analysis, offset)
        return server.location(symbol) if symbol is not None else None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        analysis = server.analysis(params.text_document.uri)
        return server.outline(analysis.symbols, analysis.source)

    trigger = types.CompletionOptions(trigger_characters=["["])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, trigger)
    def complete(params: types.CompletionParams) -> types.CompletionList:
        uri = params.text_document.uri
        found = offers(server.analysis(uri), server.offset(uri, params.position))
        other = types.CompletionItemKind.TypeParameter
        items = [
            types.CompletionItem(one.word, kind=OFFERS.get(one.kind, other), detail=one.detail)
            for one in found
        ]
        return types.CompletionList(is_incomplete=False, items=items)


def _serve_layout(server: IdlServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def lay_out(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        source = server.analysis(params.text_document.uri).source
        text = formatted(source, Reporter())
        if text is None or text == source.text:
            return []
        end = types.Position(len(server.lines_of(source)), 0)
        return [types.TextEdit(types.Range(types.Position(0, 0), end), text)]
