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
from pyorpc.midl.emit.signatures import method_constant
from pyorpc.midl.emit.stub import CHANNEL, write_ins, write_outs
from pyorpc.midl.emit.variables import Variables

if TYPE_CHECKING:
    from pyorpc.midl.emit.module import Module


def write_async_stub(module: Module, interface: model.Interface) -> None:
    """Write the stub class of the asynchronous interface."""
    writer = module.writer
    name = class_name(interface.name)
    bases = (module.imports.support("AsyncStub"), f"{name}Stub")
    class_var = module.imports.use("typing", "ClassVar")
    with writer.block(*class_head(f"Async{name}Stub", bases)):
        writer.line(f"CALL: {class_var} = Async{name}")
        plain = [each for each in module.remote_methods(interface) if not each[1].pipes]
        for _, method in plain:
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
                for home, method in plain
            ]
            writer.blank()
            table = Literal(tuple(entries), "{", "}")
            writer.lines(broken(1, f"{verb.upper()}: {class_var} = ", table))


def _write_begin(module: Module, interface: model.Interface, method: model.Method) -> None:
    with module.writer.block(*_head(module, interface, method, "Begin", "None")):
        passed = write_ins(module, method, Variables(module.world, method))
        module.writer.lines(
            broken(2, "", call(f"{_call_name(method)}.Begin_{method.name}", *passed))
        )


def _write_finish(module: Module, interface: model.Interface, method: model.Method) -> None:
    result = module.types.result(method.outs, is_checked=False)
    with module.writer.block(*_head(module, interface, method, "Finish", result)):
        needed = _needed(module, method)
        for at, one in enumerate(method.ins):
            if one.name in needed:
                around = Surroundings(CHANNEL, parameter_name, one.name)
                users = module.conversion.unpack(one.type, f"args[{at}]", around)
                module.writer.lines(assignment(2, parameter_name(one.name), users))
        called = call(f"{_call_name(method)}.Finish_{method.name}")
        write_outs(module, method, called, Variables(module.world, method))


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
