"""The heads of methods and properties, for whoever writes their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyorpc.midl.emit.layout import Piece, definition
from pyorpc.midl.emit.names import method_name
from pyorpc.midl.emit.signatures import signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyorpc.midl import model
    from pyorpc.midl.emit.module import Module


@dataclass(frozen=True, slots=True)
class Member:
    """One function of a class: of a method, or of a property. None: it can only be put."""

    head: list[str]
    method: model.Method | None


def members(module: Module, methods: list[model.Method]) -> list[Member]:
    """Give the functions of a class in order; a setter stands behind its getter."""
    found: list[Member] = []
    for method in methods:
        if not method.is_property:
            shape = signature(module, method)
            name = method_name(method.name)
            found.append(Member(definition(1, name, shape.parameters, shape.result), method))
            continue
        setters = [one for one in methods if _is_setter_of(one, method)]
        if method.is_getter:
            found.append(Member(_getter(module, method), method))
            found.extend(Member(_setter(module, one), one) for one in setters)
        elif not any(
            one.is_property and one.is_getter and one.property_name == method.property_name
            for one in methods
        ):
            (value,) = method.ins
            head = _getter_head(method, module.types.user(value.type))
            found.extend([Member(head, None), Member(_setter(module, method), method)])
    return found


def member_names(methods: Iterable[model.Method]) -> set[str]:
    """Give the names that `members` writes."""
    return {method_name(one.property_name if one.is_property else one.name) for one in methods}


def _is_setter_of(one: model.Method, getter: model.Method) -> bool:
    return one.is_property and not one.is_getter and one.property_name == getter.property_name


def _getter(module: Module, method: model.Method) -> list[str]:
    return _getter_head(method, signature(module, method).result)


def _getter_head(method: model.Method, type_: Piece) -> list[str]:
    return ["    @property", *definition(1, method_name(method.property_name), ("self",), type_)]


def _setter(module: Module, method: model.Method) -> list[str]:
    name = method_name(method.property_name)
    shape = signature(module, method)
    return [f"    @{name}.setter", *definition(1, name, shape.parameters, "None")]
