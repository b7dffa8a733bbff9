"""The stub class: each method takes the [in]s from the wire, calls the object, packs the [out]s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.full_pointers import write_full_pointers
from pyorpc.midl.emit.layout import (
    Entry,
    Literal,
    Piece,
    assignment,
    broken,
    call,
    class_head,
    definition,
    returned,
    unpacking,
)
from pyorpc.midl.emit.names import class_name, method_name, parameter_name, stub_method_name
from pyorpc.midl.emit.proxy import pipes_block
from pyorpc.midl.emit.signatures import is_rest, method_constant
from pyorpc.midl.emit.variables import CHANNEL, Variables

if TYPE_CHECKING:
    from pyorpc.midl.emit.module import Module


def write_stub(module: Module, interface: model.Interface) -> None:
    """Write the stub class of an interface, with the methods of its bases."""
    writer = module.writer
    name = class_name(interface.name)
    base = f"{module.imports.support('InterfaceStub')}[{name}]"
    methods = module.remote_methods(interface)
    with writer.block(*class_head(f"{name}Stub", (base,))):
        if not methods and not interface.is_dispatch:
            writer.line("pass")
            return
        for _, method in methods:
            _write_method(module, method)
            writer.blank()
        entries: list[Piece] = [
            Entry(
                str(method.slot),
                Literal((method_constant(home, method), stub_method_name(method.name))),
            )
            for home, method in methods
        ]
        if interface.is_dispatch:
            entries.insert(0, f"**{module.imports.support('DISPATCH_METHODS')}")
        class_var = module.imports.use("typing", "ClassVar")
        table = Literal(tuple(entries), "{", "}")
        writer.lines(broken(1, f"METHODS: {class_var} = ", table))


def _write_method(module: Module, method: model.Method) -> None:
    types = module.types
    arguments = Entry("args", types.wires(method.ins, is_checked=False))
    result = types.result(method.outs, is_checked=False)
    parameters: tuple[Piece, ...] = ("self", arguments)
    with module.writer.block(*definition(1, stub_method_name(method.name), parameters, result)):
        variables = Variables(module.world, method)
        entered = call(module.imports.support("CalleePipes"), CHANNEL) if method.pipes else ""
        with pipes_block(module, method, entered, variables.pipes):
            passed = write_ins(module, method, variables)
            if method.is_property and not method.is_getter:
                target = f"self._target.{method_name(method.property_name)}"
                module.writer.lines(assignment(2, target, *passed))
                return
            called: Piece = call(f"self._target.{method_name(method.name)}", *passed)
            if method.is_property:
                called = f"self._target.{method_name(method.property_name)}"
            write_outs(module, method, called, variables)


def write_ins(module: Module, method: model.Method, variables: Variables) -> list[str]:
    """Write how the [in]s are taken from the wire; give the arguments of the call."""
    writer = module.writer
    names: list[str] = []
    conversions: list[tuple[str, Piece]] = []
    iids: list[tuple[str, Piece]] = []
    for one in method.ins:
        name = parameter_name(one.name)
        channel = variables.channel(one.type)
        around = Surroundings(channel, parameter_name, one.name, variables.pipes)
        wire_name = name
        if module.conversion.unpack(one.type, name, around) != name:
            wire_name = variables.wire(one)
        names.append(wire_name)
        users = module.conversion.unpack(one.type, wire_name, around, checks_size=True)
        if users != wire_name:
            is_iid = isinstance(one.type, model.InterfaceId)
            (iids if is_iid else conversions).append((name, users))
    if names:
        writer.lines(unpacking(writer.indent, tuple(names), "args"))
    write_full_pointers(module, method.ins, variables)
    # An IID may stand behind the pointer that it says the interface of.
    for name, users in (*iids, *conversions):
        writer.lines(assignment(writer.indent, name, users))
    return [
        f"{'*' if is_rest(method, one) else ''}{parameter_name(one.name)}" for one in method.ins
    ]


def write_outs(module: Module, method: model.Method, called: Piece, variables: Variables) -> None:
    """Write how a call's results are packed for the wire."""
    writer = module.writer
    outs = method.outs
    names = [parameter_name(one.name) for one in outs]
    values: list[Piece] = []
    for one, name in zip(outs, names, strict=True):
        channel = variables.channel(one.type)
        around = Surroundings(channel, parameter_name, one.name, variables.pipes)
        values.append(module.conversion.pack(one.type, name, around))
    if values == names:
        writer.lines(returned(writer.indent, (called,)))
    else:
        # The object may have returned a success code around its values.
        result = call("self._result", called)
        if len(names) == 1:
            writer.lines(assignment(writer.indent, names[0], result))
        else:
            writer.lines(unpacking(writer.indent, tuple(names), result))
        write_full_pointers(module, outs, variables)
        writer.lines(returned(writer.indent, tuple(values)))
