from __future__ import annotations

import pytest

from tests.midl.compiling import Folder

OPEN = "struct Open { long n; [size_is(n)] long a[]; };\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("struct S { long n; struct Open o; };", []),
        ("struct S { struct Open *o; long n; };", []),
        ("struct S { struct Open *o[3]; };", []),
        ("struct S { struct Open o; long n; };", ["0452"]),
        ("struct S { struct Open o; }; struct T { struct S s; long n; };", ["0452"]),
        ("struct S { struct Open o[3]; };", ["0453"]),
        ("struct S { long n; [size_is(n)] struct Open o[]; };", ["0453"]),
        ("struct S { long n; long a[]; }; struct T { struct S s; long n; };", []),
    ],
)
def test_nothing_stands_behind_an_open_array(folder: Folder, text: str, codes: list[str]) -> None:
    assert [one[-4:] for one in folder.refusals(OPEN + text)] == codes


def test_headers_of_c_hold_open_structs_anywhere(folder: Folder) -> None:
    folder.write("struct S { struct Open o; long n; };", "s.h")
    assert folder.refusals(OPEN + '#include "s.h"\n') == []
