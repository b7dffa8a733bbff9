from __future__ import annotations

from collections.abc import Iterator

import pytest

from pyorpc.activation.coclass import coclass, record_of
from pyorpc.activation.inproc_classes import (
    find_by_progid,
    find_inproc_class,
    register_inproc_class,
    unregister_inproc_class,
)
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid

CLSID = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1c01"))


@coclass(CLSID, "Quotes.Board")
class Board:
    pass


@pytest.fixture
def registered() -> Iterator[None]:
    register_inproc_class(Board)
    yield
    unregister_inproc_class(CLSID)


@pytest.mark.usefixtures("registered")
def test_a_registered_class_is_found_by_clsid_and_progid() -> None:
    assert find_inproc_class(CLSID) is Board
    assert find_by_progid("quotes.BOARD") == record_of(Board)
    assert find_by_progid("Quotes.Table") is None


def test_an_unregistered_class_is_gone_and_cannot_be_unregistered_again() -> None:
    register_inproc_class(Board)
    unregister_inproc_class(Board)
    assert find_inproc_class(CLSID) is None
    with pytest.raises(ComError) as failed:
        unregister_inproc_class(str(CLSID))
    assert failed.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


def test_a_class_without_a_clsid_is_refused() -> None:
    with pytest.raises(ComError) as failed:
        register_inproc_class(int)
    assert failed.value.hresult == HRESULT.E_INVALIDARG


@pytest.mark.usefixtures("registered")
def test_the_last_class_registered_with_a_clsid_counts() -> None:
    @coclass(CLSID)
    class Newer:
        pass

    register_inproc_class(Newer)
    assert find_inproc_class(CLSID) is Newer
