"""Methods: what they return, their attributes, and their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyorpc.midl import model, syntax
from pyorpc.midl.mistakes import Mistake
from pyorpc.midl.resolve.attribute_table import METHOD
from pyorpc.midl.resolve.attributes import check_attributes
from pyorpc.midl.resolve.declarators import declared_type
from pyorpc.midl.resolve.declared import (
    Base,
    Broken,
    CType,
    EnumRecord,
    InterfaceRecord,
    Pointer,
    StructRecord,
    Void,
)
from pyorpc.midl.resolve.parameters import ParameterList
from pyorpc.midl.resolve.structs import spec_type

if TYPE_CHECKING:
    from pyorpc.midl.resolve.scope import Unit

ACCESSORS = {"propget": "get_", "propput": "put_", "propputref": "putref_"}


def resolve_method(
    unit: Unit, written: syntax.Method, slot: int, default_pointer: str, *, is_local: bool
) -> model.Method:
    """Give the method of the model."""
    attributes = check_attributes(written.attributes, METHOD, unit.reporter)
    is_local = is_local or "local" in attributes
    name = written.declarator.name.text if written.declarator.name else ""
    returned = declared_type(unit, spec_type(unit, written.spec), written.declarator)
    if not (is_local or _is_hresult(returned)):
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
    return model.Method(
        f"{ACCESSORS[accessor]}{name}" if accessor else name,
        slot,
        parameters,
        written.doc or help_string(written.attributes),
        returns=_returned(returned) if is_local else None,
        is_local=is_local,
        is_maybe="maybe" in attributes,
        is_idempotent="idempotent" in attributes,
    )


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


def _returned(ctype: CType) -> model.Type | None:
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
        case Pointer(to=InterfaceRecord() as record):
            record.is_used = True
            returned = model.InterfacePointer(record.name)
        case _:
            pass
    return returned
