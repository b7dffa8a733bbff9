from __future__ import annotations

import pytest

from pyorpc.midl import syntax
from pyorpc.midl.breaking.names import Names, nested
from tests.midl.outline.reading import declarations

TEXT = """
const long FOUR = 1 << 2;
enum E { ONE = 1, TWO, MINUS = -1, NEXT };
typedef struct tagP { long x; } P, *PP;
typedef struct { long y; } Q;
typedef PP *PPP;
typedef long Row[FOUR];
interface IA : IUnknown { const long INSIDE = NEXT + TWO * 3; }
"""


def names(text: str = "") -> Names:
    return Names(declarations(TEXT + text))


def type_of(text: str) -> str:
    (field,) = declarations(f"typedef {text};")
    assert isinstance(field, syntax.Typedef)
    return names().type_of(field.spec, field.declarators[0])


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("DWORD a", "unsigned long"),
        ("unsigned int a", "unsigned long"),
        ("P a", "struct tagP"),
        ("struct tagP *a", "struct tagP*"),
        ("PPP a", "struct tagP**"),
        ("Q *a", "Q*"),
        ("Row a[2]", "long[4][2]"),
        ("long a[FOUR * 2]", "long[8]"),
        ("IA **a", "IA**"),
        ("SAFEARRAY(DWORD) a", "SAFEARRAY(unsigned long)"),
        ("pipe LONG a", "pipe long"),
        ("const P a", "struct tagP"),
    ],
)
def test_a_type_is_what_travels_whatever_it_is_called(written: str, type_: str) -> None:
    assert type_of(written) == type_


@pytest.mark.parametrize(
    ("written", "value"),
    [("INSIDE", 6), ("~FOUR", -5), ("(short)FOUR", 4), ("'x'", "x"), ("sizeof(long)", None)],
)
def test_values_are_known_if_they_are_constant(written: str, value: object) -> None:
    (constant,) = declarations(f"const long A = {written};")
    assert isinstance(constant, syntax.Constant)
    assert names().value_of(constant.value) == value


def test_a_constant_of_itself_has_no_value() -> None:
    found = declarations("const long A = A + 1;")
    assert isinstance(found[0], syntax.Constant)
    assert Names(found).value_of(found[0].value) is None


def test_a_typedef_of_itself_ends() -> None:
    found = declarations("typedef A B; typedef B A;")
    assert isinstance(found[0], syntax.Typedef)
    assert Names(found).type_of(found[0].spec, found[0].declarators[0]) in ("A", "B")


def test_a_struct_may_be_read_by_its_fields() -> None:
    assert names().expanded("struct tagP*") == "{long}*"
    assert names().expanded("Q") == "{long}"
    assert names().expanded("enum E") == "enum"
    looped = Names(declarations("struct S { struct S *next; };"))
    assert "struct S" in looped.expanded("struct S")


def test_declarations_inside_of_others_are_found() -> None:
    found = declarations("library L { interface IA { const long A = 1; } }")
    assert len(list(nested(found))) == 3
