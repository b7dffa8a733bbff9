"""Structs, and the wire's form of those that hold interface pointers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.docs import write_comment, write_docstring
from pyorpc.midl.emit.layout import (
    FROZEN,
    Entry,
    Piece,
    broken,
    call,
    class_head,
    definition,
    returned,
    statement,
)
from pyorpc.midl.emit.names import class_name, field_name
from pyorpc.midl.emit.python_types import twin_name
from pyorpc.midl.emit.unions import write_union_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.emit.module import Module


def write_struct(module: Module, struct: model.Struct) -> None:
    """Write the class that users see."""
    writer = module.writer
    base = module.imports.support("Struct")
    head = class_head(class_name(struct.name), (base, FROZEN))
    with module.hiding(_field_names(struct), is_struct=True), writer.block(*head):
        write_docstring(writer, struct.doc)
        if struct.doc.strip():
            writer.blank()
        for field in struct.fields:
            write_comment(writer, field.doc)
            _write_field(module, field, module.types.field(field.type))


def write_wire_form(module: Module, key: str) -> None:
    """Write what packs and unpacks a struct, and its twin if it holds interface pointers."""
    if key in module.world.unions:
        write_union_form(module, model.UnionRef(key))
        return
    struct, part = module.world.structs[key], model.StructRef(key)
    if not module.world.holds_pointers(part):
        _write_pack(module, part, class_name(struct.name))
        return
    writer = module.writer
    base = module.imports.support("Struct")
    head = class_head(twin_name(struct), (base, FROZEN))
    with module.hiding(_field_names(struct), is_struct=True), writer.block(*head):
        for field in struct.fields:
            _write_field(module, field, module.types.wire(field.type))
    writer.blank(2)
    _write_pack(module, part, twin_name(struct))
    writer.blank(2)
    _write_unpack(module, part)


def structs_to_pack(world: model.World, roots: list[model.Type]) -> list[str]:
    """Give the keys of the structs and unions that need packing, each after those that it holds."""
    found: list[str] = []
    seen: set[str] = set()
    waiting = [(key, False) for root in reversed(roots) for key in _structs_in(root)]
    while waiting:
        key, is_done = waiting.pop()
        if is_done:
            found.append(key)
        elif key not in seen:
            seen.add(key)
            part = model.UnionRef(key) if key in world.unions else model.StructRef(key)
            if world.needs_packing(part):
                waiting.append((key, True))
            members = reversed(world.members(part))
            waiting.extend((inner, False) for one in members for inner in _structs_in(one))
    return found


def _field_names(struct: model.Struct) -> set[str]:
    return {field_name(field.name) for field in struct.fields}


def _structs_in(type_: model.Type) -> list[str]:
    """Give the key of the struct that a value of the type is made of, if it is one."""
    while isinstance(type_, (model.Nullable, model.Array, model.SafeArray)):
        type_ = type_.of
    return [type_.key] if isinstance(type_, (model.StructRef, model.UnionRef)) else []


def _write_field(module: Module, field: model.Field, type_: Piece) -> None:
    writer = module.writer
    writer.lines(statement(writer.indent, f"{field_name(field.name)}: ", type_))


def _write_pack(module: Module, part: model.StructRef, result: str) -> None:
    struct = module.world.structs[part.key]
    name = class_name(struct.name)
    user = module.imports.declared(struct)
    channel = [module.channel(part)] if module.world.holds_pointers(part) else []
    values: list[Piece] = []
    for field in struct.fields:
        around = _around(struct, field, "value")
        value = f"value.{field_name(field.name)}"
        packed = module.conversion.pack(field.type, value, around)
        values.append(packed)
    head = definition(0, f"_pack_{name}", (*channel, Entry("value", user)), result)
    writer = module.writer
    with writer.block(*head):
        with writer.block("    try:"):
            writer.lines(returned(2, (call(result, *values),)))
        with writer.block("    except AttributeError as error:"):
            wrong = call(module.imports.support("no_struct"), "value", user, "error")
            writer.lines(broken(2, "raise ", wrong, " from None"))
        if module.world.holds_itself(part):
            with writer.block("    except RecursionError:"):
                wrong = call(module.imports.support("too_deep"), user)
                writer.lines(broken(2, "raise ", wrong, " from None"))


def _write_unpack(module: Module, part: model.StructRef) -> None:
    struct = module.world.structs[part.key]
    name = class_name(struct.name)
    user = module.imports.declared(struct)
    channel = module.channel(part)
    values: list[Piece] = []
    for field in struct.fields:
        around = _around(struct, field, "wire")
        value = f"wire.{field_name(field.name)}"
        values.append(module.conversion.unpack(field.type, value, around))
    head = definition(0, f"_unpack_{name}", (channel, Entry("wire", twin_name(struct))), user)
    with module.writer.block(*head):
        module.writer.lines(returned(1, (call(user, *values),)))


def _around(struct: model.Struct, field: model.Field, owner: str) -> Surroundings:
    return Surroundings("channel", _member_of(owner), f"{struct.name}.{field.name}")


def _member_of(owner: str) -> Callable[[str], str]:
    return lambda name: f"{owner}.{field_name(name)}"
