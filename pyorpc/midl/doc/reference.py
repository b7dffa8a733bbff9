"""What a reference says of a file, before it is HTML or Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyorpc.midl import syntax
from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.doc.python_view import PythonClass, PythonView
from pyorpc.midl.format.lexemes import lexemes_of
from pyorpc.midl.outline.spelling import argument_text, attributes_text, type_text
from pyorpc.midl.outline.symbol import Kind, Symbol
from pyorpc.midl.source import SourceFile

SECTIONS = (
    ("Interfaces", (Kind.INTERFACE, Kind.DISPINTERFACE)),
    ("Classes", (Kind.COCLASS, Kind.RUNTIMECLASS)),
    ("Structs and unions", (Kind.STRUCT, Kind.UNION)),
    ("Enums", (Kind.ENUM,)),
    ("Constants", (Kind.CONSTANT, Kind.MEMBER)),
    ("Type names", (Kind.TYPEDEF, Kind.DELEGATE)),
    ("Libraries and modules", (Kind.LIBRARY, Kind.MODULE, Kind.CONTRACT)),
)
TYPES = (Kind.STRUCT, Kind.UNION, Kind.ENUM)
OPEN = (Kind.LIBRARY, Kind.NAMESPACE, Kind.INTERFACE)  # what is in them is known everywhere
FACTS = {"uuid": "uuid", "async_uuid": "asynchronous uuid", "version": "version"}


@dataclass(frozen=True, slots=True)
class Part:
    """A method, a field or a member."""

    name: str
    idl: str
    python: tuple[str, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A declaration. `names` are all that it is known by, its title first."""

    kind: Kind
    names: tuple[str, ...]
    idl: str
    python: tuple[str, ...]
    doc: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """The name that Python knows it by."""
        return self.names[0]

    @property
    def has_methods(self) -> bool:
        """True if its parts are shown one by one, not as lines of one block."""
        return self.kind in (Kind.INTERFACE, Kind.DISPINTERFACE)


@dataclass(frozen=True, slots=True)
class Section:
    """All entries of a kind."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of one file."""

    file_name: str
    intro: str
    imports: tuple[str, ...]
    sections: tuple[Section, ...]

    def entries(self) -> Iterator[Entry]:
        """Give all entries."""
        for section in self.sections:
            yield from section.entries


def reference_of(
    source: SourceFile,
    declarations: Sequence[syntax.Declaration],
    symbols: Iterable[Symbol],
    view: PythonView,
) -> Reference:
    """Give the reference of a file."""
    entries = _without_aliases(list(_entries(symbols, view)))
    sections = [
        Section(title, tuple(one for one in entries if one.kind in kinds))
        for title, kinds in SECTIONS
    ]
    imports = tuple(one.name for one in declarations if isinstance(one, syntax.Import))
    shown = tuple(one for one in sections if one.entries)
    return Reference(source.name, _intro(source), imports, shown)


def _intro(source: SourceFile) -> str:
    """Give the `//` comment that the file begins with."""
    lines: list[str] = []
    for lexeme in lexemes_of(source, Reporter()):
        is_first = not lines or lexeme.lines_before == 1
        if lexeme.kind != "line_comment" or lexeme.text.startswith("///") or not is_first:
            break
        lines.append(lexeme.text[2:].strip())
    return "\n".join(lines)


def _entries(symbols: Iterable[Symbol], view: PythonView) -> Iterator[Entry]:
    """Give the entries, those inside of libraries and interfaces too."""
    groups: dict[int, list[Symbol]] = {}
    for symbol in symbols:
        # What one typedef declares, is one entry.
        is_typedef = isinstance(symbol.node, syntax.Typedef)
        groups.setdefault(id(symbol.node if is_typedef else symbol), []).append(symbol)
    for group in groups.values():
        yield _entry(group, view)
        for symbol in group:
            if symbol.kind in OPEN:
                declared = (one for one in symbol.inside if one.kind is not Kind.METHOD)
                yield from _entries(declared, view)


def _without_aliases(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out `typedef struct S S;` beside the struct itself."""
    types = {name for one in entries if one.kind in TYPES for name in one.names}
    return [one for one in entries if one.kind is not Kind.TYPEDEF or one.title not in types]


def _entry(group: Sequence[Symbol], view: PythonView) -> Entry:
    symbol = next((one for one in group if one.kind in TYPES), group[0])
    names = [symbol.name, *(one.name for one in group if one is not symbol)]
    title = next((name for name in names if name in view.classes), names[0])
    names.sort(key=lambda name: name != title)
    known = view.classes.get(title)
    value = view.constants.get(title)
    return Entry(
        symbol.kind,
        tuple(names),
        _idl(symbol, group),
        (f"{known.head}:",) if known else (value,) if value else (),
        symbol.doc,
        tuple(_facts(symbol)),
        tuple(_parts(symbol, known)),
    )


def _idl(symbol: Symbol, group: Sequence[Symbol]) -> str:
    """Give the declaration; that of a struct or enum with its fields."""
    node = symbol.node
    if isinstance(node, syntax.Coclass | syntax.RuntimeClass):
        lines = (
            f"{attributes_text(one.attributes)} {one.kind} {type_text(one.type)};".strip()
            for one in node.members
        )
        return _braced(symbol.text, lines)
    if symbol.kind not in TYPES:
        return symbol.text
    end = "," if symbol.kind is Kind.ENUM else ""
    text = _braced(symbol.text, (one.text + end for one in symbol.inside))
    names = [one.text for one in group if one is not symbol]
    return "\n".join([f"{text};", *dict.fromkeys(names)])


def _braced(head: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{head} {{", *(f"    {line}" for line in lines), "}"])


def _facts(symbol: Symbol) -> Iterator[tuple[str, str]]:
    node = symbol.node
    attributes = getattr(node, "attributes", None)
    if not isinstance(attributes, syntax.Attributes):
        return
    for one in attributes.items:
        if one.name in FACTS and one.arguments:
            yield FACTS[one.name], argument_text(one.arguments[0]).strip('"').lower()
    if isinstance(node, syntax.Interface) and node.bases:
        yield "base", ", ".join(type_text(one) for one in node.bases)


def _parts(symbol: Symbol, known: PythonClass | None) -> Iterator[Part]:
    shown = (Kind.METHOD, Kind.PROPERTY, Kind.FIELD, Kind.MEMBER)
    for one in symbol.inside:
        if one.kind in shown:
            python = known.lines_of(one.name) if known else []
            yield Part(one.name, one.text, tuple(_of_accessor(one, python)), one.doc)


def _of_accessor(symbol: Symbol, lines: Sequence[str]) -> list[str]:
    """Give what one of the methods of a property is: both have its name."""
    attributes = getattr(symbol.node, "attributes", None)
    if not isinstance(attributes, syntax.Attributes):
        return [*lines]
    if "propget" in attributes:
        return [line for line in lines if ".setter" not in line]
    if "propput" in attributes or "propputref" in attributes:
        return [line for line in lines if ".setter" in line]
    return [*lines]
