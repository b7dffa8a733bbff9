from __future__ import annotations

import pytest

from pyorpc.midl.compile import Compiler
from tests.midl.compiling import IMPORT, UUID, Folder, interface

HEAD = f'import "oaidl.idl"; [object, dual, uuid({UUID}01)] interface IThing : IDispatch {{ '


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("[id(1)] HRESULT F(); [id(2)] HRESULT G(); HRESULT H(); HRESULT I();", []),
        ("[id(1)] HRESULT F(); [id(1)] HRESULT G();", ["0533"]),
        ("[id(1)] HRESULT F(); [id(1), propput] HRESULT G([in] long a);", ["0533"]),
        ("[id(1), local] HRESULT F(); [id(1), call_as(F)] HRESULT G();", []),
        (
            "[id(1), propget] HRESULT P([out, retval] long *a);"
            "[id(1), propput] HRESULT P([in] long a);"
            "[id(1), propputref] HRESULT P([in] IUnknown *a);",
            [],
        ),
        (
            "[propput] HRESULT P([in] BSTR a); [propget] HRESULT P([out, retval] long *a);",
            ["0535"],
        ),
        (
            "[propput] HRESULT P([in] VARIANT a); [propget] HRESULT P([out, retval] long *a);",
            [],
        ),
    ],
)
def test_members_are_told_apart(folder: Folder, body: str, codes: list[str]) -> None:
    assert [one[-4:] for one in folder.refusals(HEAD + body + " };")] == codes


def test_ids_say_nothing_without_late_binding(folder: Folder) -> None:
    body = "[id(1)] HRESULT F(); [id(1)] HRESULT G();"
    assert folder.refusals(IMPORT + interface(body)) == []


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("properties: [id(1)] long P; methods: [id(2)] void F();", []),
        ("properties: [id(1)] long P; methods: [id(1)] void F();", ["0533"]),
        ("properties: long P; methods: void F();", ["0534", "0534"]),
    ],
)
def test_members_of_a_dispinterface_have_ids(folder: Folder, body: str, codes: list[str]) -> None:
    text = f'import "oaidl.idl"; [uuid({UUID}01)] dispinterface DThing {{ {body} }};'
    assert [one[-4:] for one in folder.refusals(text)] == codes


def test_dual_without_idispatch_is_refused_but_only_warned_of_beside_a_library(
    folder: Folder,
) -> None:
    text = IMPORT + interface("", ", dual")
    assert [one[-4:] for one in folder.refusals(text)] == ["0532"]
    compiler = Compiler([])
    library = f"[uuid({UUID}02)] library L {{ interface IThing; }};"
    assert compiler.check(folder.write(text + library)) is not None
    (warning,) = compiler.reporter.warnings
    assert warning.endswith("warning: 'IThing' is [dual], but does not derive from IDispatch")
