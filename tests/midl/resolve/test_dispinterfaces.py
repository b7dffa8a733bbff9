from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface

UUID = "uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b60)"


@pytest.mark.parametrize(
    "body",
    [
        "properties: [id(1)] long size; methods: [id(2)] void F([in] long a);",
        "methods: [id(2)] long F();",
        "properties: [id(1), readonly] BSTR name;",
        "interface IThing;",
    ],
)
def test_a_dispinterface_is_a_type(folder: Folder, body: str) -> None:
    text = f"{IMPORT}{interface('')}dispinterface D; [{UUID}] dispinterface D {{ {body} }}"
    user = interface("HRESULT G([in] D *d);", name="IUser", number=2)
    assert folder.refusals(text + user) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dispinterface D { properties: methods: };", "0501"),
        (f"[{UUID}] dispinterface D {{ interface INone; }}", "0204"),
        (f"[{UUID}, object] dispinterface D {{ properties: methods: }}", "0602"),
        (f"[{UUID}] dispinterface D {{ properties: [id(1), in] long a; methods: }}", "0602"),
        (f"[{UUID}] dispinterface D {{ properties: [id(1)] nolong a; methods: }}", "0202"),
        (
            f"[{UUID}] dispinterface D {{ properties: methods: [id(1)] void F([in] nolong a); }}",
            "0202",
        ),
    ],
)
def test_a_wrong_dispinterface_is_refused(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(IMPORT + text)] == [code]
