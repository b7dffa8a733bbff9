"""Resolves one file with everything it imports: the way from syntax to the model.

Each file is entered once, where it is first imported; so a cycle of imports just ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declarations import declare
from pyorpc.midl.resolve.declared import EnumRecord, InterfaceRecord, StructRecord
from pyorpc.midl.resolve.generated_names import check_generated_names
from pyorpc.midl.resolve.scope import Scope, TypeName, Unit
from pyorpc.midl.resolve.structs import check_by_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.source import SourceFile, Sources

    Parse = Callable[[SourceFile], tuple[syntax.Declaration, ...] | None]


class Resolver:
    """Makes the world of one file."""

    def __init__(self, sources: Sources, reporter: Reporter, parse: Parse) -> None:
        self._sources = sources
        self._reporter = reporter
        self._parse = parse
        self._world = model.World()
        self._scope = Scope(reporter)
        self._files: dict[SourceFile, tuple[syntax.Declaration, ...] | None] = {}

    def resolve(self, source: SourceFile) -> model.World | None:
        """Give the world of the file; None if anything in it or its imports was refused."""
        order = self._load(source)
        if order is None:
            return None
        for each in order:
            unit = Unit(self._scope, self._world, self._reporter, each)
            for declaration in self._files[each] or ():
                declare(unit, declaration)
        self._finish(Unit(self._scope, self._world, self._reporter, source))
        return None if self._reporter.has_errors else self._world

    def _load(self, source: SourceFile) -> Sequence[SourceFile] | None:
        """Parse the file and its imports; give them with the imported ones first."""
        order: list[SourceFile] = []
        waiting: list[tuple[SourceFile, bool]] = [(source, False)]
        is_clean = True
        while waiting:
            each, is_entered = waiting.pop()
            if is_entered:
                order.append(each)
                continue
            if each in self._files:
                continue
            self._files[each] = self._parse(each)
            waiting.append((each, True))
            is_clean = is_clean and self._files[each] is not None
            for written in reversed(_imports(self._files[each] or ())):
                found = self._sources.find(written.name, written.place)
                is_clean = is_clean and found is not None
                if found is not None:
                    waiting.append((found, False))
        return order if is_clean and not self._reporter.has_errors else None

    def _finish(self, unit: Unit) -> None:
        """Check what can only be seen at the end, and give structs and enums their last names."""
        tags = list(self._scope.tags.values())
        structs = [one for one in tags if isinstance(one, StructRecord)]
        check_by_value(unit, structs)
        for record in tags:
            definition = record.definition
            if definition is None:
                self._refuse_undefined(record)
            elif isinstance(definition, model.Struct):
                self._world.structs[record.key] = replace(definition, name=record.name)
            elif isinstance(definition, model.Union):
                self._world.unions[record.key] = replace(definition, name=record.name)
            elif record.name:
                self._world.enums[record.key] = replace(definition, name=record.name)
        self._check_announced()
        if not self._reporter.has_errors:
            self._check_travelling()
        check_generated_names(unit, tags)

    def _check_announced(self) -> None:
        """Refuse interfaces that are used, but only announced."""
        for entry in self._scope.names.values():
            record = entry.ctype if isinstance(entry, TypeName) else None
            if not isinstance(record, InterfaceRecord) or record.is_broken:
                continue
            if record.definition is None and record.is_used and entry.kind == "interface":
                self._reporter.error(Mistake.FORWARD_NOT_DEFINED, record.place, name=record.name)

    def _check_travelling(self) -> None:
        """Refuse parameters of remote methods that hold what only a local one can take."""
        for one in self._scope.travelling:
            for part in self._world.parts(one.type):
                if isinstance(part, model.Opaque) and part.reason:
                    self._reporter.error(
                        Mistake.NOT_REMOTABLE, one.place, name=one.name, reason=part.reason
                    )
                    break

    def _refuse_undefined(self, record: StructRecord | EnumRecord) -> None:
        kind = "enum" if isinstance(record, EnumRecord) else record.kind
        self._reporter.error(
            Mistake.UNKNOWN_TAG, record.place, kind=kind, name=record.name, hint=""
        )


def _imports(declarations: Sequence[syntax.Declaration]) -> list[syntax.Import]:
    """Give the imports of a file, those inside interfaces too."""
    found: list[syntax.Import] = []
    for one in declarations:
        if isinstance(one, syntax.Import):
            found.append(one)
        elif isinstance(one, syntax.Interface):
            found.extend(member for member in one.members if isinstance(member, syntax.Import))
    return found
