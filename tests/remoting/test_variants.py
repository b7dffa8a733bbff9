"""VARIANTs and SAFEARRAYs on the wire, with a channel that only counts pointers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Ipid, Oid, Oxid
from pyorpc.remoting.variants import (
    pack_safe_array,
    pack_variant,
    unpack_safe_array,
    unpack_safe_bytes,
    unpack_variant,
)
from pyorpc.unknown import IUnknown, iid_of
from pyorpc.wire.codec import decoder, encode
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.safe_array import SafeArray, SafeArrayWire
from pyorpc.wire.variant import Variant, VariantWire
from tests.support.plain_msgpack import unpack


class Counter:
    """A channel: the n-th pointer that is marshaled has the OID n."""

    def __init__(self) -> None:
        self.objects: list[IUnknown] = []
        self.unmarshaled: list[int] = []

    def marshal(self, obj: IUnknown | None, iface: type[IUnknown] | Guid) -> ObjRef | None:
        if obj is None:
            return None
        self.objects.append(obj)
        ids = Oid(len(self.objects) - 1), Ipid(Guid(bytes(16)))
        return ObjRef(iid_of(iface), 0, 5, Oxid(1), *ids)

    def unmarshal(self, ref: ObjRef | None, iface: type[Any] | Guid) -> Any:
        if ref is None:
            return None
        self.unmarshaled.append(ref.oid)
        return self.objects[ref.oid]


VARIANTS = decoder(VariantWire)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.datetimes()
    | st.decimals(-(10**20), 10**20, places=6)
    | st.builds(Variant, st.just(VT.I2), st.integers(-(2**15), 2**15 - 1)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    channel = Counter()
    body = encode(pack_variant(channel, value))
    assert unpack(body)  # to anybody else
    back = unpack_variant(channel, VARIANTS.decode(body))
    assert back == value
    assert type(back) is type(value)


def test_pointers_keep_their_order_and_null_stays_null() -> None:
    channel = Counter()
    one, two = IUnknown(), IUnknown()
    value = [one, [Variant(VT.UNKNOWN, None), two], SafeArray([two, None], 1, VT.UNKNOWN)]
    wire = pack_variant(channel, value)
    assert channel.objects == [one, two, two]
    assert unpack_variant(channel, VARIANTS.decode(encode(wire))) == value
    assert channel.unmarshaled == [0, 1, 2]


def test_no_pointer_is_marshaled_for_a_value_that_is_refused() -> None:
    channel = Counter()
    with pytest.raises(ComError):
        pack_variant(channel, [IUnknown(), {}])
    assert channel.objects == []


@pytest.mark.parametrize(
    "body",
    [
        [VT.I4, "text", []],
        [VT.VARIANT, [3, 5], []],
        [VT.RECORD, 1, []],
        [VT.ARRAY | VT.RECORD, [[0], [1], [1]], []],
        [VT.ARRAY | VT.I4, [[0], [2], [1]], []],
        [VT.ARRAY | VT.I4, 5, []],
        [VT.UNKNOWN, 0, []],
        [VT.UNKNOWN, "0", [None]],
        [VT.BYREF | VT.VARIANT, [3], []],
        [VT.DATE, "soon", []],
    ],
)
def test_data_that_is_no_variant_is_refused_before_any_pointer(body: list[Any]) -> None:
    channel = Counter()
    ref = channel.marshal(IUnknown(), IUnknown)
    wire = VariantWire(body[0], body[1], [*body[2], ref])
    if body[:2] == [VT.UNKNOWN, 0]:
        wire = VariantWire(VT.UNKNOWN, 7, [ref])
    if body[0] == VT.VARIANT:
        wire = VariantWire(VT.ILLEGAL, body[1], [ref])
    with pytest.raises(ComError) as refused:
        unpack_variant(channel, wire)
    assert refused.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
    assert channel.unmarshaled == []


@pytest.mark.parametrize(
    ("vt", "values", "back"),
    [
        (VT.I2, [1, -2], SafeArray([1, -2], 0, VT.I2)),
        (VT.I2, SafeArray([[1], [2]], (3, 4)), SafeArray([[1], [2]], (3, 4), VT.I2)),
        (VT.BSTR, ("a", "b"), SafeArray(["a", "b"], 0, VT.BSTR)),
        (VT.UI1, bytearray(b"ab"), SafeArray([97, 98], 0, VT.UI1)),
        (VT.UI1, SafeArray([1, 2], 1), SafeArray([1, 2], 1, VT.UI1)),
        (VT.VARIANT, [1, "a"], SafeArray([1, "a"])),
        (VT.CY, [Decimal("1.5")], SafeArray([Decimal("1.5")], 0, VT.CY)),
    ],
)
def test_a_safe_array_of_one_type(vt: VT, values: Any, back: Any) -> None:
    channel = Counter()
    assert unpack_safe_array(channel, pack_safe_array(channel, values, vt), vt) == back


def test_plain_bytes_come_back_as_bytes() -> None:
    channel = Counter()
    for values in (b"\1\2", [1, 2]):
        wire = pack_safe_array(channel, values, VT.UI1)
        assert unpack_safe_bytes(channel, wire, VT.UI1) == b"\1\2"
    bounded = SafeArray([1, 2], 1, VT.UI1)
    wire = pack_safe_array(channel, bounded, VT.UI1)
    assert unpack_safe_bytes(channel, wire, VT.UI1) == bounded


def test_a_safe_array_of_pointers() -> None:
    channel = Counter()
    values = [IUnknown(), None]
    wire = pack_safe_array(channel, values, VT.UNKNOWN, IUnknown)
    assert unpack_safe_array(channel, wire, VT.UNKNOWN, IUnknown) == values


def test_the_bounds_of_a_safe_array_are_checked_before_any_pointer() -> None:
    channel = Counter()
    ref = channel.marshal(IUnknown(), IUnknown)
    wire = SafeArrayWire([0], [2], [ref])
    with pytest.raises(ComError):
        unpack_safe_array(channel, wire, VT.UNKNOWN, IUnknown)
    assert channel.unmarshaled == []
