from __future__ import annotations

import pytest

from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.errors import HRESULT, ComError


def test_there_are_the_five_models_of_windows_2000() -> None:
    assert [model.name for model in ThreadingModel] == [
        "NONE",
        "APARTMENT",
        "FREE",
        "BOTH",
        "NEUTRAL",
    ]


@pytest.mark.parametrize("model", ThreadingModel)
def test_a_model_is_parsed_from_its_registry_text_whatever_the_case(model: ThreadingModel) -> None:
    assert ThreadingModel.parse(model.value) is model
    assert ThreadingModel.parse(model.value.upper()) is model
    assert ThreadingModel.parse(model.name.lower()) is model


@pytest.mark.parametrize("model", ThreadingModel)
def test_a_model_parses_as_itself(model: ThreadingModel) -> None:
    assert ThreadingModel.parse(model) is model


def test_a_class_that_says_nothing_has_the_model_none() -> None:
    assert ThreadingModel.parse(None) is ThreadingModel.NONE
    assert ThreadingModel.parse("") is ThreadingModel.NONE


@pytest.mark.parametrize("text", ["Sideways", "Apartment ", "STA", "0"])
def test_any_other_text_is_a_bad_threading_model(text: str) -> None:
    with pytest.raises(ComError, match="there are None, Apartment, Free, Both, Neutral") as caught:
        ThreadingModel.parse(text)
    assert caught.value.hresult == HRESULT.REGDB_E_BADTHREADINGMODEL
    assert repr(text) in caught.value.description


def test_what_is_no_text_is_a_bad_threading_model_too() -> None:
    with pytest.raises(ComError) as caught:
        ThreadingModel.parse(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert caught.value.hresult == HRESULT.REGDB_E_BADTHREADINGMODEL
