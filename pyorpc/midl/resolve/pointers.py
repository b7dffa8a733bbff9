"""Replaces pointers to some interfaces in a finished model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


def replace_pointers(world: model.World, names: AbstractSet[str], other: str) -> None:
    """Let each pointer to an interface of these names be one to the other interface."""
    for key, struct in world.structs.items():
        fields = tuple(
            replace(one, type=_replaced(one.type, names, other)) for one in struct.fields
        )
        world.structs[key] = replace(struct, fields=fields)
    for key, union in world.unions.items():
        arms = tuple(
            one if one.type is None else replace(one, type=_replaced(one.type, names, other))
            for one in union.arms
        )
        world.unions[key] = replace(union, arms=arms)
    for name, interface in world.interfaces.items():
        methods = tuple(_method(one, names, other) for one in interface.methods)
        world.interfaces[name] = replace(interface, methods=methods)


def _method(method: model.Method, names: AbstractSet[str], other: str) -> model.Method:
    parameters = tuple(
        replace(one, type=_replaced(one.type, names, other)) for one in method.parameters
    )
    returns = method.returns
    if returns is not None:
        returns = _replaced(returns, names, other)
    return replace(method, parameters=parameters, returns=returns)


def _replaced(type_: model.Type, names: AbstractSet[str], other: str) -> model.Type:
    if isinstance(type_, model.InterfacePointer):
        return model.InterfacePointer(other) if type_.name in names else type_
    if isinstance(type_, (model.Nullable, model.Array, model.SafeArray, model.Pipe)):
        return replace(type_, of=_replaced(type_.of, names, other))
    return type_
