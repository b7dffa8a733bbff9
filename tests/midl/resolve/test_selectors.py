from __future__ import annotations

import pytest

from pyorpc.midl import model
from tests.midl.compiling import Folder, method

GUID = model.Scalar(model.ScalarKind.GUID)


@pytest.mark.parametrize(
    ("parameters", "type_", "holds_guid"),
    [
        ("[in] IID *i, [in, iid_is(i)] IUnknown *p", model.InterfaceId(is_selector=True), False),
        ("[in, unique] IID *i, [out, iid_is(*i)] void **p", model.InterfaceId(True), False),
        ("[in] IID **i, [out, iid_is(*i)] void **p", model.InterfaceId(True), False),
        ("[in] IID i, [out, iid_is(&i)] void **p", model.InterfaceId(True), False),
        ("[out] IID *i, [out, iid_is(i)] void **p", GUID, True),
        ("[in, out] IID *i, [in, iid_is(i)] IUnknown *p", GUID, True),
    ],
)
def test_an_iid_is_a_class_where_it_only_goes_in(
    folder: Folder, parameters: str, type_: model.Type, holds_guid: bool
) -> None:
    (found,) = folder.world(method(parameters)).interfaces["IThing"].methods
    assert found.parameters[0].type == type_
    pointer = found.parameters[1].type
    assert pointer == model.DynamicPointer("i", holds_guid)


def test_an_iid_in_a_struct_is_never_null(folder: Folder) -> None:
    text = "struct S { IID *i; [iid_is(i)] IUnknown *p; IID *other; };"
    fields = folder.world('import "unknwn.idl";\n' + text).structs["S"].fields
    assert [one.type for one in fields] == [
        GUID,
        model.DynamicPointer("i", holds_guid=True),
        model.Nullable(GUID),
    ]
