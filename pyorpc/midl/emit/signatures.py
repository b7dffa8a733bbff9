"""The signature of a method as users see it, and the constant that carries its wire form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pyorpc.midl import model
from pyorpc.midl.emit.layout import Entry, Piece, annotated, call, subscript
from pyorpc.midl.emit.names import enum_member_name, hidden_name, parameter_name
from pyorpc.midl.emit.values import value_text

if TYPE_CHECKING:
    from pyorpc.midl.emit.module import Module


@dataclass(frozen=True, slots=True)
class Signature:
    """The typed parameters and the result of one method."""

    parameters: tuple[Piece, ...]
    result: Piece


def type_variables(module: Module, method: model.Method) -> dict[str, str]:
    """Give the TypeVar of each IID parameter that types an [out] pointer."""
    names: list[str] = []
    for one in method.outs:
        part = one.type
        while isinstance(part, (model.Nullable, model.Array)):
            part = part.of
        is_typed = isinstance(part, model.DynamicPointer) and not part.holds_guid
        if isinstance(part, model.DynamicPointer) and is_typed and part.iid not in names:
            names.append(part.iid)
    return {name: module.type_variable(number) for number, name in enumerate(names, 1)}


def signature(module: Module, method: model.Method) -> Signature:
    """Give the signature that users see."""
    variables = type_variables(module, method)
    for variable in variables.values():
        module.type_variables.add(variable)
    parameters: list[Piece] = ["self"]
    parameters.extend(
        parameter(module, method, one, variables.get(one.name, "")) for one in method.ins
    )
    return Signature(tuple(parameters), result_type(module, method, variables))


def is_rest(method: model.Method, one: model.Parameter) -> bool:
    """True for the last [in] of a [vararg] method, which takes all further arguments."""
    return method.is_vararg and one == method.ins[-1] and isinstance(one.type, model.SafeArray)


def parameter(
    module: Module, method: model.Method, one: model.Parameter, variable: str = ""
) -> Piece:
    """Give `name: type`, with the default if there is one, or `*name: Any`."""
    name = parameter_name(one.name)
    if is_rest(method, one):
        return f"*{name}: {module.imports.use('typing', 'Any')}"
    type_ = module.types.user(one.type, is_argument=True, variable=variable)
    return Entry(name, type_, default_text(module, one))


def default_text(module: Module, one: model.Parameter) -> str:
    """Give the default of a parameter as Python writes it; empty if it has none."""
    if one.default is None:
        return ""
    if one.default.is_omitted:
        return module.imports.support("OMITTED")
    if isinstance(one.default.value, Decimal):
        return f'{module.imports.use("decimal", "Decimal")}("{one.default.value}")'
    if isinstance(one.default.value, datetime):
        module.imports.use("datetime", "datetime")
        return repr(one.default.value).removeprefix("datetime.")
    value = value_text(one.default.value, is_hex=False)
    return value if not isinstance(one.type, model.EnumRef) else _of_enum(module, one.type, value)


def _of_enum(module: Module, type_: model.EnumRef, value: str) -> str:
    """Give `E.MEMBER`, or `E(7)` for a number that no member has."""
    enum = module.world.enums[type_.key]
    name = module.imports.declared(enum)
    for member in enum.members:
        if value_text(member.value, is_hex=False) == value:
            return f"{name}.{enum_member_name(member.name)}"
    return f"{name}({value})"


def result_type(module: Module, method: model.Method, variables: dict[str, str]) -> Piece:
    """Give what a method returns: its [out]s, in a tuple if there are several."""
    types: list[Piece] = []
    if method.returns is not None:
        types.append(module.types.user(method.returns))
    types.extend(
        module.types.user(one.type, variable=_variable_of(one.type, variables))
        for one in method.outs
    )
    if not types:
        return "None"
    return types[0] if len(types) == 1 else subscript("tuple", *types)


def method_constant(interface: model.Interface, method: model.Method) -> str:
    """Give the name of the constant of a method."""
    return hidden_name(f"{interface.name}_{method.name}")


def write_method_constant(module: Module, interface: model.Interface, method: model.Method) -> None:
    """Write `_IFoo_Bar: Method[...] = Method(...)`."""
    types, support = module.types, module.imports.support("Method")
    ins, outs = method.ins, method.outs
    annotation = subscript(
        support, types.wires(ins, is_checked=False), types.result(outs, is_checked=False)
    )
    flags = ("is_idempotent=True",) if method.is_idempotent else ()
    made = call(
        support,
        f'"{interface.name}.{method.name}"',
        str(method.slot),
        types.wires(ins, is_checked=True),
        types.result(outs, is_checked=True),
        *flags,
    )
    module.writer.lines(annotated(0, method_constant(interface, method), annotation, made))


def _variable_of(type_: model.Type, variables: dict[str, str]) -> str:
    while isinstance(type_, (model.Nullable, model.Array)):
        type_ = type_.of
    return variables.get(type_.iid, "") if isinstance(type_, model.DynamicPointer) else ""
