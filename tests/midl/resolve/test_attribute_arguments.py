from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface


@pytest.mark.parametrize(
    "attribute",
    [
        "helpstring(5)",
        "helpstring(name)",
        'id("1")',
        "id(1.5)",
        "id(long)",
        'helpcontext("1")',
        'version("1.0")',
        "version(1,)",
        "custom(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b77,)",
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused(folder: Folder, attribute: str) -> None:
    text = IMPORT + interface(f"[{attribute}] HRESULT F();")
    assert [one[-4:] for one in folder.refusals(text)] == ["0608"]


@pytest.mark.parametrize(
    "attribute",
    ["id(-0x10)", "id('a')", "id((1 << 4) | 3)", 'helpstring("a" "b")', "version(1.5)"],
)
def test_an_argument_of_the_right_kind_is_taken(folder: Folder, attribute: str) -> None:
    assert folder.refusals(IMPORT + interface(f"[{attribute}] HRESULT F();")) == []
