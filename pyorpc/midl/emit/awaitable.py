"""The awaitable class: the methods of an interface as coroutines, for tasks of a trio apartment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.layout import call, class_head, definition
from pyorpc.midl.emit.names import class_name, method_name, parameter_name
from pyorpc.midl.emit.proxy import pipes_block, write_ins, write_outs
from pyorpc.midl.emit.signatures import method_constant, signature
from pyorpc.midl.emit.variables import CHANNEL, Variables

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.emit.module import Module


def write_awaitable(module: Module, interface: model.Interface) -> None:
    """Write the awaitable class of an interface, with the methods of its bases."""
    writer = module.writer
    name = class_name(interface.name)
    base = f"{module.imports.support('InterfaceAwaitable')}[{name}]"
    methods = module.remote_methods(interface)
    names = {method_name(method.name) for _, method in methods}
    with module.hiding(names), writer.block(*class_head(f"{name}Awaitable", (base,))):
        if not methods:
            writer.line("pass")
        for at, (home, method) in enumerate(methods):
            if at:
                writer.blank()
            _write_method(module, home, method)


def _write_method(module: Module, home: model.Interface, method: model.Method) -> None:
    shape = signature(module, method)
    name = method_name(method.name)
    with module.writer.block(
        *definition(1, name, shape.parameters, shape.result, word="async def")
    ):
        variables = Variables(module.world, method)
        entered = call(module.imports.support("CallerPipes"), CHANNEL) if method.pipes else ""
        with pipes_block(module, method, entered, variables.pipes):
            sent = write_ins(module, method, variables)
            verb = "self._send" if method.is_maybe else "self._call"
            called = call(f"await {verb}", method_constant(home, method), sent)
            around = Surroundings(CHANNEL, parameter_name, pipes=variables.pipes)
            write_outs(module, method, called, variables, around)
