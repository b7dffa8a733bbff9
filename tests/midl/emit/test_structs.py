from __future__ import annotations

from pyorpc.midl import model
from pyorpc.midl.emit.structs import structs_to_pack
from tests.midl.compiling import IMPORT, Folder, interface

STRUCTS = "struct A { IThing *p; }; struct B { struct A a; struct B *b; }; struct C { long n; };"


def test_structs_are_packed_after_those_that_they_hold(folder: Folder) -> None:
    world = folder.world(IMPORT + "interface IThing;" + STRUCTS + interface(""))
    roots: list[model.Type] = [model.Nullable(model.StructRef("B")), model.StructRef("C")]
    assert structs_to_pack(world, roots) == ["A", "B"]


def test_a_struct_with_pointers_has_a_twin(folder: Folder) -> None:
    body = "HRESULT F([in] struct B *b);"
    text = folder.module_text(IMPORT + "interface IThing;" + STRUCTS + interface(body))
    assert "class _AWire(Struct, frozen=True):\n    p: ObjRef | None\n" in text
    assert "def _unpack_B(channel: Channel, wire: _BWire) -> B:\n" in text


def test_a_struct_with_sizes_is_checked_without_a_twin(folder: Folder) -> None:
    text = folder.module_text(
        IMPORT + "struct S { byte a[4]; };" + interface("HRESULT F([in] struct S *s);")
    )
    body = '    try:\n        return S(sized_bytes(value.a, 4, "S.a"))\n'
    assert f"def _pack_S(value: S) -> S:\n{body}" in text
