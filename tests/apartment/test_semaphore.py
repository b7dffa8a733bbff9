from __future__ import annotations

import pytest

from pyorpc import HRESULT, ComError, Semaphore
from pyorpc.apartment.handle import any_of, take


def test_it_lets_through_as_many_as_were_released() -> None:
    semaphore = Semaphore(1)
    assert semaphore.release(2) == 1
    assert [take([semaphore], any_of) for _ in range(4)] == [0, 0, 0, None]


@pytest.mark.parametrize("n", [0, -1, 3])
def test_a_release_beyond_its_bounds_changes_nothing(n: int) -> None:
    semaphore = Semaphore(1, 3)
    with pytest.raises(ComError) as caught:
        semaphore.release(n)
    assert caught.value.hresult == HRESULT.E_INVALIDARG
    assert repr(semaphore) == "<Semaphore 1 of 3>"


@pytest.mark.parametrize(("initial", "maximum"), [(-1, 1), (2, 1), (0, 0)])
def test_bounds_that_are_none_are_refused(initial: int, maximum: int) -> None:
    with pytest.raises(ComError) as caught:
        Semaphore(initial, maximum)
    assert caught.value.hresult == HRESULT.E_INVALIDARG
