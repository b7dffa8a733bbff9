from __future__ import annotations

import pytest

from tests.midl.compiling import Folder


def test_a_member_without_a_value_counts_on(folder: Folder) -> None:
    module = folder.module("enum E { A, B = 7, C, D = A - 1, F, };")
    assert [one.value for one in module.E] == [0, 7, 8, -1] or module.E.F == 0
    assert (module.E.A, module.E.B, module.E.C, module.E.D, module.E.F) == (0, 7, 8, -1, 0)


def test_a_tag_may_be_used_before_its_braces(folder: Folder) -> None:
    assert "e: E" in folder.module_text("struct S { enum E e; }; enum E { A };")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("enum E { A = 0x100000000 };", "0308"),
        ("enum E { A = -0x80000001 };", "0308"),
        ("enum E { A = 0xffffffff, B };", "0308"),
        ("enum E { A = 1.5 };", "0309"),
        ("enum E { };", "0310"),
        ("enum E { A, A };", "0201"),
        ("enum E { A }; enum E { B };", "0201"),
        ("enum E { A = MISSING };", "0301"),
    ],
)
def test_a_wrong_enum_is_refused(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(text)] == [code]


def test_the_highest_bit_may_be_set(folder: Folder) -> None:
    assert folder.module("enum E { A = 0x80000000, B = 'x' };").E.A == 0x80000000
