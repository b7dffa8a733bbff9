from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("lnog a", "unknown type 'lnog'; did you mean 'long'?"),
        ("IUnknown *a", "unknown type 'IUnknown'; write: import \"unknwn.idl\""),
        ("IDispatch *a", "unknown type 'IDispatch'; write: import \"oaidl.idl\""),
        ("interface IUnknown *a", "unknown interface 'IUnknown'; write: import \"unknwn.idl\""),
        ("N a", "'N' is a constant, not a type"),
        ("interface N *a", "'N' is not a interface"),
        ("signed unsigned a", "'signed unsigned' is not a type"),
        ("struct E a", "'E' is not a struct"),
        ("enum Missing a", "unknown enum 'Missing'"),
    ],
)
def test_a_wrong_type_name_is_refused(folder: Folder, field: str, told: str) -> None:
    text = f"const long N = 1; enum E {{ A }}; struct S {{ {field}; }};"
    assert folder.texts(text) == [told]


def test_a_typedef_name_serves_as_a_tag(folder: Folder) -> None:
    text = "typedef struct { long a; } P; struct S { struct P p; };"
    assert "p: P" in folder.module_text(text)
