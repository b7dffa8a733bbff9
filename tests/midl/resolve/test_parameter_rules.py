from __future__ import annotations

import pytest

from tests.midl.compiling import UUID, Folder

HEAD = f'import "oaidl.idl"; [object, uuid({UUID}01)] interface IThing : IDispatch {{ '


@pytest.mark.parametrize(
    ("method", "codes"),
    [
        ("HRESULT F([in, lcid] long a);", []),
        ("HRESULT F([in, lcid] LCID a);", []),
        ("HRESULT F([in, lcid] nolong a);", ["0202"]),
        ("HRESULT F([in, lcid] BSTR a);", ["0124"]),
        ("HRESULT F([out, lcid] long *a);", ["0124"]),
        ("HRESULT F([in, lcid] long a, [in, lcid] long b);", ["0125"]),
        ("[local] HRESULT F([in, lcid] BSTR a);", []),
        ("[vararg] HRESULT F([in] long a, [in] SAFEARRAY(VARIANT) b);", []),
        ("[vararg] HRESULT F([in] SAFEARRAY(VARIANT) *a, [in, lcid] long b);", []),
        ("[vararg] HRESULT F([in] SAFEARRAY(VARIANT) a, [out, retval] long *b);", []),
        ("[vararg] HRESULT F();", ["0126"]),
        ("[vararg] HRESULT F([in] SAFEARRAY(BSTR) a);", ["0126"]),
        ("[vararg] HRESULT F([in] SAFEARRAY(VARIANT) a, [in] long b);", ["0126"]),
        ("HRESULT F([out, defaultvalue(0)] long *a);", []),
        ("HRESULT F([in, out, defaultvalue(3)] long *a);", []),
        ('HRESULT F([in, defaultvalue("3")] long *a);', ["0305"]),
        ("HRESULT F([in, defaultvalue(3)] IUnknown *a);", ["0305"]),
        ("HRESULT F([out, defaultvalue(3)] long *a);", ["0127"]),
        ("HRESULT F([out, defaultvalue(long)] long *a);", ["0127"]),
    ],
)
def test_attributes_of_automation_find_what_they_need(
    folder: Folder, method: str, codes: list[str]
) -> None:
    assert [one[-4:] for one in folder.refusals(HEAD + method + " };")] == codes
