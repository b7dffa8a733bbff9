from __future__ import annotations

import dataclasses

import pytest

from pyorpc.activation.coclass import ClassRecord, coclass, find_record, record_of
from pyorpc.activation.threading_model import ThreadingModel
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid

CLSID = Clsid(Guid("5b1f0c1e-6f0e-4a55-9a3e-0d6c2b7e1a01"))


@coclass(CLSID, "Quotes.Board", ThreadingModel.BOTH, free_threaded_marshaler=True)
class Board:
    def __init__(self, size: int = 3) -> None:
        self.size = size


class Annex(Board):
    pass


def test_the_decorator_leaves_a_record_on_the_class() -> None:
    assert record_of(Board) == ClassRecord(
        clsid=CLSID,
        progid="Quotes.Board",
        threading_model=ThreadingModel.BOTH,
        free_threaded_marshaler=True,
    )


def test_the_class_stays_what_it_was() -> None:
    board: Board = Board(size=7)
    assert board.size == 7
    assert type(board) is Board
    assert Board.__name__ == "Board"


def test_only_the_clsid_is_asked_for() -> None:
    @coclass(str(CLSID))
    class Plain:
        pass

    assert record_of(Plain) == ClassRecord(clsid=CLSID)
    assert record_of(Plain).model is ThreadingModel.APARTMENT
    assert record_of(Plain).progid is None
    assert not record_of(Plain).free_threaded_marshaler


def test_a_record_is_a_frozen_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        record_of(Board).progid = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_subclass_has_no_record_until_it_has_its_own() -> None:
    assert find_record(Annex) is None
    with pytest.raises(ComError, match=r"Annex.* has no CLSID: decorate the class") as caught:
        record_of(Annex)
    assert caught.value.hresult == HRESULT.E_INVALIDARG

    own = Clsid(Guid.new())
    decorated = coclass(own)(type("Decorated", (Board,), {}))
    assert record_of(decorated).clsid == own
    assert record_of(Board).clsid == CLSID


def test_a_class_has_one_clsid() -> None:
    with pytest.raises(ComError, match=f"Board already is the class {CLSID}") as caught:
        coclass(Guid.new())(Board)
    assert caught.value.hresult == HRESULT.E_INVALIDARG


@pytest.mark.parametrize("clsid", ["", "Quotes.Board", "{0}", "5b1f0c1e"])
def test_a_bad_clsid_is_refused_at_once(clsid: str) -> None:
    with pytest.raises(ComError) as caught:
        coclass(clsid)
    assert caught.value.hresult == HRESULT.CO_E_CLASSSTRING


def test_a_bad_progid_is_refused_at_once() -> None:
    with pytest.raises(ComError) as caught:
        coclass(CLSID, "two words")
    assert caught.value.hresult == HRESULT.CO_E_CLASSSTRING


def test_a_threading_model_may_be_given_as_the_registry_spells_it() -> None:
    @coclass(CLSID, threading_model="free")
    class Worker:
        pass

    assert record_of(Worker).model is ThreadingModel.FREE


def test_a_bad_threading_model_is_refused_when_the_class_is_activated() -> None:
    @coclass(CLSID, threading_model="Sideways")
    class Crab:
        pass

    record = record_of(Crab)
    assert record.threading_model == "Sideways"
    with pytest.raises(ComError) as caught:
        _ = record.model
    assert caught.value.hresult == HRESULT.REGDB_E_BADTHREADINGMODEL


def test_an_instance_is_not_its_class() -> None:
    assert find_record(Board()) is None
    assert find_record("Board") is None
