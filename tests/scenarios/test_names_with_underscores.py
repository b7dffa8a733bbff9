"""Interfaces, methods and fields with underscores in front are called as all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

import pyorpc
from pyorpc import COINIT, ComError, IUnknown
from tests.conftest import Spawn
from tests.midl.good.left_out_idl import SPOT, ILeftOut
from tests.midl.good.underscores_idl import (
    _KIND,
    _Automation,
    _Collection,
    _CollectionAwaitable,
    _Derived,
    _held,
    _pair,
)
from tests.support.async_probe import in_trio_apartment
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment


class Things(_Derived, _Automation, ILeftOut):
    """Gives back what it gets."""

    @property
    def _NewEnum(self) -> IUnknown:
        return self

    @property
    def Count(self) -> int:
        return 3

    def _Swap(self, _pair: _pair) -> _pair:
        return type(_pair)(_pair._right, _pair._left)

    def _Keep(self, one: _held) -> _held:
        return one

    def _call_(self, kind: _KIND) -> _KIND:
        return kind

    def lend_(self, n: int) -> int:
        return n

    def More(self) -> int:
        return 4

    def _Hidden(self, n: int) -> int:
        return 2 * n

    def Near(self, x: int, distance: float = 0.0) -> tuple[float, int]:
        return distance, x

    def Mark(self, x: int, spot: SPOT | None = None) -> int:
        return x if spot is None else spot.x

    def Name(self, name: str | None = None) -> int:
        return -1 if name is None else len(name)

    def Sort(self, n: int, values: Sequence[int]) -> tuple[list[int], SPOT]:
        return sorted(values), SPOT(n, n)

    def Fill(self, n: int, values: Sequence[int] | None) -> tuple[list[int] | None, IUnknown]:
        return None if values is None else [n] * n, self


def serve(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Things(), _Derived))
        assert test.receive(300) == STOP


@pytest.fixture
def packet(spawn: Spawn) -> Iterator[bytes]:
    server = spawn(serve)
    yield server.receive()
    server.send(STOP)
    assert server.join() == 0


@pytest.fixture
def far(packet: bytes) -> Iterator[_Derived]:
    with in_apartment(COINIT.MULTITHREADED):
        yield pyorpc.unmarshal_interface(packet, _Derived)


def test_they_are_called_by_their_names(far: _Derived) -> None:
    assert far.Count == 3
    assert far.More() == 4
    assert far._Swap(_pair(1, 2)) == _pair(2, 1)
    assert far._call_(_KIND._SECOND) is _KIND._SECOND
    assert far.lend_(7) == 7
    again = far._NewEnum
    assert again is not None
    assert again.QueryInterface(_Collection).Count == 3
    assert far._Keep(_held(far, 5)).kept == 5


def test_they_are_called_late_bound(far: _Derived) -> None:
    automation = far.QueryInterface(_Automation)
    assert automation._Hidden(4) == 8
    (dispid,) = automation.GetIDsOfNames(["__Hidden"])
    assert automation.Invoke(dispid, (5,)) == 10


async def test_they_are_awaited(packet: bytes) -> None:
    async with in_trio_apartment():
        far = _CollectionAwaitable(pyorpc.unmarshal_interface(packet, _Collection))
        assert await far.get_Count() == 3
        assert await far._Swap(_pair(1, 2)) == _pair(2, 1)
        assert (await far._Keep(_held(None, 6))).kept == 6


def test_a_pointer_with_null_for_a_default_may_be_null(far: _Derived) -> None:
    left_out = far.QueryInterface(ILeftOut)
    assert left_out.Near(1) == (0.0, 1)
    assert left_out.Near(1, 2.5) == (2.5, 1)
    assert left_out.Mark(7) == 7
    assert left_out.Mark(7, SPOT(8, 9)) == 8
    assert (left_out.Name(), left_out.Name("four")) == (-1, 4)


def test_a_list_that_is_passed_comes_back_as_another(far: _Derived) -> None:
    left_out = far.QueryInterface(ILeftOut)
    assert left_out.Sort(3, (3, 1, 2)) == ([1, 2, 3], SPOT(3, 3))
    assert left_out.Fill(2, (0, 0))[0] == [2, 2]
    assert left_out.Fill(0, None)[0] is None
    with pytest.raises(ComError, match="values"):
        left_out.Sort(3, (1, 2))
