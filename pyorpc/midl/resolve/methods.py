"""Methods: what they return, their attributes, and their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import METHOD
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.constants import evaluate_integer
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CType,
    EnumRecord,
    InterfaceRecord,
    Pointer,
    StructRecord,
    VariantType,
    Void,
)
from pyorpc.midl.resolve.parameter_rules import check_vararg
from pyorpc.midl.resolve.parameters import ParameterList
from pyorpc.midl.resolve.structs import spec_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.attributes import AttributeList
    from pyorpc.midl.resolve.scope import Unit

ACCESSORS = {"propget": "get_", "propput": "put_", "propputref": "putref_"}


def resolve_method(  # noqa: PLR0913  # what the interface says of all its methods
    unit: Unit,
    written: syntax.Method,
    slot: int,
    default_pointer: str,
    *,
    is_local: bool,
    is_late_bound: bool = False,
) -> model.Method:
    """Give the method of the model."""
    attributes = check_attributes(written.attributes, METHOD, unit.reporter)
    is_local = is_local or "local" in attributes
    name = written.declarator.name.text if written.declarator.name else ""
    returned = declared_type(unit, spec_type(unit, written.spec), written.declarator)
    if not (is_local or is_late_bound or _is_hresult(returned)):
        unit.reporter.error(Mistake.NOT_HRESULT, written.place, name=name)
    parameters = ParameterList(unit, written, default_pointer).resolve(is_local=is_local)
    if "maybe" in attributes:
        for one, parameter in zip(written.parameters, parameters, strict=True):
            if parameter.is_out:
                unit.reporter.error(Mistake.MAYBE_HAS_OUT, one.place)
    for attribute in ("maybe", "idempotent"):
        for one, parameter in zip(written.parameters, parameters, strict=True):
            if attribute in attributes and isinstance(parameter.type, model.Pipe):
                reporter = unit.reporter
                reporter.error(Mistake.PIPE_OF_METHOD, one.place, attribute=attribute)
    accessor = next((one for one in ACCESSORS if one in attributes), "")
    check_vararg(unit, attributes, written, parameters)
    _check_accessor(unit, written, accessor, parameters)
    return model.Method(
        f"{ACCESSORS[accessor]}{name}" if accessor else name,
        slot,
        parameters,
        written.doc or help_string(written.attributes),
        returns=returned_type(returned) if is_local or is_late_bound else None,
        is_local=is_local,
        is_maybe="maybe" in attributes,
        is_idempotent="idempotent" in attributes,
        property_name=name if accessor else "",
        dispid=dispatch_id(unit, attributes),
        is_vararg="vararg" in attributes,
    )


def _check_accessor(
    unit: Unit, written: syntax.Method, accessor: str, parameters: tuple[model.Parameter, ...]
) -> None:
    """Refuse an accessor of a property that has no parameter for the value."""
    last = parameters[-1] if parameters else None
    if accessor == "propget":
        type_ = written.spec.type
        is_hresult = isinstance(type_, syntax.NamedType) and type_.name == "HRESULT"
        # Published files have some without an [out]: they are methods like others.
        if is_hresult and last is None:
            unit.reporter.error(Mistake.PROPERTY_GET, written.place)
    elif accessor and (last is None or not last.is_in):
        unit.reporter.error(Mistake.PROPERTY_PUT, written.place, accessor=accessor)


def dispatch_id(unit: Unit, attributes: AttributeList) -> int | None:
    """Give the number of [id(...)]."""
    (argument,) = attributes.arguments("id") or (None,)
    if argument is None or isinstance(argument, (syntax.UuidText, syntax.TypeArgument)):
        return None
    value = evaluate_integer(unit, argument, Mistake.ARRAY_SIZE_TYPE)
    # Written as an unsigned number, as 0x80010000, it is a signed one all the same.
    return None if value is None else (value + 2**31) % 2**32 - 2**31


def help_string(attributes: syntax.Attributes) -> str:
    """Give the text of helpstring, which documents where no comment does."""
    for attribute in attributes.items:
        if attribute.name == "helpstring" and attribute.arguments:
            argument = attribute.arguments[0]
            if isinstance(argument, syntax.Literal) and isinstance(argument.value, str):
                return argument.value
    return ""


def _is_hresult(ctype: CType) -> bool:
    if isinstance(ctype, Broken):
        return True
    return isinstance(ctype, Base) and ctype.kind is model.ScalarKind.HRESULT


def returned_type(ctype: CType) -> model.Type | None:
    """Give what a local method returns beside its [out]s; a HRESULT is raised, not returned."""
    returned: model.Type | None = model.Opaque()
    match ctype:
        case Void() | Base(kind=model.ScalarKind.HRESULT):
            returned = None
        case Base(kind=kind):
            returned = model.Scalar(kind)
        case EnumRecord(key=key):
            returned = model.EnumRef(key)
        case StructRecord(key=key):
            returned = model.StructRef(key)
        case VariantType():
            returned = model.Variant()
        case Pointer(to=InterfaceRecord() as record):
            record.is_used = True
            returned = model.InterfacePointer(record.name)
        case _:
            pass
    return returned
