"""What the parts of one generated module share while they are printed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyorpc.midl.emit.conversion import Conversion
from pyorpc.midl.emit.layout import Entry
from pyorpc.midl.emit.names import RUNTIME_INTERFACES, Imports, class_name
from pyorpc.midl.emit.python_types import PythonTypes
from pyorpc.midl.emit.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

    from pyorpc.midl import model
    from pyorpc.midl.source import SourceFile


class Module:
    """The module that is made from one IDL file."""

    def __init__(
        self,
        world: model.World,
        home: SourceFile,
        package: str,
        later: Collection[SourceFile] = (),
    ) -> None:
        """`later`: the homes of what is only there when this module has been run."""
        self.world = world
        self.home = home
        self.writer = Writer()
        self.imports = Imports(home, package, later)
        self.lines_of: dict[str, int] = {}
        self.types = PythonTypes(world, self.imports)
        self.conversion = Conversion(world, self.imports)
        self.type_variables: set[str] = set()
        self._constants: set[tuple[str, int]] = set()
        self._declared = {
            one.name
            for declared in (
                world.constants,
                world.enums,
                world.structs,
                world.unions,
                world.interfaces,
            )
            for one in declared.values()
        }
        # In its class, a method hides what else has its name.
        for interface in world.interfaces.values():
            self._declared.update(one.property_name or one.name for one in interface.methods)

    def type_variable(self, number: int) -> str:
        """Give the name of a method's TypeVar: T, T2 and so on, unless the IDL has that name."""
        name = "T" if number == 1 else f"T{number}"
        while name in self._declared:
            name += "_"
        return name

    def is_mine(
        self, declaration: model.Interface | model.Struct | model.Union | model.Enum
    ) -> bool:
        """True for what is declared in this file."""
        return declaration.home is self.home

    def own_interfaces(self) -> list[model.Interface]:
        """Give the interfaces of this file, but those of the runtime."""
        return [
            one
            for one in self.world.interfaces.values()
            if self.is_mine(one) and one.name not in RUNTIME_INTERFACES
        ]

    def dispatching(self) -> list[model.Interface]:
        """Give the interfaces of this file that take late-bound calls."""
        return [one for one in self.own_interfaces() if one.is_dispatch]

    def remote_methods(
        self, interface: model.Interface
    ) -> list[tuple[model.Interface, model.Method]]:
        """Give the methods that travel, the bases' first, each with the interface it is of."""
        return [
            (home, method)
            for home in self.world.lineage(interface)
            for method in home.methods
            if not (home.is_local or method.is_local)
        ]

    @contextmanager
    def hiding(self, names: Iterable[str], *, is_struct: bool = False) -> Generator[None]:
        """Within the block, write a class with members of these names, and what they hide.

        What structs hide stands behind all of them: it may be one that is still to come.
        """
        start, known = self.writer.position, set(self.imports.aliases)
        self.imports.hidden = frozenset(names)
        yield
        self.imports.hidden = frozenset()
        if is_struct:
            return
        # An interface of this module may still be to come: aliases of these stand at the end.
        lines = self._alias_lines(is_late=False, known=known)
        self.writer.insert(start, [*lines, "", ""] if lines else [])

    def write_aliases(self, *, is_late: bool) -> None:
        """Write the other names of what classes hide; of this module's interfaces if `is_late`."""
        lines = self._alias_lines(is_late=is_late, known=set())
        self.writer.gap(2 if lines else 0)
        self.writer.lines(lines)

    def _alias_lines(self, *, is_late: bool, known: set[str]) -> list[str]:
        found = {one: of for one, of in self.imports.aliases.items() if one not in known}
        if not found:
            return []  # as for nearly every class
        late = {class_name(one.name) for one in self.own_interfaces()} | self.imports.late_names()
        return [f"{one} = {of}" for one, of in found.items() if (of in late) == is_late]

    def takes_constant(self, interface: model.Interface, method: model.Method) -> bool:
        """True once for each method: several interfaces may have one base in another module."""
        key = interface.name, method.slot
        is_new = key not in self._constants
        self._constants.add(key)
        return is_new

    def channel(self, part: model.StructRef | model.UnionRef) -> Entry:
        """Give the parameter with which a struct or union is packed and unpacked."""
        is_full = self.world.holds_full_pointers(part)
        return Entry("channel", self.imports.support("FullPointers" if is_full else "Channel"))

    def base_class(self, interface: model.Interface, suffix: str) -> str:
        """Give the class that the interface's proxy derives from."""
        if interface.is_dispinterface:
            return self.imports.support(f"IDispatch{suffix}")
        base = self.world.interfaces.get(interface.base or "")
        if base is not None and base.name == "IDispatch" and suffix == "Proxy":
            return self.imports.support("IDispatchProxy")
        if base is None or base.base is None or base.is_local:
            return self.imports.support(f"Interface{suffix}")
        return self.imports.derived(base, f"{class_name(base.name)}{suffix}")
