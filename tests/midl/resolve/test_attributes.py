from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface, method


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


def test_decoration_is_taken_and_forgotten(folder: Folder) -> None:
    plain = folder.module_text(IMPORT + interface("HRESULT F();"))
    decorated = interface("[id(0x10), hidden] HRESULT F();", ", oleautomation, version(1.0)")
    assert folder.module_text(IMPORT + decorated) == plain
