from __future__ import annotations

from pathlib import Path

import pytest

from pyorpc.midl.language.hover import hover, symbol_at
from tests.midl.language.reading import analysed, interface


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("HRESULT F([in] DW^ORD a);", "`DWORD`: unsigned long, in Python `int`"),
        ("HRESULT F([in] LPC^WSTR a);", "`LPCWSTR`: a string, in Python `str`"),
        ("HRESULT F([in] RE^FIID a);", "`REFIID`: GUID, in Python `Guid`"),
        ("HRESULT F([i^n] long a);", "`[in]`: an attribute of a parameter"),
        ("HRESULT F([in] long not^hing);", ""),
        ("// no IA^ here\n", ""),
    ],
)
def test_what_needs_no_declaration_is_explained(tmp_path: Path, body: str, text: str) -> None:
    assert hover(*analysed(tmp_path, interface(body))) == text


def test_a_method_is_shown_with_its_python_and_documentation(tmp_path: Path) -> None:
    found = hover(*analysed(tmp_path, interface("/// Does it.\nHRESULT D^o([in] long a);")))
    assert found == (
        "```idl\nHRESULT Do([in] long a);\n```\n\n"
        "```python\ndef Do(self, a: int) -> None\n```\n\nDoes it."
    )


def test_what_is_imported_says_where_it_is_from(tmp_path: Path) -> None:
    found = hover(*analysed(tmp_path, interface("HRESULT F([in] IClass^Factory *a);")))
    assert "interface IClassFactory : IUnknown" in found
    assert "`unknwn.idl`, line " in found


def test_an_import_shows_its_path(tmp_path: Path) -> None:
    found = hover(*analysed(tmp_path, 'import "unk^nwn.idl";'))
    assert found.endswith("unknwn.idl`")
    assert hover(*analysed(tmp_path, 'import "no^where.idl";')) == ""


def test_of_two_of_one_name_the_one_right_here_is_meant(tmp_path: Path) -> None:
    text = "struct A { long x; };\nstruct B { short ^x; };\n"
    symbol = symbol_at(*analysed(tmp_path, text))
    assert symbol is not None
    assert symbol.text == "short x;"


def test_constants_show_their_value(tmp_path: Path) -> None:
    text = "const long FO^UR = 4;\n"
    assert "```python\nFOUR: Final = 4\n```" in hover(*analysed(tmp_path, text))
