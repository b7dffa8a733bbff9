from __future__ import annotations

import pytest

from pyorpc.activation.class_string import (
    checked_clsid,
    checked_progid,
    find_clsid,
    parse_class_string,
)
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import GUID_NULL, Guid

TEXT = "5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a01"
CLSID = Guid(TEXT)

NO_CLASS_STRINGS = [
    "",
    " ",
    "Quotes Board",
    "Quotes.",
    ".Quotes",
    "Quotes..Board",
    "{Quotes.Board}",
    "{5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a0}",
    "Quotes\n",
    "Quotes\x00Board",
]


@pytest.mark.parametrize("value", [CLSID, TEXT, TEXT.upper(), "{" + TEXT + "}"])
def test_a_guid_and_its_texts_name_a_class_by_its_clsid(value: Guid | str) -> None:
    assert parse_class_string(value) == CLSID
    assert checked_clsid(value) == CLSID
    assert find_clsid(value) == CLSID


@pytest.mark.parametrize("text", ["Quotes.Board", "Quotes.Board.1", "Word", "my-app.Größe_2"])
def test_dotted_words_name_a_class_by_its_progid(text: str) -> None:
    assert parse_class_string(text) == text
    assert checked_progid(text) == text
    assert find_clsid(text) is None


@pytest.mark.parametrize("text", NO_CLASS_STRINGS)
def test_what_is_neither_is_an_invalid_class_string(text: str) -> None:
    for parse in (parse_class_string, checked_clsid, checked_progid):
        with pytest.raises(ComError) as caught:
            parse(text)
        assert caught.value.hresult == HRESULT.CO_E_CLASSSTRING
        assert repr(text) in caught.value.description


def test_a_progid_is_no_clsid_and_a_clsid_no_progid() -> None:
    with pytest.raises(ComError, match=r"'Quotes\.Board' is no CLSID"):
        checked_clsid("Quotes.Board")
    with pytest.raises(ComError, match="is a CLSID, no ProgID"):
        checked_progid(TEXT)


def test_the_null_guid_names_no_class() -> None:
    for value in (GUID_NULL, str(GUID_NULL)):
        with pytest.raises(ComError, match="not all zeros"):
            checked_clsid(value)


def test_what_is_no_text_names_no_class() -> None:
    with pytest.raises(ComError) as caught:
        parse_class_string(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert caught.value.hresult == HRESULT.CO_E_CLASSSTRING
