"""The IIDs that an iid_is names, among parameters or fields: they are never null."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl import model

if TYPE_CHECKING:
    from collections.abc import Iterable

GUID = model.Scalar(model.ScalarKind.GUID)


def mark_parameters(found: list[model.Parameter]) -> list[model.Parameter]:
    """Let users pass an interface class for each IID that goes in only; others are Guids."""
    named = _named(one.type for one in found)
    selector = model.InterfaceId(is_selector=True)
    return [
        replace(one, type=GUID if one.is_out else selector)
        if one.name in named and not isinstance(one.type, model.Opaque)
        else one
        for one in found
    ]


def mark_fields(found: list[model.Field]) -> list[model.Field]:
    """Let each IID be a Guid, also where it is behind a pointer."""
    named = _named(one.type for one in found)
    return [replace(one, type=GUID) if one.name in named else one for one in found]


def _named(types: Iterable[model.Type]) -> set[str]:
    return {
        part.iid
        for one in types
        for part in _outer_parts(one)
        if isinstance(part, model.DynamicPointer)
    }


def _outer_parts(type_: model.Type) -> list[model.Type]:
    """Give the type and what it is a list or a nullable of, without looking into structs."""
    parts = [type_]
    while isinstance(parts[-1], (model.Nullable, model.Array)):
        parts.append(parts[-1].of)
    return parts
