"""Finding the method that a command line names: `Draw`, `get_Name`, or `Name` for a property."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from operator import attrgetter, methodcaller
from typing import Any, NamedTuple

import click

from pyorpc.cli.interface_search import Interface
from pyorpc.remoting.stub import stub_class_for
from pyorpc.wire.method import Method

_ACCESSORS = ("get_", "put_", "putref_")


class FoundMethod(NamedTuple):
    """A method, and how Python spells it: as a method, or as a property that is read or set."""

    iface: Interface
    method: Method[Any, Any]
    attribute: str

    @property
    def name(self) -> str:
        return _short(self.method)

    @property
    def parameters(self) -> list[inspect.Parameter]:
        found: Any = getattr(self.iface, self.attribute)
        if isinstance(found, property):
            found = found.fget if self._is_getter else found.fset
        return list(inspect.signature(found).parameters.values())[1:]

    @property
    def fewest(self) -> int:
        return sum(each.default is inspect.Parameter.empty for each in self.parameters)

    def takes(self, count: int) -> bool:
        return self.fewest <= count <= len(self.parameters)

    def invoker(self, arguments: Sequence[Any]) -> Callable[[object], object]:
        """What calls it on an object."""
        if not isinstance(getattr(self.iface, self.attribute), property):
            return methodcaller(self.attribute, *arguments)
        if self._is_getter:
            return attrgetter(self.attribute)
        return lambda proxy: setattr(proxy, self.attribute, *arguments)

    @property
    def _is_getter(self) -> bool:
        return self.name.startswith("get_")


def find_method(iface: Interface, name: str, count: int) -> FoundMethod:
    """The method of that name; of a property, the accessor that takes so many arguments."""
    stub = stub_class_for(iface)
    methods = [] if stub is None else [method for method, _ in stub.METHODS.values()]
    by_name = {_short(method): method for method in methods}
    wanted = [name] if name in by_name else [f"{verb}{name}" for verb in _ACCESSORS]
    found = [_spelled(iface, by_name[each]) for each in wanted if each in by_name]
    if not found:
        names = ", ".join(by_name)
        raise click.UsageError(f"{iface.__name__} has no method {name}; it has {names or 'none'}.")
    return next((each for each in found if each.takes(count)), found[0])


def _spelled(iface: Interface, method: Method[Any, Any]) -> FoundMethod:
    """How Python spells a method: one that Python needs the name of has a `_` behind it."""
    name = _short(method)
    bare = name.partition("_")[2]
    spellings = [name, f"{name}_"] + ([bare, f"{bare}_"] if name.startswith(_ACCESSORS) else [])
    return FoundMethod(iface, method, next(each for each in spellings if hasattr(iface, each)))


def _short(method: Method[Any, Any]) -> str:
    return method.name.rpartition(".")[2]
