"""One case for each rule, and what breaks nobody."""

from __future__ import annotations

import pytest

from pyorpc.midl.breaking.rules import Rule
from tests.midl.breaking.comparing import findings, interface

OTHER = "uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b77)"
SAME = "uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01)"
ASYNC = f"{SAME}, async_uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b0"
F = "HRESULT F([in] long a);"
COCLASS = "[uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b0{}), {}] coclass C {{ {} }};"


def method(parameters: str, attributes: str = "") -> str:
    return interface(f"{attributes} HRESULT F({parameters});")


def late(body: str) -> str:
    return f"[{SAME}] dispinterface D {{ properties: methods: {body} }};"


def coclass(members: str, number: int = 1) -> str:
    return f"[uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b0{number})] coclass C {{ {members} }};"


CASES: dict[Rule, tuple[str, str]] = {
    Rule.INTERFACE_REMOVED: (interface(F), ""),
    Rule.INTERFACE_RENAMED: (interface(F), interface(F, head="interface IB : IUnknown")),
    Rule.INTERFACE_UUID: (interface(F), interface(F, OTHER)),
    Rule.INTERFACE_ASYNC_UUID: (interface(F, f"{ASYNC}2)"), interface(F, f"{ASYNC}3)")),
    Rule.INTERFACE_BASE: (interface(F), interface(F, head="interface IA : IPersist")),
    Rule.INTERFACE_LOCAL: (interface(F, f"{SAME}, local"), interface(F)),
    Rule.INTERFACE_POINTERS: (
        interface(F, f"{SAME}, pointer_default(ref)"),
        interface(F, f"{SAME}, pointer_default(unique)"),
    ),
    Rule.METHOD_REMOVED: (interface(f"{F} HRESULT G();"), interface(F)),
    Rule.METHOD_INSERTED: (interface(F), interface(f"HRESULT G(); {F}")),
    Rule.METHOD_ADDED: (interface(F), interface(f"{F} HRESULT G();")),
    Rule.METHOD_MOVED: (interface(f"{F} HRESULT G();"), interface(f"HRESULT G(); {F}")),
    Rule.METHOD_RENAMED: (interface(F), interface(F.replace("F(", "G("))),
    Rule.METHOD_RETURNS: (interface("HRESULT F();"), interface("long F();")),
    Rule.METHOD_CALL_AS: (method("", "[call_as(X)]"), method("", "[call_as(Y)]")),
    Rule.METHOD_LOCAL: (method("", "[local]"), method("")),
    Rule.METHOD_ID: (method("", "[id(1)]"), method("", "[id(2)]")),
    Rule.METHOD_MAYBE: (method(""), method("", "[maybe]")),
    Rule.METHOD_IDEMPOTENT: (method(""), method("", "[idempotent]")),
    Rule.METHOD_NOT_IDEMPOTENT: (method("", "[idempotent]"), method("")),
    Rule.METHOD_VARARG: (method("", "[vararg]"), method("")),
    Rule.LATE_METHOD_REMOVED: (late("[id(1)] void F();"), late("")),
    Rule.LATE_METHOD_ADDED: (late(""), late("[id(1)] void F();")),
    Rule.PARAMETER_REMOVED: (method("long a, long b"), method("long a")),
    Rule.PARAMETER_ADDED: (method("long b"), method("long a, long b")),
    Rule.PARAMETER_MOVED: (method("long a, short b"), method("short b, long a")),
    Rule.PARAMETER_RENAMED: (method("long a"), method("long b")),
    Rule.PARAMETER_DIRECTION: (method("[in] long *a"), method("[in, out] long *a")),
    Rule.PARAMETER_RETVAL: (method("[out] long *a"), method("[out, retval] long *a")),
    Rule.DEFAULT_REMOVED: (method("[in, defaultvalue(1)] long a"), method("[in] long a")),
    Rule.DEFAULT_CHANGED: (
        method("[in, defaultvalue(1)] long a"),
        method("[in, defaultvalue(2)] long a"),
    ),
    Rule.TYPE_CHANGED: (method("long a"), method("short a")),
    Rule.NULL_FORBIDDEN: (method("[in, unique] long *a"), method("[in, ref] long *a")),
    Rule.NULL_ALLOWED: (method("[in, ref] long *a"), method("[in, unique] long *a")),
    Rule.ALIASES_CHANGED: (method("[in, unique] long *a"), method("[in, ptr] long *a")),
    Rule.SIZE_CHANGED: (
        method("long n, [in, size_is(n)] long a[]"),
        method("long n, [in, size_is(n + 1)] long a[]"),
    ),
    Rule.IID_IS_CHANGED: (
        method("IID i, IID j, [out, iid_is(i)] void **a"),
        method("IID i, IID j, [out, iid_is(j)] void **a"),
    ),
    Rule.STRING_CHANGED: (method("[in, string] char *a"), method("[in] char *a")),
    Rule.SWITCH_CHANGED: (
        method("long m, long n, [in, switch_is(m)] U *a"),
        method("long m, long n, [in, switch_is(n)] U *a"),
    ),
    Rule.RANGE_NARROWED: (method("[in, range(0, 9)] long a"), method("[in, range(1, 9)] long a")),
    Rule.RANGE_WIDENED: (method("[in, range(0, 9)] long a"), method("[in] long a")),
    Rule.STRUCT_REMOVED: ("struct S { long a; };", ""),
    Rule.FIELD_REMOVED: ("struct S { long a; short b; };", "struct S { long a; };"),
    Rule.FIELD_INSERTED: ("struct S { long a; };", "struct S { short b; long a; };"),
    Rule.FIELD_ADDED: ("struct S { long a; };", "struct S { long a; short b; };"),
    Rule.FIELD_MOVED: ("struct S { long a; short b; };", "struct S { short b; long a; };"),
    Rule.FIELD_RENAMED: ("struct S { long a; };", "struct S { long b; };"),
    Rule.UNION_REMOVED: ("union U switch(long t) u { case 1: long a; };", ""),
    Rule.UNION_SWITCH: (
        "union U switch(long t) u { case 1: long a; };",
        "union U switch(short t) u { case 1: long a; };",
    ),
    Rule.ARM_REMOVED: (
        "[switch_type(long)] union U { [case(1)] long a; [default] ; };",
        "[switch_type(long)] union U { [case(1)] long a; };",
    ),
    Rule.ARM_ADDED: (
        "union U switch(long t) u { case 1: long a; };",
        "union U switch(long t) u { case 2: long b; case 1: long a; };",
    ),
    Rule.ENUM_REMOVED: ("enum E { A };", ""),
    Rule.ENUM_WIDTH: ("typedef enum E { A } E;", "typedef [v1_enum] enum E { A } E;"),
    Rule.MEMBER_REMOVED: ("enum E { A, B };", "enum E { A };"),
    Rule.MEMBER_RENAMED: ("enum E { A, B };", "enum E { A, C };"),
    Rule.MEMBER_VALUE: ("enum E { A, B };", "enum E { A, B = 5 };"),
    Rule.CONSTANT_REMOVED: ("const long A = 1;", ""),
    Rule.CONSTANT_VALUE: ("const long A = 1;", "const long A = 2;"),
    Rule.TYPEDEF_REMOVED: ("typedef long T;", ""),
    Rule.CLASS_REMOVED: (coclass("interface IA;"), ""),
    Rule.CLASS_UUID: (coclass("interface IA;"), coclass("interface IA;", 2)),
    Rule.CLASS_INTERFACE_REMOVED: (
        coclass("interface IA; interface IB;"),
        coclass("interface IA;"),
    ),
    Rule.CLASS_DEFAULT: (coclass("interface IA;"), coclass("[default] interface IA;")),
}


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(Rule)


@pytest.mark.parametrize("rule", CASES, ids=lambda rule: rule.name)
def test_the_change_is_found_and_nothing_else(rule: Rule) -> None:
    old, new = CASES[rule]
    found = findings(old, new)
    assert [one.rule for one in found] == [rule]
    assert "{" not in found[0].text + found[0].hint


@pytest.mark.parametrize("rule", CASES, ids=lambda rule: rule.name)
def test_the_same_file_breaks_nobody(rule: Rule) -> None:
    old, new = CASES[rule]
    assert findings(old, old) == []
    assert findings(new, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", interface(F)),
        ("", "struct S { long a; }; enum E { A }; const long C = 1; typedef long T;"),
        ("enum E { A, B = 5 };", "enum E { A, X = 7, B = 5, C };"),
        (method("DWORD a"), method("unsigned long a")),
        (
            "typedef long T; " + method("T *a"),
            "typedef long *PT; typedef long T; " + method("PT a"),
        ),
        (method("[in] long a"), method("[in, defaultvalue(3)] long a")),
        ("struct P { long a; };" + method("struct P *p"), "struct P { long a; };" + method("P *p")),
        (interface(F), interface(F, f"{ASYNC}3)")),
        ("const long A = 1 << 4;", "const long A = 0x10;"),
        (
            "[switch_type(long)] union U { [case(1)] long a; [case(2)] short b; };",
            "[switch_type(long)] union U { [case(2)] short x; [case(1)] long a; };",
        ),
        (late("[id(1)] void F(); [id(2)] void G();"), late("[id(2)] void G(); [id(1)] void F();")),
        (coclass("interface IA;"), coclass("interface IB; interface IA;")),
        (method(""), method("", '[helpstring("x"), hidden]')),
    ],
)
def test_what_breaks_nobody(old: str, new: str) -> None:
    assert [one.text for one in findings(old, new)] == []


def test_what_an_out_may_be_breaks_the_other_side() -> None:
    loose, tight = method("[out, unique] long *a"), method("[out, ref] long *a")
    assert [one.rule for one in findings(tight, loose)] == [Rule.NULL_FORBIDDEN]
    assert [one.rule for one in findings(loose, tight)] == [Rule.NULL_ALLOWED]


def test_a_renamed_struct_of_the_same_fields_changes_no_parameter() -> None:
    old = "struct P { long a; };" + method("struct P *p")
    new = "struct Q { long a; };" + method("struct Q *p")
    assert [one.rule for one in findings(old, new)] == [Rule.STRUCT_REMOVED]
    other = "struct Q { short a; };" + method("struct Q *p")
    found = [one.rule for one in findings(old, other)]
    assert sorted(one.code for one in found) == ["BRK321", "BRK401"]


def test_a_changed_struct_is_reported_once_not_where_it_is_used() -> None:
    old = "struct P { long a; };" + method("struct P *p")
    new = "struct P { short a; };" + method("struct P *p")
    (found,) = findings(old, new)
    assert (found.place.line, found.place.column) == (1, 18)
    assert found.hint.startswith("leave P as it is; give a type")


def test_the_place_of_what_is_gone_is_what_held_it() -> None:
    (found,) = findings(interface(f"{F}\n HRESULT G();"), interface(f"\n{F}"))
    assert found.text == "method G is gone; those behind it get other numbers"
    assert found.hint == "leave IA as it is and derive IA2 : IA"
    assert found.place.line == 1


def test_both_ends_of_a_range_may_change() -> None:
    found = findings(method("[in, range(0, 9)] long a"), method("[in, range(5, 19)] long a"))
    assert {one.rule for one in found} == {Rule.RANGE_NARROWED, Rule.RANGE_WIDENED}
