"""NDR: pointers that alias, lead back to themselves, or lead far."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, ComError, IUnknown, Runtime
from tests.conftest import Spawn
from tests.midl.good.full_pointers_idl import (
    AsyncIFullPointers,
    Branch,
    Either,
    IFullPointers,
    IUniquePointers,
    Link,
    Path,
    Ring,
    Spot,
    Web,
)
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CANNOT_SEND = HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
WIRES = ["another process", "another apartment"]


class Pointers(IFullPointers, IUniquePointers):
    """Says which of its arguments are one object; gives back what it gets."""

    def Rings(
        self, one: Ring | None, other: Ring | None, value: Ring
    ) -> tuple[Ring | None, Ring | None]:
        if value.value == 13:
            loop: Any = Ring(13, None)
            msgspec.structs.force_setattr(loop, "next", loop)
            return loop, None
        return one, one if value.next is one else other

    def Spots(self, one: Spot | None, other: Spot | None) -> int:
        return int(one is other)

    def Many(self, count: int, rings: Sequence[Ring | None]) -> int:
        assert len(rings) == count
        return len({id(ring) for ring in rings})

    def Webs(self, web: Web, pointers: Spot | None) -> Web:
        assert web.spot is pointers
        return web

    def Unions(self, one: Either, other: Either | None) -> Either | None:
        assert other is not None
        assert one.value is other.value
        return other

    def Links(self, one: Link | None, other: Link | None) -> tuple[Link | None, Link | None]:
        if one is None or one is other:
            raise ComError(HRESULT.E_INVALIDARG, "two objects were expected")
        return one, one

    def Branches(self, branch: Branch) -> int:
        kids = [kid for kid in branch.kids if kid is not None]
        return 1 + max((self.Branches(kid) for kid in kids), default=0)


def serve_pointers(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(MTA):
        test.send(pyorpc.marshal_interface(Pointers(), IFullPointers))
        assert test.receive(300) == STOP


@contextmanager
def served(spawn: Spawn, wire: str) -> Generator[IFullPointers]:
    """A proxy, over one of the two wires."""
    if wire == WIRES[0]:
        server = spawn(serve_pointers)
        with in_apartment(MTA):
            yield pyorpc.unmarshal_interface(server.receive(), IFullPointers)
        server.send(STOP)
        assert server.join() == 0
        return
    with Runtime() as runtime, ApartmentThread(runtime, STA) as host, runtime.enter_apartment(MTA):
        packet = host.run(pyorpc.marshal_interface, Pointers(), IFullPointers, MSHCTX.INPROC)
        yield pyorpc.unmarshal_interface(packet, IFullPointers)


@pytest.fixture(params=WIRES)
def full(request: pytest.FixtureRequest, spawn: Spawn) -> Iterator[IFullPointers]:
    with served(spawn, request.param) as proxy:
        yield proxy


@pytest.fixture
def unique(full: IFullPointers) -> IUniquePointers:
    return full.QueryInterface(IUniquePointers)


def refusal(function: Any, *args: Any) -> tuple[HRESULT, str | None]:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value.hresult, failed.value.executed


def chain(kind: Any, length: int) -> Any:
    """A list of this many structs."""
    found = None
    for value in range(length):
        found = kind(value, found)
    return found


def test_NDR_03_full_pointers_to_one_object_stay_one(full: IFullPointers) -> None:
    spot = Spot(1, 2)
    assert full.Spots(spot, spot) == 1
    assert full.Spots(spot, Spot(1, 2)) == 0
    assert full.Spots(None, None) == 1
    assert full.Spots(spot, None) == 0


def test_NDR_03_also_in_structs_and_among_the_results(full: IFullPointers) -> None:
    ring = chain(Ring, 3)
    first, second = full.Rings(ring, ring, Ring(0, None))
    assert first == ring
    assert first is second
    first, second = full.Rings(ring, Ring(5, ring.next), Ring(0, None))
    assert (first, second) == (ring, Ring(5, ring.next))
    assert first is not None
    assert second is not None
    assert first.next is second.next
    # The callee saw the pointer in a struct by value to be the first argument.
    first, second = full.Rings(ring, None, Ring(0, ring))
    assert first is second


def test_NDR_03_also_in_arrays(full: IFullPointers) -> None:
    ring, other = Ring(1, None), Ring(1, None)
    assert full.Many(4, [ring, other, ring, None, ring]) == 3
    assert full.Many(0, []) == 0


def test_NDR_03_with_interface_pointers_sizes_and_unions(full: IFullPointers) -> None:
    spot, owner = Spot(3, 4), Pointers()
    web = Web(owner, spot, Path(2, [1, 2, 3]), 2, [Ring(1, None), None, Ring(2, None)])
    back = full.Webs(web, spot)
    assert back == Web(owner, spot, Path(2, [1, 2]), 2, [Ring(1, None), None])
    assert back.owner is owner
    assert full.Webs(Web(None, None, None, 0, None), None) == Web(None, None, None, 0, None)
    ring = Ring(1, Ring(2, None))
    assert full.Unions(Either(1, ring), Either(1, ring)) == Either(1, ring)
    assert full.Unions(Either(2, spot), Either(2, spot)) == Either(2, spot)


def test_NDR_03_in_asynchronous_calls(full: IFullPointers) -> None:
    ring = Ring(7, None)
    call = pyorpc.create_call(full, AsyncIFullPointers)
    call.Begin_Rings(ring, ring, Ring(0, None))
    first, second = call.Finish_Rings()
    assert first == ring
    assert first is second


def test_NDR_03_unique_pointers_that_alias_arrive_as_two(unique: IUniquePointers) -> None:
    link = chain(Link, 3)
    first, second = unique.Links(link, link)
    assert first == second == link
    assert first is not second
    assert refusal(unique.Links, None, link) == (HRESULT.E_INVALIDARG, "yes")


def test_NDR_03_a_cycle_is_refused_before_it_is_sent(
    full: IFullPointers, unique: IUniquePointers
) -> None:
    ring: Any = Ring(1, Ring(2, None))
    msgspec.structs.force_setattr(ring.next, "next", ring)
    link: Any = Link(1, None)
    msgspec.structs.force_setattr(link, "next", link)
    branch = Branch(1, [])
    branch.kids.append(branch)
    assert refusal(full.Rings, ring, None, Ring(0, None)) == (CANNOT_SEND, "no")
    assert refusal(full.Rings, None, None, ring) == (CANNOT_SEND, "no")
    assert refusal(full.Many, 1, [ring]) == (CANNOT_SEND, "no")
    assert refusal(unique.Links, link, None) == (CANNOT_SEND, "no")
    assert refusal(unique.Branches, branch) == (CANNOT_SEND, "no")
    # One in the results is the mistake of the object.
    assert refusal(full.Rings, None, None, Ring(13, None)) == (HRESULT.RPC_E_SERVERFAULT, "yes")
    assert full.Spots(None, None) == 1


def test_NDR_03_a_long_list_is_bounded(full: IFullPointers, unique: IUniquePointers) -> None:
    fits = chain(Ring, 60)
    assert full.Rings(fits, None, Ring(0, None))[0] == fits
    assert unique.Links(chain(Link, 60), None)[0] == chain(Link, 60)
    # So long that no stack holds it: refused here, whatever the other side bounds.
    assert refusal(full.Rings, chain(Ring, 5000), None, Ring(0, None)) == (CANNOT_SEND, "no")
    assert refusal(unique.Links, chain(Link, 5000), None) == (CANNOT_SEND, "no")


def test_NDR_03_a_list_deeper_than_the_setting_is_refused_by_a_process(spawn: Spawn) -> None:
    with served(spawn, WIRES[0]) as full:
        unique = full.QueryInterface(IUniquePointers)
        assert refusal(full.Rings, chain(Ring, 70), None, Ring(0, None)) == (CANNOT_SEND, "no")
        assert refusal(unique.Links, chain(Link, 70), None) == (CANNOT_SEND, "no")
        assert full.Spots(None, None) == 1


def test_NDR_03_what_is_no_struct_of_its_kind_is_refused(full: IFullPointers) -> None:
    wrong: Any
    for wrong in (0, [1, 2], Ring(1, None)):
        assert refusal(full.Spots, Spot(1, 2), wrong) == (CANNOT_SEND, "no")
    null: Any = None
    owner: IUnknown | None = None
    web = Web(owner, None, Path(1, null), 0, None)
    assert refusal(full.Webs, web, None) == (HRESULT.RPC_X_NULL_REF_POINTER, "no")
    assert refusal(full.Webs, null, None) == (HRESULT.RPC_X_NULL_REF_POINTER, "no")
