from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, UUID, Folder, interface


def test_an_interface_class_has_its_iid_and_its_methods(folder: Folder) -> None:
    module = folder.module(IMPORT + interface("HRESULT F([in] long a);"))
    assert str(module.IThing.IID) == f"{UUID}01"
    with pytest.raises(NotImplementedError):
        module.IThing().F(1)


def test_several_outs_are_named_in_the_docstring(folder: Folder) -> None:
    module = folder.module(
        IMPORT + interface("/// Both.\nHRESULT F([out] long *a, [out] long *class);")
    )
    assert module.IThing.F.__doc__.split("\n")[0] == "Both."
    assert "Return (a, class_)." in module.IThing.F.__doc__


def test_a_local_method_may_return_anything(folder: Folder) -> None:
    body = "ULONG F([out] BSTR *s); void G(); IThing *H(); void *I();"
    text = folder.module_text(IMPORT + interface(body, ", local"))
    assert "def F(self) -> tuple[int, str]:" in text
    assert "def G(self) -> None:" in text
    assert "def H(self) -> IThing | None:" in text
    assert "def I(self) -> object:" in text
    assert "IThingProxy" not in text
