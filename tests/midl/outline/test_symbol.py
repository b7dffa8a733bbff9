from __future__ import annotations

from pyorpc.midl.outline.symbol import Kind, all_symbols
from tests.midl.outline.reading import symbols

TEXT = """\
/// Of S.
typedef struct tagS { long a, b; /* of c */ union { long l; } c; } S, *PS;
enum E { ONE, TWO = 2 };
enum { LOOSE };
typedef enum { ONLY } Unnamed;
[uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b01), helpstring("Of L.")] library L {
    [uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b02)] dispinterface D {
        properties: [id(1)] long p;
        methods: [id(2), helpstring("Of f.")] void f([in] long n);
    };
    [uuid(7d0f4a10-0d00-4b6e-8a53-2f0d8c1e9b03)] coclass C { [default] dispinterface D; };
};
interface I : IUnknown { const long K = 1; HRESULT m(); }
"""


def test_every_name_is_found_with_its_kind_and_place() -> None:
    found = [
        (one.kind, one.name, one.place.line, one.place.column) for one in all_symbols(symbols(TEXT))
    ]
    assert found == [
        (Kind.STRUCT, "tagS", 2, 16),
        (Kind.FIELD, "a", 2, 28),
        (Kind.FIELD, "b", 2, 31),
        (Kind.FIELD, "c", 2, 63),
        (Kind.TYPEDEF, "S", 2, 68),
        (Kind.TYPEDEF, "PS", 2, 72),
        (Kind.ENUM, "E", 3, 6),
        (Kind.MEMBER, "ONE", 3, 10),
        (Kind.MEMBER, "TWO", 3, 15),
        (Kind.MEMBER, "LOOSE", 4, 8),
        (Kind.ENUM, "Unnamed", 5, 23),
        (Kind.MEMBER, "ONLY", 5, 16),
        (Kind.LIBRARY, "L", 6, 75),
        (Kind.DISPINTERFACE, "D", 7, 64),
        (Kind.PROPERTY, "p", 8, 34),
        (Kind.METHOD, "f", 9, 52),
        (Kind.COCLASS, "C", 11, 58),
        (Kind.INTERFACE, "I", 13, 11),
        (Kind.CONSTANT, "K", 13, 37),
        (Kind.METHOD, "m", 13, 52),
    ]


def test_documentation_comes_from_comments_or_helpstring() -> None:
    docs = {one.name: one.doc for one in all_symbols(symbols(TEXT)) if one.doc}
    assert docs == {"tagS": "Of S.", "S": "Of S.", "PS": "Of S.", "L": "Of L.", "f": "Of f."}


def test_names_of_winrt_are_found() -> None:
    text = """namespace A.B {
        apicontract C {};
        delegate HRESULT D<T>([in] T *args);
        interface I<T> : IInspectable { HRESULT m(); }
        runtimeclass R { [default] interface I; }
    }"""
    found = [(one.kind.value, one.name) for one in all_symbols(symbols(text))]
    assert found == [
        ("namespace", "A.B"),
        ("apicontract", "C"),
        ("delegate", "D"),
        ("interface", "I"),
        ("method", "m"),
        ("runtimeclass", "R"),
    ]
