from __future__ import annotations

from tests.midl.compiling import UUID, Folder

HEAD = f'import "oaidl.idl"; [object, dual, uuid({UUID}01)] interface IThing : IDispatch {{ '


def test_members_and_their_parameters_are_in_the_table(folder: Folder) -> None:
    text = folder.module_text(
        HEAD + "[id(1)] HRESULT F([in] long a, [in, optional] VARIANT b, [out] long *c);"
        "[id(2), propget] HRESULT P([out, retval] IThing **p); };"
    )
    assert 'Argument("a", VT.I4), Argument("b", default=OMITTED)' in text
    assert 'Member(2, "P", DISPATCH.PROPERTYGET, is_property=True)' in text


def test_a_derived_interface_has_the_members_of_its_base(folder: Folder) -> None:
    derived = f"[object, dual, uuid({UUID}02)] interface IMore : IThing {{ HRESULT G(); }};"
    text = folder.module_text(HEAD + "HRESULT F(); };" + derived)
    assert "IThing.DISPATCH_TABLE" in text.partition("IMore.DISPATCH_TABLE = ")[2]


def test_an_interface_without_late_binding_has_no_table(folder: Folder) -> None:
    assert "DISPATCH" not in folder.module_text("struct S { long a; };")
