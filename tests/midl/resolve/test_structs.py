from __future__ import annotations

import pytest

from pyorpc.midl import model
from tests.midl.compiling import IMPORT, Folder, interface


def test_a_struct_inside_gets_the_outer_name_and_the_fields(folder: Folder) -> None:
    text = folder.module_text("struct S { struct { enum { A } kind; } inner; };")
    assert "class S_inner_kind(OpenIntEnum):" in text
    assert "    kind: S_inner_kind\n" in text
    assert "    inner: S_inner\n" in text


def test_a_struct_may_point_to_itself(folder: Folder) -> None:
    assert "next: S | None" in folder.module_text("struct S { struct S *next; };")


def test_structs_may_point_to_each_other(folder: Folder) -> None:
    text = "struct A { struct B *b; }; struct B { struct A a; };"
    assert "b: B | None" in folder.module_text(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("struct S { struct S s; };", "S holds S"),
        ("struct S { struct S s[2]; };", "S holds S"),
        ("struct A; struct B { struct A a; }; struct A { struct B b; };", "A holds B holds A"),
    ],
)
def test_a_struct_that_holds_itself_is_refused(folder: Folder, text: str, path: str) -> None:
    (told,) = folder.texts(text)
    assert path in told


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("struct A { struct B b; }; struct B { long a; };", "0210"),
        ("struct S { };", "0415"),
        ("struct { long a; };", "0417"),
        ("struct S { long a; double a; };", "0206"),
        ("struct S { void v; };", "0402"),
        ("struct S { long n; [size_is(n)] long a[]; long b; };", "0424"),
        ("struct S { [in] long a; };", "0602"),
        ("struct S { long a; }; struct S { long a; };", "0201"),
        ("enum S { A }; struct S { long a; };", "0201"),
        ("struct S { [size_is(m)] long *a; long n; };", "0406"),
    ],
)
def test_a_wrong_struct_is_refused(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(text)] == [code]


@pytest.mark.parametrize(
    ("default", "pointed"),
    [
        ("ref", model.StructRef("Leaf")),
        ("unique", model.Nullable(model.StructRef("Leaf"))),
        ("ptr", model.FullPointer(model.StructRef("Leaf"))),
    ],
)
def test_a_pointer_is_of_the_kind_that_the_interface_around_it_says(
    folder: Folder, default: str, pointed: model.Type
) -> None:
    body = "struct Inner { struct Leaf *leaf; }; HRESULT F([in] struct Inner *inner);"
    text = IMPORT + "struct Leaf { long x; };\n"
    text += interface(body, f", pointer_default({default})")
    text += "struct After { struct Leaf *leaf; };\n"
    structs = folder.world(text).structs
    assert structs["Inner"].fields[0].type == pointed
    assert structs["After"].fields[0].type == model.Nullable(model.StructRef("Leaf"))
