from __future__ import annotations

import pytest

from tests.midl.compiling import IMPORT, Folder, interface, method


@pytest.mark.parametrize(
    ("parameter", "python"),
    [
        ("[in] long *a", "a: int"),
        ("[in, unique] long *a", "a: int | None"),
        ("[in] long **a", "a: int | None"),
        ("[in] LPWSTR a", "a: str"),
        ("[in, unique] LPWSTR a", "a: str | None"),
        ("[in, ptr, string] char *a", "a: str | None"),
        ("[in] OLECHAR *a", "a: str"),
        ("[in] wchar_t *a", "a: str"),
        ("[in, unique] BSTR a", "a: str | None"),
        ("[in] BSTR *a", "a: str"),
        ("[in] IThing **a", "a: IThing | None"),
        ("[in, size_is(2)] LPWSTR *a", "a: Sequence[str | None]"),
        ("[in, size_is(2)] IThing **a", "a: Sequence[IThing | None]"),
        ("[in, string] wchar_t a[8]", "a: str"),
        ("[in] wchar_t a[8]", "a: Sequence[str]"),
        ("[in, size_is(2), string] LPWSTR *a", "a: Sequence[str | None]"),
        ("[in, size_is(2), unique] byte *a", "a: bytes | None"),
        ("[in] const long *a", "a: int"),
        ("[in] REFIID a", "a: type[IUnknown] | Guid"),
        ("[in] REFCLSID a", "a: Guid"),
        ("[in, unique] IID *a", "a: Guid | None"),
        ("[in] HRESULT a", "a: HRESULT"),
    ],
)
def test_an_in_is_mapped(folder: Folder, parameter: str, python: str) -> None:
    assert f"def F(self, {python}) -> None:" in folder.module_text(method(parameter))


@pytest.mark.parametrize(
    ("parameter", "python"),
    [
        ("[out] long *a", "int"),
        ("[out] long **a", "int | None"),
        ("[out] BSTR *a", "str"),
        ("[out] LPWSTR *a", "str | None"),
        ("[out, string] wchar_t **a", "str | None"),
        ("[out, string, size_is(9)] wchar_t *a", "str"),
        ("[out, size_is(9)] LPWSTR a", "str"),
        ("[out] wchar_t *a", "str"),
        ("[out] IThing **a", "IThing | None"),
        ("[out] long a[3]", "list[int]"),
        ("[out, size_is(3)] long *a", "list[int]"),
        ("[out, size_is(, 3)] long **a", "list[int] | None"),
        ("[out, size_is(3)] IThing **a", "list[IThing | None]"),
        ("[out, ref] long *a", "int"),
        ("[out] IID *a", "Guid"),
    ],
)
def test_an_out_is_mapped(folder: Folder, parameter: str, python: str) -> None:
    assert f"def F(self) -> {python}:" in folder.module_text(method(parameter))


def test_the_interface_says_what_inner_pointers_are(folder: Folder) -> None:
    body = "HRESULT F([out] LPWSTR *a, [out] long **b);"
    text = folder.module_text(IMPORT + interface(body, ", pointer_default(ref)"))
    assert "def F(self) -> tuple[str, int]:" in text


def test_a_typedef_says_what_its_pointer_is(folder: Folder) -> None:
    text = IMPORT + "typedef [unique] long *MaybeLong; typedef [string] unsigned char *Text;"
    body = interface("HRESULT F([in] MaybeLong a, [in] Text b);")
    assert "def F(self, a: int | None, b: str) -> None:" in folder.module_text(text + body)


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("[out] long a", "0103"),
        ("[out] IThing a", "0104"),
        ("[out] IThing *a", "0104"),
        ("[out, unique] long *a", "0109"),
        ("[in] void *a", "0112"),
        ("[in] IThing a", "0101"),
        ("[in] long a[]", "0403"),
        ("[in, size_is(n)] long a[3], [in] long n", "0420"),
        ("[in, unique] long a", "0609"),
        ("[in, string] long *a", "0416"),
        ("[in, size_is(1)] long a", "0408"),
        ("[in, size_is(1, 2)] long *a", "0409"),
        ("[in, iid_is(x)] IThing *a", "0114"),
        ("[in, iid_is(a)] IThing *a", "0115"),
        ("[in, iid_is(1)] IThing *a", "0116"),
        ("[in, iid_is(i)] IThing *a, [out] IID *i", "0117"),
    ],
)
def test_a_wrong_parameter_is_refused(folder: Folder, parameter: str, code: str) -> None:
    assert [one[-4:] for one in folder.refusals(method(parameter))] == [code]


def test_an_out_of_a_local_method_may_be_anything(folder: Folder) -> None:
    body = "[local] HRESULT F([out] void *a, [out] long b, [in] long c[], [out] IThing *d);"
    assert "def F(self, c: object) -> tuple[object, object, object]:" in folder.module_text(
        IMPORT + interface(body)
    )
