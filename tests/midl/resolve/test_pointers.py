from __future__ import annotations

from pyorpc.midl import model
from tests.midl.compiling import IMPORT, Folder, interface


def test_pointers_in_all_places_are_replaced(folder: Folder) -> None:
    world = folder.world(
        IMPORT
        + "interface IGone; struct S { IGone *one; IGone *two[2]; };"
        + interface("HRESULT F([in] struct S s, [out] IGone **gone);")
    )
    types = [one.type for one in world.structs["S"].fields]
    assert types[0] == model.InterfacePointer("IUnknown")
    assert isinstance(types[1], model.Array)
    assert types[1].of == model.InterfacePointer("IUnknown")
    method = world.interfaces["IThing"].methods[0]
    assert method.parameters[1].type == model.InterfacePointer("IUnknown")
