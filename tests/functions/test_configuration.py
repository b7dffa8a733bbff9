from __future__ import annotations

from collections.abc import Iterator

import pytest

import pyorpc
from pyorpc import HRESULT, ComError


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = pyorpc.configure()
    assert before == {}
    ping_period_s = pyorpc.get_settings().ping_period_s
    yield
    pyorpc.configure(ping_period_s=ping_period_s, max_queue=16_384)


def test_configure_returns_the_previous_values_of_what_it_changes() -> None:
    assert pyorpc.configure(ping_period_s=5, max_queue=7) == {
        "ping_period_s": 120.0,
        "max_queue": 16_384,
    }
    assert pyorpc.get_settings().ping_period_s == 5
    assert pyorpc.get_settings().max_queue == 7


@pytest.mark.parametrize("wrong", [{"ping_perod_s": 5}, {"ping_period_s": -1}, {"max_queue": "x"}])
def test_what_is_wrong_is_refused_by_name_and_nothing_changes(wrong: dict[str, object]) -> None:
    before = pyorpc.get_settings()
    with pytest.raises(ComError) as refused:
        pyorpc.configure(**wrong)
    assert refused.value.hresult == HRESULT.E_INVALIDARG
    assert next(iter(wrong)) in refused.value.description
    assert pyorpc.get_settings() == before
