from __future__ import annotations

import pytest

from pyorpc.midl.resolve.attributes import IGNORED, NOT_YET, TAKEN
from tests.midl.compiling import IMPORT, Folder, interface, method


def test_each_attribute_is_in_one_table_only() -> None:
    assert not TAKEN.keys() & IGNORED.keys()
    assert not NOT_YET & (TAKEN.keys() | IGNORED.keys())


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_an_attribute_that_comes_later_is_refused_as_such(folder: Folder, name: str) -> None:
    assert folder.refusals(f"typedef [{name}] long T;") == ["1:10 ORPC0903"]


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
    decorated = interface("[id(0x10), hidden] HRESULT F();", ", dual, version(1.0)")
    assert folder.module_text(IMPORT + decorated) == plain
