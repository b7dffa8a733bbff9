"""What WinRT declares: it says nothing about what travels, so only its attributes are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import syntax
from pyorpc.midl.resolve.attribute_table import (
    CLASS_MEMBER,
    CONTRACT,
    DELEGATE,
    INTERFACE,
    METHOD,
    PARAMETER,
    RUNTIMECLASS,
    TYPE,
)
from pyorpc.midl.resolve.attributes import check_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyorpc.midl.resolve.scope import Unit

    Attributed = tuple[syntax.Attributes, str]


def check_winrt(unit: Unit, declaration: syntax.Declaration) -> None:
    """Check the attributes of a declaration and of everything in it."""
    for attributes, target in _attributed(declaration):
        check_attributes(attributes, target, unit.reporter)


def _rare(declaration: syntax.ApiContract | syntax.Delegate) -> Iterator[Attributed]:
    if isinstance(declaration, syntax.ApiContract):
        yield declaration.attributes, CONTRACT
    else:
        yield declaration.attributes, DELEGATE
        yield from _attributed(declaration.method)


def _attributed(declaration: syntax.Declaration) -> Iterator[Attributed]:
    """Give each attribute list with what it is about."""
    match declaration:
        case syntax.Namespace() | syntax.Interface():
            if isinstance(declaration, syntax.Interface):
                yield declaration.attributes, INTERFACE
            for member in declaration.members:
                yield from _attributed(member)
        case syntax.RuntimeClass():
            yield declaration.attributes, RUNTIMECLASS
            yield from ((one.attributes, CLASS_MEMBER) for one in declaration.members)
        case syntax.ApiContract() | syntax.Delegate():
            yield from _rare(declaration)
        case syntax.Method():
            yield declaration.attributes, METHOD
            yield from ((one.attributes, PARAMETER) for one in declaration.parameters)
        case syntax.Typedef() | syntax.TypeOnly():
            yield declaration.attributes, TYPE
        case _:
            pass
