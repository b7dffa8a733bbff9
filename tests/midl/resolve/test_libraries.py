from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface

UUID = "uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b{})"


def library(body: str) -> str:
    return f"{IMPORT}[{UUID.format(50)}, version(1.0)] library L {{ {body} }};"


def test_what_a_library_declares_is_declared(folder: Folder) -> None:
    world = folder.world(library('importlib("stdole2.tlb");' + interface("HRESULT F();")))
    assert "IThing" in world.interfaces


def test_a_class_is_a_type_by_its_default_interface(folder: Folder) -> None:
    text = (
        f"[{UUID.format(51)}] coclass C {{ interface IClassFactory; [default] interface IThing; }}"
    )
    user = interface("HRESULT G([in] C *c);", name="IUser", number=2)
    assert "def G(self, c: IThing | None)" in folder.module_text(
        library(interface("") + "coclass C;" + text + user)
    )


def test_a_module_has_functions_and_constants(folder: Folder) -> None:
    body = 'const long SIZE = 3; [entry("f")] long f([in] long a);'
    world = folder.world(f'[dllname("a.dll"), {UUID.format(52)}] module M {{ {body} }};')
    assert world.constants["SIZE"].value == 3


def test_a_class_may_bear_the_uuid_of_an_interface(folder: Folder) -> None:
    proxies = f"[{UUID.format('01')}] coclass PSFactoryBuffer {{ interface IPSFactoryBuffer; }}"
    assert folder.refusals(library(interface("") + proxies)) == []


@pytest.mark.parametrize("name", ["IFactoryBuffer", "IThing2", "IThingAndMore"])
def test_a_class_may_name_an_interface_of_elsewhere(folder: Folder, name: str) -> None:
    body = interface("") + interface("", name="IPSFactoryBuffer", number=2)
    text = f"[{UUID.format(51)}] coclass C {{ interface {name}; }}"
    assert folder.refusals(library(body + text)) == []


@pytest.mark.parametrize("name", ["IThin", "IThnig", "IThinx", "IThhing", "IThings"])
def test_a_slip_in_the_name_of_an_interface_is_refused(folder: Folder, name: str) -> None:
    text = f"[{UUID.format(51)}] coclass C {{ interface {name}; }}"
    assert [one[-4:] for one in folder.refusals(library(interface("") + text))] == ["0202"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"[{UUID.format(51)}] coclass C {{ interface IUnknow; }}", "0202"),
        (f"[{UUID.format(51)}] coclass C {{ interface S; }}; struct S {{ long a; }};", "0205"),
        ("coclass C { };", "0501"),
        (f"[{UUID.format(51)}] coclass B {{ }} [{UUID.format(51)}] coclass C {{ }}", "0503"),
        (f"[{UUID.format(51)}, fancy] coclass C {{ }}", "0601"),
        (f"[{UUID.format(51)}, in] coclass C {{ }}", "0602"),
        (f"[{UUID.format(51)}] coclass C {{ }} const long C = 1;", "0201"),
    ],
)
def test_a_wrong_class_is_refused(folder: Folder, body: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(library(body))] == [code]
