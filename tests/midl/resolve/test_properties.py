from __future__ import annotations

from pyorpc.midl.resolve.properties import FIRST_ID
from tests.midl.compiling import UUID, Folder

HEAD = f'import "oaidl.idl"; [object, dual, uuid({UUID}01)] interface IThing : IDispatch {{ '


def methods(folder: Folder, body: str) -> dict[str, tuple[bool, int | None]]:
    found = folder.world(HEAD + body + " };").interfaces["IThing"].methods
    return {one.name: (one.is_property, one.dispid) for one in found}


def test_accessors_without_parameters_are_properties(folder: Folder) -> None:
    body = (
        "[propget, id(1)] HRESULT A([out, retval] long *v);"
        "[propput, id(1)] HRESULT A([in] long v);"
        "[propget, id(2)] HRESULT B([in] long i, [out, retval] long *v);"
    )
    assert methods(folder, body) == {
        "get_A": (True, 1),
        "put_A": (True, 1),
        "get_B": (False, 2),
    }


def test_only_one_setter_is_pythons(folder: Folder) -> None:
    body = "[propputref] HRESULT A([in] IUnknown *v); [propput] HRESULT A([in] IUnknown *v);"
    assert methods(folder, body) == {
        "putref_A": (False, FIRST_ID),
        "put_A": (True, FIRST_ID),
    }


def test_ids_may_be_unsigned_or_left_out(folder: Folder) -> None:
    body = "[id(0x80010000)] HRESULT A(); [id(-4)] HRESULT B(); HRESULT C();"
    assert methods(folder, body) == {
        "A": (False, -0x7FFF0000),
        "B": (False, -4),
        "C": (False, FIRST_ID + 2),
    }


def test_beside_a_method_of_its_name_a_property_has_methods_only(folder: Folder) -> None:
    """As real files have it, where somebody forgot [propget]."""
    body = "HRESULT A([out, retval] long *v); [propput] HRESULT A([in] long v);"
    assert methods(folder, body) == {"A": (False, FIRST_ID), "put_A": (False, FIRST_ID + 1)}
    twice = "[propput] HRESULT A([in] long v); [propput] HRESULT A([in] long v);"
    assert [one[-4:] for one in folder.refusals(HEAD + twice + " };")] == ["0206"]


def test_beside_a_method_of_that_name_an_accessor_is_a_method(folder: Folder) -> None:
    for body in (
        "[propput, id(1)] HRESULT A([in] long v); [id(1)] HRESULT A();",
        "[id(1)] HRESULT A(); [propput, id(1)] HRESULT A([in] long v);",
    ):
        assert methods(folder, body) == {"put_A": (False, 1), "A": (False, 1)}
