from __future__ import annotations

from tests.midl.breaking.comparing import things


def test_an_interface_has_the_facts_that_others_rely_on() -> None:
    (found,) = things(
        "[object, uuid(7D0F4A10-0d00-4b6e-8a53-2f0d8c1e9b01), local] interface IA : IB {"
        " [propget, id(3)] HRESULT P([out, retval] BSTR *p);"
        " [propput, id(3)] HRESULT P([in] BSTR p); }"
    )
    assert found.facts["uuid"] == "7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01"
    assert (found.facts["base"], found.facts["local"]) == ("IB", "yes")
    assert [one.key for one in found.parts] == ["propget P", "propput P"]
    assert found.parts[0].facts["id"] == "3"


def test_a_parameter_has_its_type_direction_and_sizes() -> None:
    (found,) = things(
        "const long N = 4; interface IA { HRESULT F([in] ULONG n,"
        " [in, out, unique, size_is(N, n), length_is(n), range(0, N)] DWORD **a); }"
    )[1:]
    facts = found.parts[0].parts[1].facts
    assert facts["type"] == "unsigned long**"
    assert facts["direction"] == "in, out"
    assert facts["size"] == "size_is(4, n), length_is(n)"
    assert (facts["pointer"], facts["range"]) == ("unique", "0, 4")


def test_void_between_the_parentheses_is_no_parameter() -> None:
    (found,) = things("interface IA { HRESULT F(void); }")
    assert found.parts[0].parts == ()


def test_a_type_is_known_by_the_name_that_python_gives_it() -> None:
    found = things("typedef struct tagS { long a; } S, *PS; typedef enum { A } E;")
    assert [(one.kind, one.key) for one in found] == [
        ("struct", "S"),
        ("typedef", "PS"),
        ("enum", "E"),
    ]


def test_arms_are_known_by_their_labels() -> None:
    (one,) = things("union U switch(long t) u { case 1: case 2: long a; default: ; };")
    assert [(arm.key, arm.facts["type"]) for arm in one.parts] == [
        ("1, 2", "long"),
        ("default", "nothing"),
    ]
    (other,) = things("[switch_type(short)] union U { [case(3)] long a; [default] ; };")
    assert other.facts["switch"] == "short"
    assert [arm.key for arm in other.parts] == ["3", "default"]


def test_what_is_in_a_library_is_published_too() -> None:
    found = things(
        "library L { interface IA { HRESULT F(); } [uuid(0)] coclass C { interface IA; } }"
    )
    assert [(one.kind, one.name) for one in found] == [("interface", "IA"), ("class", "C")]


def test_methods_and_arms_that_look_alike_are_told_apart() -> None:
    (found,) = things(
        "interface IA { [eventadd] HRESULT E(); [eventremove] HRESULT E();"
        " HRESULT E(); HRESULT E(); }"
    )
    assert [one.key for one in found.parts] == ["eventadd E", "eventremove E", " E", " E 2"]
    (union,) = things("union U { long a; short b; };")
    assert [one.key for one in union.parts] == ["a", "b"]
