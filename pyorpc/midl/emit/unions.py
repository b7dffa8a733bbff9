"""Unions: a class with `tag` and `value` for users; on the wire, the tag and all arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.docs import write_docstring
from pyorpc.midl.emit.layout import (
    COLUMNS,
    FROZEN,
    AnyOf,
    Entry,
    Keyword,
    Piece,
    assignment,
    broken,
    call,
    class_head,
    definition,
    flat,
    returned,
    statement,
)
from pyorpc.midl.emit.names import class_name, field_name
from pyorpc.midl.emit.python_types import or_none, twin_name
from pyorpc.midl.emit.values import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyorpc.midl.emit.module import Module

# What the functions below call their own.
TAKEN = frozenset({"tag", "channel", "value", "wire", "content"})


def is_told_apart(union: model.Union) -> bool:
    """True if a tag says which arm is meant."""
    return any(arm.labels or arm.is_default for arm in union.arms)


def write_union(module: Module, union: model.Union) -> None:
    """Write the class that users see."""
    writer = module.writer
    base = module.imports.support("Struct")
    head = class_head(class_name(union.name), (base, FROZEN))
    with module.hiding(("tag", "value"), is_struct=True), writer.block(*head):
        write_docstring(writer, f"{union.doc.strip()}\n\n{_arms_text(union)}".strip())
        writer.blank()
        writer.lines(statement(1, "tag: ", module.types.field(union.tag)))
        writer.lines(statement(1, "value: ", _value_type(module, union)))


def write_union_form(module: Module, part: model.UnionRef) -> None:
    """Write the union's twin, and what packs and unpacks it."""
    writer, union = module.writer, module.world.unions[part.key]
    base = module.imports.support("Struct")
    head = class_head(twin_name(union), (base, FROZEN))
    names = ("tag", *map(_name, _holding(union)))
    with module.hiding(names, is_struct=True), writer.block(*head):
        writer.lines(statement(1, "tag: ", module.types.wire(union.tag)))
        for arm in _holding(union):
            assert arm.type is not None
            wire = or_none(module.types.wire(arm.type))
            writer.lines(broken(1, "", Entry(_name(arm), wire, "None")))
    writer.blank(2)
    _write_pack(module, union, module.channel(part))
    writer.blank(2)
    _write_unpack(module, union, module.channel(part))


def _write_pack(module: Module, union: model.Union, channel: Entry) -> None:
    user, twin = module.imports.declared(union), twin_name(union)
    head = definition(0, f"_pack_{class_name(union.name)}", (channel, Entry("value", user)), twin)
    writer = module.writer
    with writer.block(*head):
        every = module.imports.use("typing", "Any")
        with writer.block("    try:"):
            writer.line("tag = value.tag")
            if any(_holding(union)):
                writer.line(f"content: {every} = value.value")
        with writer.block("    except AttributeError as error:"):
            wrong = call(module.imports.support("no_struct"), "value", user, "error")
            writer.lines(broken(2, "raise ", wrong, " from None"))
        with writer.block("    match tag:"):
            for arm in _in_order(union):
                with writer.block(*_case(arm)):
                    writer.lines(returned(3, (call(twin, "tag", *_packed(module, union, arm)),)))
            _write_no_arm(module, union, "tag")


def _write_unpack(module: Module, union: model.Union, channel: Entry) -> None:
    user, twin = module.imports.declared(union), twin_name(union)
    head = definition(0, f"_unpack_{class_name(union.name)}", (channel, Entry("wire", twin)), user)
    writer = module.writer
    with writer.block(*head), writer.block("    match wire.tag:"):
        for arm in _in_order(union):
            with writer.block(*_case(arm)):
                _write_unpacked(module, union, arm, user)
        _write_no_arm(module, union, "wire.tag")


def _write_unpacked(module: Module, union: model.Union, arm: model.Arm, user: str) -> None:
    if arm.type is None:
        module.writer.lines(returned(3, (call(user, "wire.tag", "None"),)))
        return
    name = f"wire.{_name(arm)}"
    held = name
    if not _may_be_none(module, arm):
        held = f"{_name(arm)}_sent"
        present = call(module.imports.support("present"), name, f'"{union.name}.{arm.name}"')
        module.writer.lines(assignment(3, held, present))
    unpacked = module.conversion.unpack(arm.type, held, _around(union, arm))
    module.writer.lines(returned(3, (call(user, "wire.tag", unpacked),)))


def _packed(module: Module, union: model.Union, arm: model.Arm) -> list[Piece]:
    if arm.type is None:
        return []
    packed = module.conversion.pack(arm.type, "content", _around(union, arm))
    if packed == "content" and not _may_be_none(module, arm):
        label = f'"{union.name}.{arm.name}"'
        packed = call(module.imports.support("held"), "content", label)
    return [Keyword(_name(arm), packed)]


def _may_be_none(module: Module, arm: model.Arm) -> bool:
    assert arm.type is not None
    return flat(module.types.wire(arm.type)).endswith("| None")


def _write_no_arm(module: Module, union: model.Union, tag: str) -> None:
    """Write what happens with a tag that no arm has."""
    if any(arm.is_default for arm in union.arms):
        return
    with module.writer.block("        case _:"):
        raised = call(module.imports.support("no_arm"), f'"{union.name}"', tag)
        module.writer.lines(statement(3, "raise ", raised))


def _case(arm: model.Arm) -> list[str]:
    """Give the lines of `case 1 | 2:`; a pattern that is too long is put in brackets."""
    if arm.is_default:
        return ["        case _:"]
    labels = AnyOf(tuple(value_text(label, is_hex=False) for label in arm.labels))
    whole = f"        case {flat(labels)}:"
    if len(whole) <= COLUMNS:
        return [whole]
    return ["        case (", *broken(3, "", labels), "        ):"]


def _around(union: model.Union, arm: model.Arm) -> Surroundings:
    return Surroundings("channel", lambda name: name, f"{union.name}.{arm.name}")


def _in_order(union: model.Union) -> list[model.Arm]:
    """Give the arms, the default one last."""
    return sorted(union.arms, key=lambda arm: arm.is_default)


def _holding(union: model.Union) -> Iterator[model.Arm]:
    return (arm for arm in union.arms if arm.type is not None)


def _name(arm: model.Arm) -> str:
    name = field_name(arm.name)
    return f"{name}_" if name in TAKEN else name


def _value_type(module: Module, union: model.Union) -> Piece:
    """Give the types that any arm holds, each once."""
    found: list[str] = []
    is_nullable = False
    for arm in union.arms:
        text = "None" if arm.type is None else flat(module.types.field(arm.type))
        is_nullable = is_nullable or text.endswith("None")
        text = text.removesuffix(" | None")
        if text not in (*found, "None"):
            found.append(text)
    if is_nullable:
        found.append("None")
    return AnyOf(tuple(found)) if len(found) > 1 else found[0]


def _arms_text(union: model.Union) -> str:
    """Say which tag means which arm."""
    lines: list[str] = []
    for arm in _in_order(union):
        tags = [str(label) for label in arm.labels] + ["any other"] * arm.is_default
        lines.append(f"{', '.join(tags)}: {arm.name or 'nothing'}.")
    return "\n".join(lines)
