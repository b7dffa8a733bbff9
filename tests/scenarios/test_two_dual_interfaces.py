"""Late-bound calls of an object with several dual interfaces: the pointer says which is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, IDispatch
from tests.conftest import Spawn
from tests.midl.good.two_duals_idl import IClock, IDoor, ISlidingDoor
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment


class DoorClock(IClock, ISlidingDoor):
    """Tells the time, and slides."""

    def Tell(self) -> str:
        return "noon"

    def Open(self, width: int) -> str:
        return f"open by {width}"

    def Slide(self) -> str:
        return "slid"


class OwnAnswers(DoorClock):
    """Answers late-bound calls as it likes, whatever the pointer."""

    def Invoke(self, dispid: int, args: Any = (), **options: Any) -> Any:
        return f"{dispid} of mine"


def serve(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(DoorClock(), IClock))
        test.send(pyorpc.marshal_interface(OwnAnswers(), IDoor))
        assert test.receive(300) == STOP


@pytest.fixture
def proxies(spawn: Spawn) -> Iterator[tuple[IClock, IDoor]]:
    server = spawn(serve)
    with in_apartment(COINIT.MULTITHREADED):
        yield (
            pyorpc.unmarshal_interface(server.receive(), IClock),
            pyorpc.unmarshal_interface(server.receive(), IDoor),
        )
    server.send(STOP)
    assert server.join() == 0


def test_a_late_bound_call_is_one_of_the_pointers_interface(
    proxies: tuple[IClock, IDoor],
) -> None:
    clock, _ = proxies
    assert clock.GetIDsOfNames(["Tell"]) == [1]
    assert clock.Invoke(1) == "noon"
    for door in (clock.QueryInterface(ISlidingDoor), clock.QueryInterface(IDoor)):
        assert door.GetIDsOfNames(["open", "width"]) == [1, 0]
        assert door.Invoke(1, (3,)) == "open by 3"
    with pytest.raises(ComError) as failed:
        clock.QueryInterface(ISlidingDoor).GetIDsOfNames(["Tell"])
    assert failed.value.hresult == HRESULT.DISP_E_UNKNOWNNAME
    assert clock.QueryInterface(ISlidingDoor).Invoke(2) == "slid"
    # IDispatch is that of the first.
    assert clock.QueryInterface(IDispatch).Invoke(1) == "noon"


def test_an_object_may_answer_as_it_likes(proxies: tuple[IClock, IDoor]) -> None:
    _, own = proxies
    assert own.Invoke(1) == "1 of mine"
    assert own.QueryInterface(IClock).Invoke(2) == "2 of mine"
