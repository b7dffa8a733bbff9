from __future__ import annotations

from pathlib import Path

from tests.midl.compiling import IMPORT, Folder, interface

STRUCT = "struct S { long x; };\n"
MADE = "pointers = FullPointers(self._channel)"


def body(tmp_path: Path, parameters: str) -> str:
    """Give the proxy's class."""
    text = IMPORT + STRUCT + interface(f"HRESULT F({parameters});")
    module = Folder(tmp_path).module_text(text)
    return module.partition("class IThingProxy")[2].partition("\n\n\nclass ")[0]


def test_they_are_made_once_for_the_ins_and_once_for_the_outs(tmp_path: Path) -> None:
    both = "[in, out, ptr] struct S *a, [in, ptr] struct S *b"
    assert body(tmp_path, both).count(MADE) == 2


def test_a_method_without_ptr_pointers_pays_nothing(tmp_path: Path) -> None:
    others = "[in, unique] struct S *a, [in, ptr] long *b, [in] struct S *c, [in, ptr] LPWSTR d"
    assert "ointers" not in body(tmp_path, others)
    assert "a, b, c, d))" in body(tmp_path, others)
