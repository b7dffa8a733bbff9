from __future__ import annotations

from pathlib import Path

from pyorpc.midl.language.completion import offers
from tests.midl.language.reading import analysed, interface


def words(folder: Path, text: str) -> list[str]:
    return [one.word for one in offers(*analysed(folder, text))]


def test_types_and_keywords_are_offered_by_name(tmp_path: Path) -> None:
    text = "typedef struct S { long x; } S;\nenum E { ONE };\n" + interface("HRESULT F(^);")
    found = words(tmp_path, text)
    assert {"S", "E", "ONE", "IA", "IUnknown", "DWORD", "struct"} <= set(found)
    assert not {"x", "F", "size_is"} & set(found)
    assert found == sorted(set(found))


def test_attributes_are_offered_in_their_brackets(tmp_path: Path) -> None:
    found = words(tmp_path, interface("HRESULT F([^"))
    assert {"in", "out", "size_is", "retval"} <= set(found)
    assert "DWORD" not in found


def test_nothing_is_offered_in_a_comment(tmp_path: Path) -> None:
    assert words(tmp_path, "// a ^") == []


def test_an_offer_says_what_it_is(tmp_path: Path) -> None:
    text = "typedef struct S { long x; } S;\n^"
    found = {one.word: one for one in offers(*analysed(tmp_path, text))}
    assert (found["S"].kind, found["S"].detail) == ("struct", "struct S")
    assert found["DWORD"].kind == "type"
