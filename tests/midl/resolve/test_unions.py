from __future__ import annotations

import pytest

from pyorpc.midl import model
from tests.midl.compiling import Folder

LONG = model.ScalarKind.LONG


@pytest.mark.parametrize(
    ("tag", "labels", "expected"),
    [
        ("long", "case 1: case -2:", (1, -2)),
        ("wchar_t", "case 'a': case 98:", ("a", "b")),
        ("boolean", "case TRUE:", (1,)),
        ("enum E", "case B:", (7,)),
        ("unsigned char", "case 'x':", (120,)),
    ],
)
def test_labels_are_values_of_the_tags_type(
    folder: Folder, tag: str, labels: str, expected: tuple[int | str, ...]
) -> None:
    text = f"enum E {{ A, B = 7 }}; union U switch ({tag} t) u {{ {labels} long l; }};"
    (arm,) = folder.world(text).unions["U"].arms
    assert arm.labels == expected
    assert not arm.is_default


def test_attributes_say_the_same(folder: Folder) -> None:
    text = "typedef [switch_type(short)] union { [case(1, 2)] long l; [default] ; } U;"
    (union,) = folder.world(text).unions.values()
    assert union.tag == model.Scalar(model.ScalarKind.SHORT)
    assert [(arm.name, arm.labels, arm.is_default) for arm in union.arms] == [
        ("l", (1, 2), False),
        ("", (), True),
    ]


def test_without_a_type_the_tag_is_any_integer(folder: Folder) -> None:
    (union,) = folder.world("typedef union { [case(1)] long l; } U;").unions.values()
    assert union.tag == model.Scalar(model.ScalarKind.HYPER)


def test_a_union_inside_gets_the_outer_name(folder: Folder) -> None:
    text = "struct S { long t; [switch_is(t)] union { [case(1)] long l; } data; };"
    world = folder.world(text)
    (union,) = world.unions.values()
    assert union.name == "S_data"
    assert world.structs["S"].fields[1].type == model.UnionRef(
        next(iter(world.unions)), model.SizeName("t", False)
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("union U switch (double t) u { case 1: long l; };", "0441"),
        ("typedef [switch_type(BSTR)] union { [case(1)] long l; } U;", "0441"),
        ("union U switch (short t) u { case 40000: long l; };", "0304"),
        ("union U switch (long t) u { case N: long l; };", "0301"),
        ("union U switch (long t) u { case 1: long a; case 2: long a; };", "0206"),
        ("union U switch (long t) u { case 1: union U u; };", "0414"),
        ("struct U { long l; }; union U switch (long t) u { case 1: long l; };", "0201"),
        ("struct S { [switch_is(x)] union { [case(1)] long l; } u; };", "0406"),
        ("struct S { double t; [switch_is(t)] union { [case(1)] long l; } u; };", "0407"),
    ],
)
def test_a_wrong_union_is_refused(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(text)][:1] == [code]
