from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl import model
from pyorpc.midl.emit.layout import flat
from pyorpc.midl.emit.names import Imports
from pyorpc.midl.emit.python_types import PythonTypes
from pyorpc.midl.source import SourceFile

Kind = model.ScalarKind
LONG = model.Scalar(Kind.LONG)
TWO = model.SizeNumber(2)
HOME = SourceFile(Path("/a.idl"), "a.idl", "")
POINTER = model.InterfacePointer("IFoo")
WORLD = model.World(
    structs={
        "S": model.Struct("S", (model.Field("p", POINTER, ""),), "", HOME),
        "P": model.Struct("P", (model.Field("n", LONG, ""),), "", HOME),
    },
    interfaces={
        "IFoo": model.Interface("IFoo", "", None, "IUnknown", (), "", HOME, is_local=False)
    },
)


def types() -> PythonTypes:
    return PythonTypes(WORLD, Imports(HOME, ""))


@pytest.mark.parametrize(
    ("type_", "user", "wire", "plain"),
    [
        (LONG, "int", "Long", "int"),
        (model.Scalar(Kind.DOUBLE), "float", "float", "float"),
        (model.Scalar(Kind.BOOLEAN), "bool", "bool", "bool"),
        (model.Scalar(Kind.BOOL), "int", "Long", "int"),
        (model.Scalar(Kind.CHAR), "str", "Char", "str"),
        (model.Scalar(Kind.GUID), "Guid", "Guid", "Guid"),
        (model.Nullable(LONG), "int | None", "Long | None", "int | None"),
        (model.Array(LONG, TWO), "list[int]", "list[Long]", "list[int]"),
        (model.Array(model.Scalar(Kind.BYTE), TWO), "bytes", "bytes", "bytes"),
        (POINTER, "IFoo | None", "ObjRef | None", "ObjRef | None"),
        (model.Nullable(POINTER), "IFoo | None", "ObjRef | None", "ObjRef | None"),
        (model.DynamicPointer("riid"), "IUnknown | None", "ObjRef | None", "ObjRef | None"),
        (model.InterfaceId(), "Guid", "Guid", "Guid"),
        (model.StructRef("S"), "S", "_SWire", "_SWire"),
        (model.StructRef("P"), "P", "P", "P"),
        (model.Opaque(), "object", "object", "object"),
    ],
)
def test_a_type_has_a_form_for_users_and_one_for_the_wire(
    type_: model.Type, user: str, wire: str, plain: str
) -> None:
    assert flat(types().user(type_)) == user
    assert flat(types().wire(type_)) == wire
    assert flat(types().wire(type_, is_checked=False)) == plain


def test_an_argument_may_be_any_sequence() -> None:
    assert flat(types().user(model.Array(LONG, TWO), is_argument=True)) == "Sequence[int]"


def test_an_iid_may_be_passed_as_interface_class_or_guid() -> None:
    type_ = model.InterfaceId()
    assert flat(types().user(type_, is_argument=True)) == "type[IUnknown] | Guid"
    assert flat(types().user(type_, is_argument=True, variable="T")) == "type[T] | Guid"


def test_fields_have_the_users_pointers_and_the_wires_numbers() -> None:
    assert flat(types().field(model.Array(model.Nullable(LONG), TWO))) == "list[Long | None]"
    assert flat(types().field(model.Array(POINTER, TWO))) == "list[IFoo | None]"
