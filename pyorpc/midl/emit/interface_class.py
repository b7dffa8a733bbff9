"""The interface class: what users call, and what objects subclass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl.emit.docs import write_docstring
from pyorpc.midl.emit.layout import class_head
from pyorpc.midl.emit.members import member_names, members
from pyorpc.midl.emit.names import class_name, parameter_name

if TYPE_CHECKING:
    from pyorpc.midl import model
    from pyorpc.midl.emit.module import Module

ONLY_PUT = 'raise AttributeError("this property can only be put")'


def write_interface_class(module: Module, interface: model.Interface) -> None:
    """Write the class with its IID and a body for each method of its own."""
    writer = module.writer
    base = interface.base or "IUnknown"
    if interface.is_dispinterface:  # which may stand in a file without oaidl.idl
        base_name = module.imports.support("IDispatch")
    else:
        base_name = module.imports.declared(module.world.interfaces[base])
    head = class_head(class_name(interface.name), (base_name,))
    with module.hiding(member_names(interface.methods)), writer.block(*head):
        write_docstring(writer, interface.doc)
        if interface.doc.strip():
            writer.blank()
        write_iid(module, interface.iid)
        for member in members(module, list(interface.methods)):
            writer.blank()
            with writer.block(*member.head):
                if member.method is None:
                    writer.line(ONLY_PUT)
                    continue
                if not (member.method.is_property and not member.method.is_getter):
                    write_docstring(writer, _doc(member.method))
                writer.line("raise NotImplementedError")


def write_iid(module: Module, uuid: str) -> None:
    """Write the class's IID."""
    variable = f"IID: {module.imports.use('typing', 'ClassVar')}[{module.imports.support('Iid')}]"
    module.writer.line(f'{variable} = {module.imports.support("iid")}("{uuid}")')


def _doc(method: model.Method) -> str:
    """Give the method's text, and the names of the values that it returns together."""
    if len(method.outs) < 2 or method.returns is not None:
        return method.doc
    names = ", ".join(parameter_name(one.name) for one in method.outs)
    returned = f"Return ({names})."
    return f"{method.doc}\n\n{returned}" if method.doc.strip() else returned
