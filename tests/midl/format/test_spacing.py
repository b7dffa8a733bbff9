from __future__ import annotations

import pytest

from pyorpc.midl.format.statement_lines import joined
from tests.midl.format.reading import cut


@pytest.mark.parametrize(
    "text",
    [
        "HRESULT F([in] long *a, [out] IFoo **b);",
        "HRESULT F([in, size_is(n * 2)] long *a, [in, size_is(*n)] long b[]);",
        "HRESULT F([out, size_is(, *n)] long **a, [in, length_is(p ? *p : n)] byte b[*]);",
        "HRESULT F([in] const IFoo *const *a);",
        "typedef HRESULT (__stdcall *PFN)(Data *p);",
        "typedef [unique] IFoo *LPFOO;",
        "typedef SAFEARRAY(BSTR) *Names;",
        "const DWORD N = (1 << 4) | 0x0f;",
        "const long M = -1 + ~2 * (3 - -4) % 5;",
        "const H X = (H)(-1);",
        "const DWORD C = (DWORD)0x80;",
        "const long S = sizeof(long *) + sizeof(T);",
        "long a[3][N * 2];",
        "UINT8 a : 1;",
        "interface IFoo : IBar",
        "case 1: long l;",
        "case -1: long l;",
        "default: ;",
        "[case(1, 2)] long l;",
        "[switch_type(long)] union U",
        "union U switch(long t) u",
        "[uuid(7d0f4a10-000c-4b6e-8a53-2f0d8c1e9b01)] coclass A",
        "[in] [string] LPCWSTR a;",
        "[threading(both),, ]",
        "A.B.IVector<A.B.C *> *v;",
        "IMap<A, IVector<B> >",
        "interface IA : IB requires C.D",
        "midl_pragma warning(disable: 2211)",
        '[annotation("_In_")] L"x" \'c\'',
        "extern const FMTID X;",
    ],
)
def test_a_statement_is_spaced_so(text: str) -> None:
    wanted = text.replace(",, ]", ",,]")
    assert joined(cut(text)) == wanted
    spread = " ".join(one.text for one in cut(text))
    if "uuid" not in text and "'c'" not in text:
        assert joined(cut(spread)) == wanted


@pytest.mark.parametrize("text", ["a > > b", "& & a", "- -1", "1 .5", "a / *b", 'L "x"', "< < a"])
def test_two_marks_never_become_one(text: str) -> None:
    assert [one.text for one in cut(joined(cut(text)))] == [one.text for one in cut(text)]
