"""The stub of objects that make call objects: Begin_X gets the [in]s, Finish_X gives the [out]s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.layout import (
    Entry,
    Literal,
    Piece,
    assignment,
    broken,
    call,
    class_head,
    definition,
)
from pyorpc.midl.emit.names import class_name, parameter_name
from pyorpc.midl.emit.proxy import pipes_block
from pyorpc.midl.emit.signatures import method_constant
from pyorpc.midl.emit.stub import write_ins, write_outs
from pyorpc.midl.emit.variables import CHANNEL, Variables

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyorpc.midl.emit.module import Module


def write_async_stub(module: Module, interface: model.Interface) -> None:
    """Write the stub class of the asynchronous interface."""
    writer = module.writer
    name = class_name(interface.name)
    bases = (module.imports.support("AsyncStub"), f"{name}Stub")
    class_var = module.imports.use("typing", "ClassVar")
    with writer.block(*class_head(f"Async{name}Stub", bases)):
        writer.line(f"CALL: {class_var} = Async{name}")
        methods = module.remote_methods(interface)
        for _, method in methods:
            writer.blank()
            _write_begin(module, interface, method)
            writer.blank()
            _write_finish(module, interface, method)
        for verb in ("Begin", "Finish"):
            entries = [
                Entry(
                    str(method.slot),
                    Literal((method_constant(home, method), f"_{verb}_{method.name}")),
                )
                for home, method in methods
            ]
            writer.blank()
            table = Literal(tuple(entries), "{", "}")
            writer.lines(broken(1, f"{verb.upper()}: {class_var} = ", table))


def _write_begin(module: Module, interface: model.Interface, method: model.Method) -> None:
    with module.writer.block(*_head(module, interface, method, "Begin", "None")):
        variables = Variables(module.world, method)
        with _pipes_block(module, method, "BeginPipes", variables):
            passed = write_ins(module, method, variables)
            begun = call(f"{_call_name(method)}.Begin_{method.name}", *passed)
            module.writer.lines(broken(module.writer.indent, "", begun))


def _write_finish(module: Module, interface: model.Interface, method: model.Method) -> None:
    result = module.types.result(method.outs, is_checked=False)
    with module.writer.block(*_head(module, interface, method, "Finish", result)):
        variables = Variables(module.world, method)
        with _pipes_block(module, method, "CalleePipes", variables):
            needed = _needed(module, method)
            for at, one in enumerate(method.ins):
                if one.name in needed:
                    around = Surroundings(CHANNEL, parameter_name, one.name)
                    users = module.conversion.unpack(one.type, f"args[{at}]", around)
                    name = parameter_name(one.name)
                    module.writer.lines(assignment(module.writer.indent, name, users))
            called = call(f"{_call_name(method)}.Finish_{method.name}")
            write_outs(module, method, called, variables)


def _pipes_block(
    module: Module, method: model.Method, support: str, variables: Variables
) -> AbstractContextManager[None]:
    """Give the block around one half of a method with pipes; bound only where it is used."""
    entered = call(module.imports.support(support), CHANNEL) if method.pipes else ""
    mine = method.ins if support == "BeginPipes" else method.outs
    is_used = any(one in mine for one in method.pipes)
    return pipes_block(module, method, entered, variables.pipes if is_used else "")


def _call_name(method: model.Method) -> str:
    """Give a name for the call object that no parameter has."""
    name = "call"
    while any(parameter_name(one.name) == name for one in method.parameters):
        name += "_"
    return name


def _needed(module: Module, method: model.Method) -> set[str]:
    """Give the [in]s that the [out]s are packed with: their sizes, and the IIDs of pointers."""
    asked: set[str] = set()

    def sibling(name: str) -> str:
        asked.add(name)
        return parameter_name(name)

    for one in method.outs:
        around = Surroundings(CHANNEL, sibling, one.name)
        module.conversion.pack(one.type, parameter_name(one.name), around)
    return asked - {one.name for one in method.outs}


def _head(
    module: Module, interface: model.Interface, method: model.Method, verb: str, result: Piece
) -> list[str]:
    arguments = Entry("args", module.types.wires(method.ins, is_checked=False))
    one = Entry(_call_name(method), f"Async{class_name(interface.name)}")
    return definition(1, f"_{verb}_{method.name}", ("self", one, arguments), result)
