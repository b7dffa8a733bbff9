"""The asynchronous interface and its proxy: Begin_X sends, Finish_X returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import Surroundings
from pyorpc.midl.emit.docs import write_docstring
from pyorpc.midl.emit.interface_class import write_iid
from pyorpc.midl.emit.layout import (
    Piece,
    assignment,
    broken,
    call,
    class_head,
    definition,
    returned,
    subscript,
)
from pyorpc.midl.emit.names import class_name, parameter_name
from pyorpc.midl.emit.proxy import pipes_block, write_ins, write_outs
from pyorpc.midl.emit.python_types import pipe_constant
from pyorpc.midl.emit.signatures import (
    method_constant,
    parameter,
    result_type,
    type_variables,
)
from pyorpc.midl.emit.variables import CHANNEL, Variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyorpc.midl.emit.module import Module

DOC = "{name} as a call object: Begin_X sends the [in]s, Finish_X returns the [out]s."


def write_async_interface(module: Module, interface: model.Interface, async_iid: str) -> None:
    """Write the class of the asynchronous interface, with the methods of its bases."""
    writer = module.writer
    name = class_name(interface.name)
    root = module.imports.support("IUnknown")
    with writer.block(*class_head(f"Async{name}", (root,))):
        write_docstring(writer, DOC.format(name=interface.name))
        writer.blank()
        write_iid(module, async_iid)
        class_var = module.imports.use("typing", "ClassVar")
        writer.lines(assignment(1, f"SYNC: {class_var}[type[{root}]]", name))
        for _, method in module.remote_methods(interface):
            for head in (_begin_head(module, method), _finish_head(module, method)):
                writer.blank()
                with writer.block(*head):
                    writer.line("raise NotImplementedError")


def write_async_proxy(module: Module, interface: model.Interface) -> None:
    """Write the call object's class."""
    writer = module.writer
    name = class_name(interface.name)
    bases = (module.imports.support("CallObject"), f"Async{name}")
    methods = module.remote_methods(interface)
    with writer.block(*class_head(f"Async{name}Proxy", bases)):
        if not methods:
            writer.line("pass")
        selectors = [_selector_line(module, method) for _, method in methods]
        for line in (one for lines in selectors for one in lines):
            writer.line(line)
        for at, (home, method) in enumerate(methods):
            if at or any(selectors):
                writer.blank()
            _write_pair(module, home, method)


def _write_pair(module: Module, home: model.Interface, method: model.Method) -> None:
    writer = module.writer
    constant = method_constant(home, method)
    variables = Variables(module.world, method)
    with writer.block(*_begin_head(module, method)):
        entered = call(module.imports.support("BegunPipes"), "self") if method.pipes else ""
        with pipes_block(module, method, entered, variables.pipes):
            sent = write_ins(module, method, variables)
            writer.lines(broken(writer.indent, "", call("self._begin", constant, sent)))
            # Only then: a call that is pending keeps its own.
            for name in type_variables(module, method):
                writer.line(f"{_kept(method, name)} = {parameter_name(name)}")
            promised = _promised(module, method, variables)
            if promised:
                writer.lines(returned(writer.indent, promised))
    writer.blank()
    with writer.block(*_finish_head(module, method)):
        around = Surroundings(CHANNEL, _iids_of(method), pipes=variables.pipes)
        taking = variables.pipes if any(one in method.outs for one in method.pipes) else ""
        with pipes_block(module, method, "BegunPipes.of(self)", taking):
            write_outs(module, method, call("self._finish", constant), variables, around)


def _promised(module: Module, method: model.Method, variables: Variables) -> tuple[Piece, ...]:
    """Give what Begin returns: the [out] pipes, which are to be had before Finish."""
    return tuple(
        call(
            f"{variables.pipes}.promise",
            pipe_constant(module.types.pipe_element(one.type)),
            str(position),
        )
        for position, one in enumerate(method.outs)
        if isinstance(one.type, model.Pipe)
    )


def _kept(method: model.Method, name: str) -> str:
    """Give the attribute that keeps an IID from Begin to Finish."""
    return f"self._{method.name}_{name}"


def _iids_of(method: model.Method) -> Callable[[str], str]:
    """Give how an IID is called in Finish: it was kept, unless it comes with the results."""
    came = {one.name for one in method.outs}
    return lambda name: parameter_name(name) if name in came else _kept(method, name)


def _selector_line(module: Module, method: model.Method) -> list[str]:
    names = type_variables(module, method)
    if not names:
        return []
    types = f"type[{module.imports.support('IUnknown')}] | {module.imports.support('Guid')}"
    return [f"_{method.name}_{name}: {types}" for name in names]


def _begin_head(module: Module, method: model.Method) -> list[str]:
    parameters: list[Piece] = ["self"]
    parameters.extend(parameter(module, method, one) for one in method.ins)
    pipes = [module.types.user(one.type) for one in method.outs if one in method.pipes]
    result: Piece = subscript("tuple", *pipes) if len(pipes) > 1 else (*pipes, "None")[0]
    return definition(1, f"Begin_{method.name}", tuple(parameters), result)


def _finish_head(module: Module, method: model.Method) -> list[str]:
    return definition(1, f"Finish_{method.name}", ("self",), result_type(module, method, {}))
