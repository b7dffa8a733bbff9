"""The proxy class: each method sends its [in]s and returns its [out]s; a [maybe] one only sends."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.dispatch_table import write_invoke
from pyorpc.midl.emit.full_pointers import write_full_pointers
from pyorpc.midl.emit.interface_class import ONLY_PUT
from pyorpc.midl.emit.layout import (
    Literal,
    Piece,
    assignment,
    broken,
    call,
    class_head,
    flat,
    returned,
    unpacking,
)
from pyorpc.midl.emit.members import member_names, members
from pyorpc.midl.emit.names import class_name, parameter_name
from pyorpc.midl.emit.signatures import method_constant
from pyorpc.midl.emit.variables import CHANNEL, Variables
from pyorpc.midl.emit.writer import INDENT

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyorpc.midl import model
    from pyorpc.midl.emit.module import Module


def write_proxy(module: Module, interface: model.Interface) -> None:
    """Write the proxy class of an interface."""
    writer = module.writer
    name = class_name(interface.name)
    bases = (module.base_class(interface, "Proxy"), name)
    methods = [one for one in interface.methods if interface.is_dispinterface or not one.is_local]
    head = class_head(f"{name}Proxy", bases)
    with module.hiding(member_names(methods)), writer.block(*head):
        if not methods:
            writer.line("pass")
        for at, member in enumerate(members(module, methods)):
            if at:
                writer.blank()
            with writer.block(*member.head):
                if member.method is None:
                    writer.line(ONLY_PUT)
                elif interface.is_dispinterface:
                    write_invoke(module, member.method)
                else:
                    _write_body(module, interface, member.method)


def write_ins(module: Module, method: model.Method, variables: Variables) -> Literal:
    """Write the conversion of the [in]s; give the tuple that is sent."""
    sent: list[Piece] = []
    write_full_pointers(module, method.ins, variables)
    for one in method.ins:
        name = parameter_name(one.name)
        channel = variables.channel(one.type)
        around = Surroundings(channel, parameter_name, one.name, variables.pipes)
        packed = module.conversion.pack(one.type, name, around)
        if packed == name:
            sent.append(name)
            continue
        wire_name = variables.wire(one)
        module.writer.lines(assignment(module.writer.indent, wire_name, packed))
        sent.append(wire_name)
    return Literal(tuple(sent))


def write_outs(
    module: Module, method: model.Method, call_: Piece, variables: Variables, around: Surroundings
) -> None:
    """Write the call, the conversion of the [out]s, and the return."""
    writer = module.writer
    outs = method.outs
    values: list[Piece] = []
    names: list[str] = []
    for one in outs:
        name = parameter_name(one.name)
        around = replace(around, channel=variables.channel(one.type))
        unpacked = module.conversion.unpack(one.type, name, around)
        if unpacked != name:
            name = variables.wire(one)
            unpacked = module.conversion.unpack(one.type, name, around)
        elif one.is_in and _is_looser_as_argument(module, one):
            name = unpacked = variables.received(one)
        names.append(name)
        values.append(unpacked)
    if not outs:
        writer.lines(broken(writer.indent, "", call_))
    elif values == names:
        writer.lines(returned(writer.indent, (call_,)))
    else:
        if len(names) == 1:
            writer.lines(assignment(writer.indent, names[0], call_))
        else:
            writer.lines(unpacking(writer.indent, tuple(names), call_))
        write_full_pointers(module, outs, variables)
        writer.lines(returned(writer.indent, tuple(values)))


def _is_looser_as_argument(module: Module, one: model.Parameter) -> bool:
    """True if callers may pass more than they get back: any sequence for a list."""
    passed = module.types.user(one.type, is_argument=True)
    return flat(passed) != flat(module.types.user(one.type))


def _write_body(module: Module, interface: model.Interface, method: model.Method) -> None:
    variables = Variables(module.world, method)
    entered = call(module.imports.support("CallerPipes"), CHANNEL) if method.pipes else ""
    with pipes_block(module, method, entered, variables.pipes):
        sent = write_ins(module, method, variables)
        constant = method_constant(interface, method)
        called = call("self._send" if method.is_maybe else "self._call", constant, sent)
        around = Surroundings(CHANNEL, parameter_name, pipes=variables.pipes)
        write_outs(module, method, called, variables, around)


def pipes_block(
    module: Module, method: model.Method, entered: Piece, name: str
) -> AbstractContextManager[None]:
    """Give the block around what a method with pipes does; none around that of others."""
    writer = module.writer
    if not method.pipes:
        return nullcontext()
    bound = f" as {name}" if name else ""
    return writer.block(f"{INDENT * writer.indent}with {flat(entered)}{bound}:")
