from __future__ import annotations

import pytest

from pyorpc.midl.model import ScalarKind
from pyorpc.midl.resolve.declared import Base, Pointer
from pyorpc.midl.resolve.standard_types import (
    base_type,
    standard_type,
)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("long", ScalarKind.LONG),
        ("long int", ScalarKind.LONG),
        ("int", ScalarKind.LONG),
        ("unsigned", ScalarKind.ULONG),
        ("signed", ScalarKind.LONG),
        ("unsigned int", ScalarKind.ULONG),
        ("unsigned long int", ScalarKind.ULONG),
        ("long unsigned", ScalarKind.ULONG),
        ("long long", ScalarKind.HYPER),
        ("unsigned long long int", ScalarKind.UHYPER),
        ("unsigned char", ScalarKind.BYTE),
        ("signed char", ScalarKind.SMALL),
        ("char", ScalarKind.CHAR),
        ("unsigned __int64", ScalarKind.UHYPER),
        ("short int", ScalarKind.SHORT),
        ("unsigned small", ScalarKind.BYTE),
        ("__int16", ScalarKind.SHORT),
    ],
)
def test_the_words_of_a_type_are_understood(words: str, kind: ScalarKind) -> None:
    found = base_type(tuple(words.split()))
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "words",
    [
        "unsigned double",
        "signed float",
        "long short",
        "unsigned signed",
        "char int",
        "long long long",
        "unsigned boolean",
        "signed wchar_t",
        "void int",
    ],
)
def test_words_that_make_no_type_are_none(words: str) -> None:
    assert base_type(tuple(words.split())) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("BYTE", ScalarKind.BYTE),
        ("WORD", ScalarKind.USHORT),
        ("DWORD", ScalarKind.ULONG),
        ("BOOL", ScalarKind.BOOL),
        ("VARIANT_BOOL", ScalarKind.BOOLEAN),
        ("ULONGLONG", ScalarKind.UHYPER),
        ("INT8", ScalarKind.SMALL),
        ("UINT64", ScalarKind.UHYPER),
        ("SCODE", ScalarKind.HRESULT),
        ("REFCLSID", ScalarKind.GUID),
        ("BSTR", ScalarKind.STRING),
    ],
)
def test_the_names_of_windows_are_known(name: str, kind: ScalarKind) -> None:
    found = standard_type(name)
    assert isinstance(found, Base)
    assert found.kind is kind


def test_string_names_are_pointers_to_text() -> None:
    for name in ("LPSTR", "LPCWSTR", "LPOLESTR"):
        found = standard_type(name)
        assert isinstance(found, Pointer)
        assert found.is_string
