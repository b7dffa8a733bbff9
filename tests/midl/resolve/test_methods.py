from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface


@pytest.mark.parametrize("returned", ["long", "void", "IThing *", "HRESULT *", "struct S"])
def test_a_remote_method_returns_hresult(folder: Folder, returned: str) -> None:
    text = IMPORT + "struct S { long a; };\n" + interface(f"{returned} F();")
    assert [one[-4:] for one in folder.refusals(text)] == ["0512"]


@pytest.mark.parametrize(
    ("returned", "python"),
    [
        ("void", "None"),
        ("HRESULT", "None"),
        ("ULONG", "int"),
        ("BSTR", "str"),
        ("enum E", "E"),
        ("struct S", "S"),
        ("IThing *", "IThing | None"),
        ("long *", "object"),
    ],
)
def test_a_local_method_returns_what_it_says(folder: Folder, returned: str, python: str) -> None:
    text = "enum E { A }; struct S { long a; };" + interface(f"[local] {returned} F();")
    assert f"def F(self) -> {python}:" in folder.module_text(IMPORT + text)


def test_a_scode_is_a_hresult(folder: Folder) -> None:
    assert folder.refusals(IMPORT + interface("SCODE F();")) == []


def test_a_maybe_method_has_no_outs(folder: Folder) -> None:
    text = IMPORT + interface("[maybe] HRESULT F([in] long a, [out] long *b);")
    assert [one[-4:] for one in folder.refusals(text)] == ["0111"]


def test_an_unknown_return_type_is_told_once(folder: Folder) -> None:
    assert [one[-4:] for one in folder.refusals(IMPORT + interface("Missing F();"))] == ["0202"]
