from __future__ import annotations

from pyorpc.midl import model
from tests.midl.compiling import IMPORT, Folder, interface

TYPES = (
    IMPORT
    + "interface IThing; struct Plain { long a; }; struct Sized { byte b[4]; };"
    + "struct Inner { IThing *p; }; struct Outer { struct Inner *i; struct Outer *next; };"
    + interface("HRESULT F();")
)


def test_an_interface_pointer_deep_inside_is_found(folder: Folder) -> None:
    world = folder.world(TYPES)
    assert world.holds_pointers(model.Nullable(model.StructRef("Outer")))
    assert not world.holds_pointers(model.StructRef("Sized"))


def test_what_has_sizes_or_pointers_needs_packing(folder: Folder) -> None:
    world = folder.world(TYPES)
    mine = [key for key, struct in world.structs.items() if not struct.home.is_standard]
    needing = [key for key in mine if world.needs_packing(model.StructRef(key))]
    assert needing == ["Sized", "Inner", "Outer"]


def test_a_lineage_starts_at_iunknown(folder: Folder) -> None:
    world = folder.world(TYPES)
    line = world.lineage(world.interfaces["IThing"])
    assert [one.name for one in line] == ["IUnknown", "IThing"]


def test_the_model_carries_the_asynchronous_iid(folder: Folder) -> None:
    other = "7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9bff"
    world = folder.world(IMPORT + interface("", f", async_uuid({other.upper()})"))
    assert world.interfaces["IThing"].async_iid == other


def test_a_method_knows_how_it_may_be_called(folder: Folder) -> None:
    world = folder.world(IMPORT + interface("[maybe] HRESULT F(); [idempotent] HRESULT G();"))
    first, second = world.interfaces["IThing"].methods
    assert (first.is_maybe, first.is_idempotent) == (True, False)
    assert (second.is_maybe, second.is_idempotent) == (False, True)
