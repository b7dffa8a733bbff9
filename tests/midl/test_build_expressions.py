from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("2 * 3 + 1", 7),
        ("10 - 4 - 3", 3),
        ("1 << 2 + 1", 8),
        ("1 | 6 & 3 ^ 1", 3),
        ("1 || 0 && 0", 1),
        ("-2 + 3", 1),
        ("~0 & 0xff", 255),
        ("1 < 2 == 1", 1),
        ("0 ? 1 : 1 ? 2 : 3", 2),
        ("(long)7 / 2", 3),
    ],
)
def test_operators_bind_as_in_c(folder: Folder, text: str, value: int) -> None:
    assert folder.world(f"const long A = {text};").constants["A"].value == value


def test_a_long_chain_of_operators_is_refused(folder: Folder) -> None:
    (text,) = folder.texts("const long A = 1" + " + 1" * 200 + ";")
    assert "nested too deeply" in text
