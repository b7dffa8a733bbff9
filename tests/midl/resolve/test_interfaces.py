from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, UUID, Folder, interface


def derived(body: str = "", base: str = "IThing") -> str:
    return interface(body, name="IMore", number=2).replace("IUnknown", base)


def test_slots_go_on_from_the_base(folder: Folder) -> None:
    text = IMPORT + interface("HRESULT A(); HRESULT B();") + derived("HRESULT C();")
    world = folder.world(text)
    assert [one.slot for one in world.interfaces["IMore"].methods] == [5]


def test_a_uuid_may_be_quoted_and_in_capitals(folder: Folder) -> None:
    text = f'{IMPORT}[object, uuid("{UUID.upper()}01")] interface I : IUnknown {{ }}'
    assert folder.world(text).interfaces["I"].iid == f"{UUID}01"


def test_an_interface_may_be_announced_again_and_again(folder: Folder) -> None:
    text = IMPORT + "interface IThing; interface IThing;" + interface("") + "interface IThing;"
    assert "IThing" in folder.world(text).interfaces


def test_an_interface_that_is_only_announced_may_stay_unused(folder: Folder) -> None:
    assert folder.refusals("interface ILater;") == []


def test_an_interface_without_methods_may_hold_types(folder: Folder) -> None:
    text = (
        f"[uuid({UUID}01), pointer_default(unique)] interface Types {{ typedef enum {{ A }} E; }}"
    )
    assert "class E(" in folder.module_text(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (interface("").replace(": IUnknown", ""), "0506"),
        (interface("").replace(": IUnknown", ": IThing"), "0511"),
        (interface("").replace(": IUnknown", ": IMissing"), "0508"),
        (interface("").replace(": IUnknown", ": DWORD"), "0508"),
        ("struct S { long a; };" + interface("").replace(": IUnknown", ": S"), "0509"),
        ("enum E { A };" + interface("").replace(": IUnknown", ": A"), "0509"),
        (interface("") + derived(base="IThing, IUnknown"), "0507"),
        (interface("") + derived().replace("9b02", "9b01"), "0503"),
        (interface("", ", pointer_default(3)"), "0608"),
        (interface("HRESULT IID();"), "0521"),
        (interface("HRESULT Release();"), "0208"),
        (interface("HRESULT F();") + derived("HRESULT F();"), "0207"),
        (interface("HRESULT F(); HRESULT F();"), "0206"),
        ("interface ILater;" + interface("").replace(": IUnknown", ": ILater"), "0510"),
    ],
)
def test_a_wrong_interface_is_refused(folder: Folder, text: str, code: str) -> None:
    assert code in [one[-4:] for one in folder.refusals(IMPORT + text)]


def test_a_broken_base_is_not_complained_about_twice(folder: Folder) -> None:
    text = IMPORT + interface("").replace(": IUnknown", ": IMissing") + derived()
    assert [one[-4:] for one in folder.refusals(text)] == ["0508"]


def test_iunknown_is_defined_by_the_standard_file_only(folder: Folder) -> None:
    text = f"[object, uuid({UUID}01)] interface IUnknown {{ }}"
    assert [one[-4:] for one in folder.refusals(text)] == ["0506"]


def test_a_dispatch_interface_deep_down_has_no_asynchronous_form(folder: Folder) -> None:
    text = 'import "oaidl.idl";' + interface("").replace("IUnknown", "IDispatch")
    asynchronous = derived().replace("] interface", f", async_uuid({UUID}03)] interface")
    assert [one[-4:] for one in folder.refusals(text + asynchronous)] == ["0505"]


def test_idispatch_of_another_file_is_the_runtimes_own(folder: Folder) -> None:
    """Windows's oaidl.idl has it with remote methods, which no interface shall write again."""
    folder.write(
        'import "unknwn.idl";\n[object, uuid(00020400-0000-0000-C000-000000000046)]'
        " interface IDispatch : IUnknown { HRESULT GetTypeInfoCount([out] UINT *count);\n"
        "[local] HRESULT Invoke([in] long id, [in] void *args);\n"
        "[call_as(Invoke)] HRESULT RemoteInvoke([in] long id, [in] long count); }",
        "oaidl.idl",
    )
    text = interface("[id(1)] HRESULT Go();").replace("IUnknown", "IDispatch")
    module = folder.module_text(f'import "oaidl.idl";\n{text}')
    assert "class IThingProxy(IDispatchProxy, IThing):" in module
    assert "5: (_IThing_Go, _Go)" in module
    assert "GetTypeInfoCount" not in module
