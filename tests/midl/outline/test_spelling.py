from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.outline.symbol import Kind, all_symbols
from tests.midl.outline.reading import symbols

# But for those that need another file.
GOOD = sorted(
    path
    for path in (Path(__file__).parent.parent / "good").glob("*.idl")
    if "#include" not in path.read_text()
)


@pytest.mark.parametrize(
    "text",
    [
        "const long A = (1 << 4) + 2 * (3 - -4) % 5;",
        "const long A = B == 3 ? ~0 : C && (D || !E);",
        "const long A = (long)-1 - (2 - 3) - 4;",
        "const long A = sizeof(long *) + sizeof(struct S);",
        'const LPCWSTR A = "say \\"hello\\"\\n\\\\";',
        "const wchar_t A = '\\t';",
        "const DWORD A = 0xffff | 0x10;",
        'const char *A = "x";',
        "typedef [unique] IFoo *LPFOO;",
        "typedef HRESULT (__stdcall *PFN)([in] Data *p, long n);",
        "typedef SAFEARRAY(BSTR) Names;",
        "typedef pipe unsigned long P;",
        "typedef long Row[3][N + 1];",
    ],
)
def test_a_declaration_is_spelled_as_it_was_written(text: str) -> None:
    (found,) = symbols(text)
    assert found.text == text


def test_a_method_is_spelled_with_its_attributes() -> None:
    text = "[id(1), propget] HRESULT F([in, size_is(, *n)] const long **a, [out] long b[]);"
    (interface,) = symbols(f"interface A : B {{ {text} }}")
    assert interface.inside[0].text == text


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_what_was_spelled_is_spelled_the_same_again(path: Path) -> None:
    kinds = (Kind.CONSTANT, Kind.TYPEDEF)
    before = [one.text for one in symbols(path.read_text()) if one.kind in kinds]
    after = [one.text for one in all_symbols(symbols("\n".join(dict.fromkeys(before))))]
    assert list(dict.fromkeys(after)) == list(dict.fromkeys(before))
