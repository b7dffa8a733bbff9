from __future__ import annotations

import pytest

from tests.midl.compiling import Folder

UUID = "uuid(7d0f4a10-0c00-4b6e-8a53-2f0d8c1e9b70)"
EVERYTHING = f"""
namespace A.B {{
    apicontract C;
    [contractversion(1.0)] apicontract C {{ }};
    interface I;
    runtimeclass R;
    interface IVector<T>;
    declare {{ interface A.B.IVector<A.B.R *>; interface IMap<HSTRING, IVector<I *>>; }}
    [contract(A.B.C, 1.0), {UUID}]
    delegate HRESULT D<T>([in] IInspectable *sender, [in] T args);
    [{UUID}, exclusiveto(A.B.R), version(1.0)]
    interface I : IInspectable requires A.B.J, K {{
        [propget] HRESULT X([out, retval] HSTRING *value);
        [eventadd] HRESULT E([in] D<I *> *handler, [out][retval] EventRegistrationToken *token);
        [overload("F")] HRESULT F2([in] IVector<IVector<I *>*> *all);
    }}
    [activatable(A.B.C, 1.0), static(I, A.B.C, 1.0), marshaling_behavior(agile)]
    runtimeclass R : Base {{ [default] interface I; interface IVector<I *>; }}
    [flags, contract(C, 1.0)] enum E {{ One = 1, [deprecated("no", deprecate, C, 1.0)] Two }};
}}
"""


def test_the_syntax_of_winrt_is_taken_and_gives_nothing(folder: Folder) -> None:
    assert folder.world(EVERYTHING).interfaces == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("namespace A { [fancy] runtimeclass R { } }", "0601"),
        ("namespace A { [in] interface I { } }", "0602"),
        ("namespace A { namespace B { interface I { HRESULT F([fancy] long a); } } }", "0601"),
        ("namespace A { [fancy] delegate void D(); }", "0601"),
        ("namespace A { [fancy] apicontract C { } }", "0601"),
    ],
)
def test_unknown_attributes_are_refused_here_too(folder: Folder, text: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(text)] == [code]
