from __future__ import annotations

from pyorpc.ids import Guid, Iid, Ipid, Oid, Oxid
from pyorpc.remoting.link import references_in
from pyorpc.wire.codec import Struct
from pyorpc.wire.objref import ObjRef


def ref(oid: int) -> ObjRef:
    return ObjRef(Iid(Guid.new()), 0, 5, Oxid(1), Oid(oid), Ipid(Guid.new()))


class Holder(Struct, frozen=True):
    name: str
    held: ObjRef | None


def test_references_are_found_in_every_position() -> None:
    first, second, third = ref(1), ref(2), ref(3)
    values = (1, "text", first, [None, second, [b"x"]], Holder("h", third), Holder("none", None))
    assert references_in(values) == [first, second, third]


def test_a_packet_is_one_reference_and_no_more() -> None:
    one = ref(1)
    assert references_in(one) == [one]
    assert references_in(None) == []


def test_references_are_found_however_deep_they_are_and_in_cycles() -> None:
    one = ref(1)
    deep: list[object] = [one]
    for _ in range(5000):
        deep = [deep]
    assert references_in(deep) == [one]
    deep.append(deep)
    assert references_in(deep) == [one]
