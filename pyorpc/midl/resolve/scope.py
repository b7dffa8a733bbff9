"""The names that a file and its imports have declared so far, and the uuids they have taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyorpc.midl.diagnostics import did_you_mean
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.declared import EnumRecord, StructRecord
from pyorpc.midl.resolve.standard_types import standard_names, standard_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl import model, syntax
    from pyorpc.midl.diagnostics import Reporter
    from pyorpc.midl.resolve.declared import CType
    from pyorpc.midl.source import Place, SourceFile

# How many bases may each be defined behind what derives from it.
DEEPEST_EARLY = 50
# Behind so many errors, nobody reads suggestions.
MOST_HINTS = 100

Value = int | float | str


@dataclass(frozen=True, slots=True)
class TypeName:
    """A name that stands for a type: a typedef or an interface."""

    kind: str
    ctype: CType
    place: Place


@dataclass(frozen=True, slots=True)
class ValueName:
    """A name that stands for a value: a constant or an enumerator."""

    kind: str
    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Travelling:
    """The type of a parameter of a remote method."""

    name: str
    type: model.Type
    place: Place


@dataclass(slots=True)
class Scope:
    """One per compiled file: IDL names are global, wherever they are declared."""

    reporter: Reporter
    names: dict[str, TypeName | ValueName] = field(default_factory=dict[str, TypeName | ValueName])
    tags: dict[str, StructRecord | EnumRecord] = field(
        default_factory=dict[str, StructRecord | EnumRecord]
    )
    uuids: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    # The interfaces of the file that are still to come, and those that were declared early.
    later: dict[str, syntax.Interface] = field(default_factory=dict[str, "syntax.Interface"])
    has_library: bool = False
    # The interfaces of classes that were not known when the class was declared.
    class_members: list[syntax.ClassMember] = field(default_factory=list["syntax.ClassMember"])
    # Tags that only functions of the C program name.
    foreign: set[str] = field(default_factory=set[str])
    early_depth: int = 0
    hoisted: set[int] = field(default_factory=set[int])
    # What remote methods take and give: looked into when all types are known.
    travelling: list[Travelling] = field(default_factory=list["Travelling"])

    def declare(self, name: str, entry: TypeName | ValueName) -> None:
        """Enter a name. One that is there already is refused, and stays what it was.

        A struct or constant of a standard file gives way to one that the user declares.
        """
        before = self.names.get(name)
        if before is not None and not _gives_way(before, entry):
            self.refuse_duplicate(name, entry.place, before.place)
            return
        self.names[name] = entry

    def declare_early(self, name: str, declare: Callable[[syntax.Declaration], None]) -> None:
        """Enter an interface that is defined further down in the file, since it is a base."""
        written = self.later.get(name)
        if written is not None and self.early_depth < DEEPEST_EARLY:
            del self.later[name]
            self.early_depth += 1
            declare(written)
            self.early_depth -= 1
            self.hoisted.add(id(written))

    def refuse_duplicate(self, name: str, place: Place, before: Place) -> None:
        """Report that `name` was declared before."""
        where = f"on line {before.line}"
        if before.source is not place.source:
            where += f" of {before.source.name}"
        self.reporter.error(Mistake.DUPLICATE_NAME, place, name=name, where=where)

    def type_named(self, name: str) -> CType | None:
        """Give the type of a name: a typedef, an interface, a tag or a predefined name."""
        entry = self.names.get(name)
        if isinstance(entry, TypeName):
            return entry.ctype
        return self.tags.get(name) or standard_type(name)

    def type_hint(self, name: str) -> str:
        """Suggest a type name close to an unknown one."""
        if self.reporter.count >= MOST_HINTS:
            return ""
        known = [one for one, entry in self.names.items() if isinstance(entry, TypeName)]
        return did_you_mean(name, [*known, *self.tags, *standard_names(), "long", "boolean"])

    def value_hint(self, name: str) -> str:
        """Suggest a constant close to an unknown one."""
        if self.reporter.count >= MOST_HINTS:
            return ""
        return did_you_mean(
            name, [one for one, entry in self.names.items() if isinstance(entry, ValueName)]
        )


def _gives_way(before: TypeName | ValueName, entry: TypeName | ValueName) -> bool:
    is_ours = before.place.source.is_standard and not entry.place.source.is_standard
    return is_ours and before.kind != "interface"


@dataclass(frozen=True, slots=True)
class Unit:
    """What every step of resolving one file works on.

    `depth`: how many structs are open. `default_pointer`: of what kind a struct's pointers are.
    """

    scope: Scope
    world: model.World
    reporter: Reporter
    home: SourceFile
    depth: int = 1
    default_pointer: str = "unique"

    def inside(self) -> Unit:
        """Give the unit for what is written inside a struct."""
        return replace(self, depth=self.depth + 1)
