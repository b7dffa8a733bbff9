from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, UUID, Folder, interface, method


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ("in, fancy", "0601"),
        ("in, object", "0602"),
        ("in, in", "0603"),
        ("in, ref, ptr", "0604"),
        ("in, size_is", "0605"),
        ("in, size_is()", "0605"),
        ("in()", "0606"),
        ("in, iid_is(a, a)", "0607"),
    ],
)
def test_a_wrong_attribute_is_refused(folder: Folder, attributes: str, code: str) -> None:
    refusals = folder.refusals(method(f"[{attributes}] long *a"))
    assert [one[-4:] for one in refusals] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "midl_pragma warning(disable: 2211)\nmidl_pragma warning(default: 2211 2039)",
        "declare_guid(CLSID_Thing, 7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b77);",
        f"[uuid({UUID}01), implicit_handle(handle_t H)] interface IRpc {{ void F(); }}",
        interface("HRESULT F([in, lcid] long l, [in, system_handle(sh_file, 1)] HANDLE h);"),
    ],
)
def test_what_is_for_other_compilers_is_taken(folder: Folder, text: str) -> None:
    assert folder.refusals(IMPORT + text) == []


def test_decoration_is_taken_and_forgotten(folder: Folder) -> None:
    plain = folder.module_text(IMPORT + interface("HRESULT F();"))
    decorated = interface("[id(0x10), hidden] HRESULT F();", ", oleautomation, version(1.0)")
    assert folder.module_text(IMPORT + decorated) == plain
