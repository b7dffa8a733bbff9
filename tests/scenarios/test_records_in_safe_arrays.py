"""SAFEARRAYs of structs and of whatever is in them, to another process and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, VT, ComError, SafeArray
from tests.conftest import Spawn
from tests.midl.good.automation_defaults_idl import IDefaults
from tests.midl.good.records_in_arrays_idl import Counted, IRecords, Kept, Spot, Tree
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment


class Records(IRecords, IDefaults):
    """Gives back what it gets."""

    def Spots(self, spots: Sequence[Any]) -> SafeArray[Spot]:
        assert isinstance(spots, SafeArray)
        return spots

    def Kept(self, kept: Sequence[Any], counted: Sequence[Any]) -> SafeArray[Kept]:
        found = [Kept(f"{sum(one.values)}", self) for one in counted]
        return SafeArray([*kept, *found], vt=VT.RECORD)

    def Whole(self, tree: Tree) -> Tree:
        return tree

    def Any_(self, values: Any, more: Any) -> Any | None:
        return [*values, *more]

    def Pay(self, money: Decimal = Decimal(0), more: Decimal = Decimal(0)) -> Decimal:
        return money + more

    def Since(self, day: datetime = datetime(2000, 1, 1)) -> datetime:  # as it travels
        return day

    def Add(self, b: int) -> int:
        return b + 1

    def Choose(self, fast: bool = False, loud: bool = True) -> bool:
        return fast and loud


def serve(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Records(), IRecords))
        assert test.receive(300) == STOP


@pytest.fixture
def records(spawn: Spawn) -> Iterator[IRecords]:
    server = spawn(serve)
    with in_apartment(COINIT.MULTITHREADED):
        yield pyorpc.unmarshal_interface(server.receive(), IRecords)
    server.send(STOP)
    assert server.join() == 0


def test_structs_come_back_with_their_bounds(records: IRecords) -> None:
    assert records.Spots([]) == []
    assert records.Spots((Spot(1, 2), Spot(3, 4))) == [Spot(1, 2), Spot(3, 4)]
    box = SafeArray([[Spot(1, 2)], [Spot(3, 4)]], lower_bounds=(1, -5), vt=VT.RECORD)
    assert records.Spots(box) == box


def test_pointers_and_lists_in_structs_are_carried(records: IRecords) -> None:
    kept = records.Kept([Kept(None, records)], [Counted(2, [3, 4])])
    assert [one.name for one in kept] == [None, "7"]
    assert all(one.object is not None and one.object == records for one in kept)


def test_they_may_be_fields(records: IRecords) -> None:
    tree = Tree(SafeArray([Spot(5, 6)], vt=VT.RECORD), SafeArray([], vt=VT.RECORD), [1, "two"])
    assert records.Whole(tree) == tree


def test_an_array_of_anything_says_what_it_holds(records: IRecords) -> None:
    assert records.Any_([1, "two"], SafeArray([3, 4], vt=VT.I4)) == [1, "two", 3, 4]


@pytest.mark.parametrize("wrong", [[Spot(1, 2), 3], [[Spot(1, 2)], []], "text"])
def test_what_is_no_such_array_is_refused_before_it_is_sent(records: IRecords, wrong: Any) -> None:
    with pytest.raises(ComError) as refused:
        records.Spots(wrong)
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert refused.value.executed == "no"


def test_money_and_dates_have_numbers_for_defaults(records: IRecords) -> None:
    defaults = records.QueryInterface(IDefaults)
    assert defaults.Pay() == Decimal("34.78")
    assert defaults.Since() == datetime(1899, 12, 31, 12)  # as it travels
    assert defaults.Add(1) == 2
    assert (defaults.Choose(), defaults.Choose(loud=True)) == (False, True)
    assert defaults.Invoke(1) == Decimal("34.78")
