"""The compiler as one call: IDL files in, generated modules or a report out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyorpc.midl.diagnostics import Reporter
from pyorpc.midl.emit.generate import generate
from pyorpc.midl.emit.names import module_name, package_of
from pyorpc.midl.emit.parts import generate_parts
from pyorpc.midl.parse import parse_with_includes
from pyorpc.midl.resolve.resolver import Resolver
from pyorpc.midl.source import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyorpc.midl import model, syntax
    from pyorpc.midl.source import SourceFile
    from pyorpc.midl.tree_cache import TreeCache


@dataclass(frozen=True, slots=True)
class Generated:
    """The text of one module, and the name of its file. A large one has its content in `parts`."""

    file_name: str
    text: str
    parts: tuple[Generated, ...] = ()

    def files(self) -> dict[str, str]:
        """Give the texts by the names of their files."""
        own = {self.file_name: self.text}
        return own | {one.file_name: one.text for one in self.parts}


class Compiler:
    """Compiles files that share include folders. What is refused is in `reporter`."""

    def __init__(
        self,
        include_directories: Sequence[Path],
        defined: Mapping[str, str] | None = None,
        trees: TreeCache | None = None,
    ) -> None:
        self.reporter = Reporter()
        self._sources = Sources(include_directories, self.reporter, defined)
        self._trees = trees
        self._compiled: set[SourceFile] = set()
        self._worlds: list[model.World] = []
        self._unsaved: set[SourceFile] = set()
        self._parsed: dict[SourceFile, tuple[syntax.Declaration, ...] | None] = {}

    def check(self, path: Path) -> model.World | None:
        """Give the model of a file; None if it was refused. Raises OSError if it is unreadable."""
        return self._world(self._sources.open(path))

    def compile(self, path: Path, directory: Path, *, in_parts: bool = False) -> Generated | None:
        """Give the module of a file for a folder; None if it was refused.

        `in_parts`: one that is too large for a type checker to look into has several files.
        """
        source = self._sources.open(path)
        self._compiled.add(source)
        world = self._world(source)
        if world is None:
            return None
        self._worlds.append(world)
        return _generated(world, source, directory, in_parts=in_parts)

    def compile_imported(self, directory: Path) -> list[Generated]:
        """Give the modules of what the files compiled so far import, without the standard files.

        Each is made of what the importing file knows: a header may need what was imported before.
        """
        found: dict[SourceFile, Generated] = {}
        for world in self._worlds:
            for home in world.homes():
                if not (home.is_standard or home in self._compiled or home in found):
                    found[home] = _generated(world, home, directory, in_parts=True)
        return list(found.values())

    def imported(self) -> list[Path]:
        """The files that those compiled so far import, without the standard ones."""
        compiled = self._compiled
        return [
            source.path
            for source in self._parsed
            if not source.is_standard and source not in compiled
        ]

    def read_files(self) -> list[SourceFile]:
        """Give all files read so far: those compiled and what they import."""
        return self._sources.files()

    def put(self, path: Path, text: str) -> SourceFile:
        """Take a text for a file that is not saved yet."""
        source = self._sources.put(path, text)
        self._unsaved.add(source)
        return source

    def path_of(self, name: str, importer: SourceFile) -> Path | None:
        """Give the file that an import's name leads to; None if there is none."""
        return self._sources.path_of(name, importer)

    def source(self, path: Path) -> SourceFile:
        """Give the file at a path. Raises OSError if it is unreadable."""
        return self._sources.open(path)

    def syntax_of(self, source: SourceFile) -> tuple[syntax.Declaration, ...]:
        """Give the syntax of a file that was read; nothing of one that was refused."""
        return self._parse(source) or ()

    def _world(self, source: SourceFile) -> model.World | None:
        return Resolver(self._sources, self.reporter, self._parse).resolve(source)

    def _parse(self, source: SourceFile) -> tuple[syntax.Declaration, ...] | None:
        if source not in self._parsed:
            self._parsed[source] = self._tree(source)
        return self._parsed[source]

    def _said(self) -> int:
        """Give how much was reported: a kept tree could not warn again."""
        return self.reporter.count + len(self.reporter.warnings)

    def _tree(self, source: SourceFile) -> tuple[syntax.Declaration, ...] | None:
        """Give the tree of a file from the cache, or parse it and keep it there."""
        # What somebody types is another text at each stroke: not worth keeping.
        trees = self._trees if source not in self._unsaved else None
        tree = trees.load(source, self._sources) if trees is not None else None
        if tree is None:
            said_before = self._said()
            parsed = parse_with_includes(source, self._sources, self.reporter)
            tree = parsed.declarations
            is_clean = tree is not None and self._said() == said_before
            if trees is not None and tree is not None and is_clean:
                trees.store(source, self._sources, parsed.included, tree)
        return tree


def _generated(
    world: model.World, home: SourceFile, directory: Path, *, in_parts: bool
) -> Generated:
    """Give the module of one of the files that a world was read from."""
    package = package_of(directory)
    if not in_parts:
        return Generated(f"{module_name(home)}.py", generate(world, home, package))
    texts = generate_parts(world, home, package)
    made = [Generated(f"{name}.py", text) for name, text in texts.items()]
    return replace(made[-1], parts=tuple(made[:-1]))
