from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface


def test_an_array_of_arrays_is_read_from_the_left(folder: Folder) -> None:
    world = folder.world("struct S { byte a[2][3]; };")
    outer = world.structs["S"].fields[0].type
    assert "of=Array(of=Scalar(kind=<ScalarKind.BYTE" in repr(outer)
    assert "size=SizeNumber(value=3)), size=SizeNumber(value=2)" in repr(outer)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("long a[0]", "0404"),
        ("long a[-1]", "0404"),
        ("long a[0x80000000]", "0404"),
        ("long a[1.5]", "0405"),
        ('long a["x"]', "0405"),
        ("long a[N]", "0301"),
        ("long a[2][]", "0419"),
        ("long *****************a", "0425"),
    ],
)
def test_a_wrong_array_is_refused(folder: Folder, field: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(f"struct S {{ {field}; }};")] == [code]


def test_an_array_holds_pointers_to_interfaces_only(folder: Folder) -> None:
    text = IMPORT + interface("HRESULT F([in] IThing a[2]);")
    assert [one[-4:] for one in folder.refusals(text)] == ["0423"]
