from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface


def test_what_is_declared_in_an_interface_is_known_to_all(folder: Folder) -> None:
    inside = "typedef enum { A } E; const long N = 1; struct S { long a[N]; }; interface IOther;"
    folder.write("")
    text = (
        IMPORT
        + interface(inside.replace("interface IOther;", ""))
        + "struct T { E e; struct S s; };"
    )
    assert "class T(Struct, frozen=True):\n    e: E\n    s: S\n" in folder.module_text(text)


def test_members_of_an_enum_without_a_name_are_constants(folder: Folder) -> None:
    module = folder.module("enum { A = 3, B };")
    assert (module.A, module.B) == (3, 4)


def test_a_typedef_names_the_struct(folder: Folder) -> None:
    text = folder.module_text(
        "typedef struct tagP { long a; } P; struct Q { struct tagP p; P q; };"
    )
    assert "class P(" in text
    assert "    p: P\n    q: P\n" in text


def test_a_typedef_may_come_before_the_struct(folder: Folder) -> None:
    assert "class P(" in folder.module_text("typedef struct tagP P; struct tagP { long a; };")


def test_a_typedef_gives_no_name_of_its_own(folder: Folder) -> None:
    assert "MyLong" not in folder.module_text("typedef long MyLong; struct S { MyLong a; };")


def test_a_predefined_name_may_be_declared_again(folder: Folder) -> None:
    text = folder.module_text("typedef unsigned hyper DWORD; struct S { DWORD a; };")
    assert "a: UHyper" in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("typedef [unique] long T;", "0609"),
        ("long;", "0422"),
        ("HRESULT F();", "0513"),
        ("const struct S A = 1; struct S { long a; };", "0311"),
        ("const char A = 70000;", "0304"),
        ("const wchar_t A = 70000;", "0305"),
        ("const double A = 1e999;", "0305"),
        ("const enum E A = 1.5; enum E { B };", "0305"),
        ("const GUID A = 1;", "0305"),
    ],
)
def test_a_wrong_declaration_is_refused(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(text)] == [code]


def test_a_value_that_was_refused_still_declares_its_name(folder: Folder) -> None:
    assert len(folder.refusals("const long A = B; const long C = A;")) == 1


def test_a_function_in_a_header_is_of_the_c_program(folder: Folder) -> None:
    folder.write("const char *info(void);\ntypedef long T;", "c.h")
    assert folder.refusals('import "c.h";\n#include "c.h"\nconst T A = 1;') == []
    assert folder.refusals("const char *info(void);") == ["1:13 ORPC0513"]
