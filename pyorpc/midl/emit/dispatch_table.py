"""The tables that answer late-bound calls: each member by its name and id, with its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.conversion import vartype
from pyorpc.midl.emit.layout import (
    Keyword,
    Literal,
    Piece,
    assignment,
    broken,
    call,
    flat,
    returned,
    unpacking,
)
from pyorpc.midl.emit.names import class_name, method_name, parameter_name
from pyorpc.midl.emit.signatures import default_text, is_rest, result_type

if TYPE_CHECKING:
    from pyorpc.midl.emit.module import Module

KINDS = {"get_": "PROPERTYGET", "put_": "PROPERTYPUT", "putref_": "PROPERTYPUTREF"}


def write_tables(module: Module) -> None:
    """Write the tables of this module's interfaces; all classes are there by now."""
    for interface in module.dispatching():
        members = tuple(_member(module, one) for one in interface.methods if one.dispid is not None)
        base = module.world.interfaces.get(interface.base or "")
        arguments: list[Piece] = [f'"{interface.name}"', Literal(members)]
        if base is not None and base.name != "IDispatch":
            arguments.append(f"{module.imports.declared(base)}.DISPATCH_TABLE")
        made = call(module.imports.support("DispatchTable"), *arguments)
        left = f"{class_name(interface.name)}.DISPATCH_TABLE"
        module.writer.lines(assignment(module.writer.indent, left, made))


def write_invoke(module: Module, method: model.Method) -> None:
    """Write the body of a dispinterface's method: a late-bound call."""
    writer = module.writer
    passed = tuple(
        f"{'*' if is_rest(method, one) else ''}{parameter_name(one.name)}" for one in method.ins
    )
    arguments: list[Piece] = [str(method.dispid)]
    if passed:
        arguments.append(Literal(passed))
    if method.property_name:
        flag = f"{module.imports.support('DISPATCH')}.{_kind(method)}"
        arguments.append(Keyword("flags", flag))
    called = call("self.Invoke", *arguments)
    result = result_type(module, method, {})
    count = len(method.outs) + (method.returns is not None)
    if count == 0:
        writer.lines(broken(writer.indent, "", called))
    elif count == 1:
        writer.lines(broken(writer.indent, f"found: {flat(result)} = ", called))
        writer.line("return found")
    else:
        names = tuple(f"found{number + 1}" for number in range(count))
        writer.lines(unpacking(writer.indent, names, called))
        writer.lines(returned(writer.indent, names))


def _kind(method: model.Method) -> str:
    prefix = method.name.removesuffix(method.property_name) if method.property_name else ""
    return KINDS.get(prefix, "METHOD")


def _member(module: Module, method: model.Method) -> Piece:
    public = method.property_name or method.name
    kind = f"{module.imports.support('DISPATCH')}.{_kind(method)}"
    python = method_name(public if method.is_property else method.name)
    pieces: list[Piece] = [str(method.dispid), f'"{public}"', kind]
    arguments = tuple(_argument(module, method, one) for one in method.ins)
    if arguments:
        pieces.append(Literal(arguments))
    if python != public:
        pieces.append(Keyword("python_name", f'"{python}"'))
    if method.is_property:
        pieces.append(Keyword("is_property", "True"))
    return call(module.imports.support("Member"), *pieces)


def _argument(module: Module, method: model.Method, one: model.Parameter) -> Piece:
    pieces: list[Piece] = [f'"{one.name}"']
    type_ = one.type.of if isinstance(one.type, model.Nullable) else one.type
    kind = vartype(type_)
    if kind != "VARIANT":
        pieces.append(f"{module.imports.support('VT')}.{kind}")
    if isinstance(type_, model.InterfacePointer) and type_.name not in ("IUnknown", "IDispatch"):
        pieces.append(module.imports.declared(module.world.interfaces[type_.name]))
    default = default_text(module, one)
    if default:
        pieces.append(Keyword("default", default))
    if is_rest(method, one):
        pieces.append(Keyword("is_rest", "True"))
    if one.is_lcid:
        pieces.append(Keyword("is_lcid", "True"))
    return call(module.imports.support("Argument"), *pieces)
