"""A module that is too large for type checkers is written as several, and gathered in one.

They look only so far into what a file declares. The first part has the types of the IDL file, each
other one a share of its interfaces. A part imports what earlier ones declare at its top and what
later ones do at its end, since only bodies and annotations need that; first of all the next part,
so that they run in order. The module that is named after the file has the names of all, and fills
the tables for late-bound calls, which need all classes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pyorpc.midl import model
from pyorpc.midl.emit.dispatch_table import write_tables
from pyorpc.midl.emit.generate import finished_text, whole_text, write_declarations
from pyorpc.midl.emit.module import Module
from pyorpc.midl.emit.names import class_name, module_name
from pyorpc.midl.emit.unions import is_told_apart
from pyorpc.midl.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable

D = TypeVar("D", model.Constant, model.Enum, model.Struct, model.Union, model.Interface)

# The lines of a part; a single interface may need more.
MOST_LINES = 24_000


def generate_parts(
    world: model.World, home: SourceFile, package: str, most_lines: int = MOST_LINES
) -> dict[str, str]:
    """Give the text of each module of a file, by the module's name: the file's own comes last."""
    whole = Module(world, home, package)
    write_declarations(whole)
    if whole.writer.position <= most_lines:
        return {module_name(home): finished_text(whole)}
    shares = _shares(whole.lines_of, most_lines)
    homes = [_home_of_part(home, number) for number in range(1, len(shares) + 1)]
    placed = _placed(world, home, shares, homes)
    parts = [
        _part(Module(placed, part, package, homes[number:]), home, homes[number:])
        for number, part in enumerate(homes, 1)
    ]
    texts = {module_name(part): text for part, text in zip(homes, parts, strict=True)}
    return {**texts, module_name(home): _gathered(Module(placed, home, package), homes)}


def _shares(lines_of: dict[str, int], most_lines: int) -> list[list[str]]:
    """Give the names of each part's interfaces; the first part has none."""
    shares: list[list[str]] = [[]]
    room = 0
    for name, lines in lines_of.items():
        if lines > room:
            shares.append([])
            room = most_lines
        shares[-1].append(name)
        room -= lines
    return shares


def _home_of_part(home: SourceFile, number: int) -> SourceFile:
    path = home.path.with_name(f"{home.path.stem}_part{number}{home.path.suffix}")
    return SourceFile(path, path.name, "")


def _placed(
    world: model.World, home: SourceFile, shares: list[list[str]], homes: list[SourceFile]
) -> model.World:
    """Give the world in which each part is the home of what it declares."""
    of = {name: part for names, part in zip(shares, homes, strict=True) for name in names}

    def place(table: dict[str, D]) -> dict[str, D]:
        return {
            key: replace(one, home=of.get(one.name, homes[0])) if one.home is home else one
            for key, one in table.items()
        }

    return model.World(
        place(world.constants),
        place(world.enums),
        place(world.structs),
        place(world.unions),
        place(world.interfaces),
    )


def _part(module: Module, source: SourceFile, later: list[SourceFile]) -> str:
    write_declarations(module)
    following = [module.imports.late(one, _fill(one)) for one in later[:1]]
    late = module.imports.late_lines()
    module.writer.gap(2 if late else 0)
    module.writer.lines(late)
    module.write_aliases(is_late=True)
    module.writer.gap(2)
    with module.writer.block(f"def {_fill(module.home)}() -> None:"):
        module.writer.line('"""Fill the tables for late-bound calls, and those of later parts."""')
        write_tables(module)
        for name in following:
            module.writer.line(f"{name}()")
    return whole_text(module, source)


def _fill(part: SourceFile) -> str:
    """Give the name of the function that fills a part's tables."""
    return f"fill_{module_name(part)}"


def _gathered(module: Module, parts: list[SourceFile]) -> str:
    """Give the module that has the names of all parts."""
    public: list[str] = []
    for part in parts:
        names = _names(module.world, part)
        public.extend(names)
        for name in names:
            module.imports.use(module.imports.module_of(part), name)
    fill = module.imports.use(module.imports.module_of(parts[0]), _fill(parts[0]))
    module.writer.gap(1)
    module.writer.lines(["__all__ = [", *(f'    "{name}",' for name in sorted(public)), "]"])
    module.writer.gap(1)
    module.writer.line(f"{fill}()")
    return whole_text(module, module.home)


def _names(world: model.World, part: SourceFile) -> list[str]:
    """Give the names of a part's classes and constants."""
    found = [
        *_of(world.constants.values(), part),
        *_of(world.enums.values(), part),
        *_of(world.structs.values(), part),
        *_of((one for one in world.unions.values() if is_told_apart(one)), part),
    ]
    for one in (one for one in world.interfaces.values() if one.home is part):
        name = class_name(one.name)
        found.append(name)
        if not one.is_local:
            found.extend(f"{name}{form}" for form in ("Proxy", "Awaitable", "Stub"))
        if not one.is_local and one.async_iid is not None:
            found.extend(f"Async{name}{form}" for form in ("", "Proxy"))
    return found


def _of(declared: Iterable[D], part: SourceFile) -> list[str]:
    return [class_name(one.name) for one in declared if one.home is part]
