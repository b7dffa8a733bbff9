"""Resolves one file with everything it imports: the way from syntax to the model.

Each file is entered once, where it is first imported and with the names that are known there; so a
cycle of imports just ends.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declarations import declare
from pyorpc.midl.resolve.declared import EnumRecord, InterfaceRecord, StructRecord
from pyorpc.midl.resolve.generated_names import check_generated_names
from pyorpc.midl.resolve.interfaces import ROOT
from pyorpc.midl.resolve.libraries import check_class_members
from pyorpc.midl.resolve.pointers import replace_pointers
from pyorpc.midl.resolve.scope import Scope, TypeName, Unit
from pyorpc.midl.resolve.structs import check_by_value

STANDARD_LIBRARY = re.compile(r"(?:.*[\\/])?stdole(?:2|32)?\.tlb\Z", re.IGNORECASE)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import Place, SourceFile, Sources

    Parse = Callable[[SourceFile], tuple[syntax.Declaration, ...] | None]


class _OpenFile:
    """A file whose declarations are being entered."""

    def __init__(self, unit: Unit, declarations: Sequence[syntax.Declaration]) -> None:
        self.unit = unit
        self.waiting: Iterator[syntax.Declaration] = iter(declarations)
        self.later = _interfaces(declarations)
        self.has_library = any(isinstance(one, syntax.Library) for one in declarations)


class Resolver:
    """Makes the world of one file."""

    def __init__(self, sources: Sources, reporter: Reporter, parse: Parse) -> None:
        self._sources = sources
        self._reporter = reporter
        self._parse = parse
        self._world = model.World()
        self._scope = Scope(reporter)
        self._files: dict[SourceFile, tuple[syntax.Declaration, ...] | None] = {}
        self._imported: dict[Place, SourceFile] = {}
        self._entered: dict[tuple[Path, int], SourceFile] = {}  # and for which file

    def resolve(self, source: SourceFile) -> model.World | None:
        """Give the world of the file; None if anything in it or its imports was refused."""
        if not self._load(source):
            return None
        self._declare(source)
        self._finish(Unit(self._scope, self._world, self._reporter, source))
        return None if self._reporter.has_errors else self._world

    def _load(self, source: SourceFile) -> bool:
        """Parse the file and all that it imports; False if any of it was refused."""
        waiting = [source]
        is_clean = True
        while waiting:
            each = waiting.pop()
            if each in self._files:
                continue
            self._files[each] = self._parse(each)
            is_clean = is_clean and self._files[each] is not None
            for written in _imports(self._files[each] or ()):
                found = self._sources.find(written.name, written.place)
                is_clean = is_clean and found is not None
                if found is not None:
                    self._imported[written.place] = found
                    waiting.append(found)
        return is_clean and not self._reporter.has_errors

    def _declare(self, source: SourceFile) -> None:
        """Enter the declarations of the file, and those of an imported one where it is imported."""
        entered = {source}
        open_files = [_OpenFile(self._unit(source), self._files[source] or ())]
        while open_files:
            current = open_files[-1]
            declaration = next(current.waiting, None)
            if declaration is None:
                open_files.pop()
                continue
            places = [one.place for one in _all_imports([declaration])]
            imported = [self._imported[one] for one in places if one in self._imported]
            new = [one for one in dict.fromkeys(imported) if one not in entered]
            if new:
                # First what it imports, then the declaration itself.
                current.waiting = chain([declaration], current.waiting)
                entered.add(new[0])
                open_files.append(_OpenFile(self._unit(new[0]), self._files[new[0]] or ()))
                continue
            if self._is_known(current.unit.home, declaration):
                continue
            self._scope.later, self._scope.has_library = current.later, current.has_library
            declare(current.unit, declaration)

    def _is_known(self, home: SourceFile, declaration: syntax.Declaration) -> bool:
        """True for what another file that includes or imports the same header has brought."""
        place = declaration.place
        return self._entered.setdefault((place.source.path, place.offset), home) is not home

    def _unit(self, source: SourceFile) -> Unit:
        return Unit(self._scope, self._world, self._reporter, source)

    def _finish(self, unit: Unit) -> None:
        """Check what can only be seen at the end, and give structs and enums their last names."""
        tags = list(self._scope.tags.values())
        structs = [one for one in tags if isinstance(one, StructRecord)]
        check_by_value(unit, structs)
        held = {one.key for struct in structs for one, _ in struct.held_by_value}
        for record in tags:
            definition = record.definition
            if definition is None:
                self._check_undefined(record, held)
            elif isinstance(definition, model.Struct):
                self._world.structs[record.key] = replace(definition, name=record.name)
            elif isinstance(definition, model.Union):
                self._world.unions[record.key] = replace(definition, name=record.name)
            elif record.name:
                self._world.enums[record.key] = replace(definition, name=record.name)
        check_class_members(unit)
        self._replace_announced()
        if not self._reporter.has_errors:
            self._check_travelling()
        check_generated_names(unit, tags)

    def _replace_announced(self) -> None:
        """Let pointers to interfaces that are only announced be pointers to IUnknown."""
        names = {
            record.name
            for entry in self._scope.names.values()
            if isinstance(entry, TypeName) and isinstance(entry.ctype, InterfaceRecord)
            for record in (entry.ctype,)
            if record.definition is None
        }
        if names:
            replace_pointers(self._world, names, ROOT)

    def _check_travelling(self) -> None:
        """Refuse parameters of remote methods that hold what only a local one can take."""
        for one in self._scope.travelling:
            for part in self._world.parts(one.type):
                if isinstance(part, model.Opaque) and part.reason:
                    self._reporter.error(
                        Mistake.NOT_REMOTABLE, one.place, name=one.name, reason=part.reason
                    )
                    break

    def _check_undefined(self, record: StructRecord | EnumRecord, held: set[str]) -> None:
        """Refuse an enum, or a struct that something holds: C lets one point to unknown structs."""
        kind = "enum" if isinstance(record, EnumRecord) else record.kind
        is_pointed_to = isinstance(record, StructRecord) and record.key not in held
        if is_pointed_to or record.key in self._scope.foreign:
            return
        self._reporter.error(
            Mistake.UNKNOWN_TAG, record.place, kind=kind, name=record.name, hint=""
        )


def _imports(declarations: Sequence[syntax.Declaration]) -> list[syntax.Import]:
    """Give the imports of a file, those inside interfaces too.

    A file without any has the names of automation's own type library, if it imports that.
    """
    found = _all_imports(declarations)
    written = [one for one in found if isinstance(one, syntax.Import)]
    if written:
        return written
    libraries = (one for one in found if STANDARD_LIBRARY.match(one.name))
    return [syntax.Import("ocidl.idl", one.place) for one in libraries][:1]


def _all_imports(
    declarations: Sequence[syntax.Declaration],
) -> list[syntax.Import | syntax.ImportLib]:
    found: list[syntax.Import | syntax.ImportLib] = []
    for one in declarations:
        if isinstance(one, (syntax.Import, syntax.ImportLib)):
            found.append(one)
        elif isinstance(one, (syntax.Interface, syntax.Library, syntax.Namespace, syntax.Module)):
            found.extend(_all_imports(one.members))
    return found


def _interfaces(declarations: Sequence[syntax.Declaration]) -> dict[str, syntax.Interface]:
    """Give the interfaces of a file by name, those of its libraries too."""
    found: dict[str, syntax.Interface] = {}
    for one in declarations:
        if isinstance(one, syntax.Interface):
            found.setdefault(one.name.text, one)
        elif isinstance(one, syntax.Library):
            found |= _interfaces(one.members)
    return found
