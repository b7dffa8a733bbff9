from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid
from pyorpc.remoting.full_pointers import FullPointers, as_it_is
from pyorpc.unknown import IUnknown
from pyorpc.wire.codec import Struct
from pyorpc.wire.objref import ObjRef


class NoPointers:
    """The channel of values that hold no interface pointers."""

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        raise AssertionError(obj, iface)

    def unmarshal(self, ref: ObjRef | None, iface: object) -> None:
        raise AssertionError(ref, iface)


class Node(Struct, frozen=True):
    value: int
    next: Node | None


class NodeWire(Struct, frozen=True):
    value: int
    next: NodeWire | int | None


class Spot(Struct, frozen=True):
    x: int


def pack(pointers: FullPointers, node: Node) -> NodeWire:
    return NodeWire(node.value, pointers.pack(node.next, Node, pack))


def unpack(pointers: FullPointers, wire: NodeWire) -> Node:
    return Node(wire.value, pointers.unpack(wire.next, Node, unpack))


@pytest.fixture
def pointers() -> FullPointers:
    return FullPointers(NoPointers())


def test_an_object_travels_once_and_then_its_number(pointers: FullPointers) -> None:
    inner = Node(1, None)
    outer = Node(2, inner)
    assert pointers.pack(outer, Node, pack) == NodeWire(2, NodeWire(1, None))
    assert pointers.pack(inner, Node, pack) == 1
    assert pointers.pack(outer, Node, pack) == 0
    assert pointers.pack(None, Node, pack) is None
    assert pointers.pack(Node(1, None), Node, pack) == NodeWire(1, None)


def test_numbers_are_objects_again(pointers: FullPointers) -> None:
    outer = pointers.unpack(NodeWire(2, NodeWire(1, None)), Node, unpack)
    assert outer == Node(2, Node(1, None))
    assert outer is not None
    assert pointers.unpack(1, Node, unpack) is outer.next
    assert pointers.unpack(0, Node, unpack) is outer
    assert pointers.unpack(None, Node, unpack) is None


def test_a_cycle_cannot_be_sent(pointers: FullPointers) -> None:
    node: Any = Node(1, None)
    msgspec.structs.force_setattr(node, "next", node)
    with pytest.raises(ComError) as failed:
        pointers.pack(node, Node, pack)
    assert failed.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert failed.value.executed == "no"


def test_what_is_no_object_of_its_type_cannot_be_sent(pointers: FullPointers) -> None:
    wrong: Any = 0
    with pytest.raises(ComError, match="0 is no Spot"):
        pointers.pack(wrong, Spot, as_it_is)


def test_numbers_that_a_peer_may_not_say(pointers: FullPointers) -> None:
    pointers.unpack(Spot(1), Spot, as_it_is)
    for wire in (1, 0, NodeWire(1, 1)):  # not there; of another type; not whole
        with pytest.raises(ComError) as failed:
            pointers.unpack(wire, Node, unpack)
        assert failed.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
