from __future__ import annotations

from array import array
from typing import Any

import pytest

from pyorpc import HRESULT, ComError, Guid
from pyorpc.wire.codec import Struct
from pyorpc.wire.numbers import Byte, Hyper, Long, Short, Small, UHyper, ULong, UShort
from pyorpc.wire.pipe_type import PipeType


class Point(Struct, frozen=True):
    x: float
    y: float


GOOD: list[tuple[Any, Any]] = [
    (bytes, b"\x00\xff"),
    (Small, [-128, 127]),
    (Byte, [0, 255]),
    (Short, [-32768, 32767]),
    (UShort, [0, 65535]),
    (Long, [-(2**31), 2**31 - 1]),
    (ULong, [0, 2**32 - 1]),
    (Hyper, [-(2**63), 2**63 - 1]),
    (UHyper, [0, 2**64 - 1]),
    (float, [0.5, -1e300]),
    (bool, [True, False]),
    (Point, [Point(1.0, 2.0), Point(3.0, 4.0)]),
    (Guid, [Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e0301")]),
]


@pytest.mark.parametrize(("element", "chunk"), GOOD)
def test_a_chunk_comes_back_as_it_was(element: Any, chunk: Any) -> None:
    kind: PipeType[Any] = PipeType(element)
    checked = kind.checked(chunk)
    assert kind.load(kind.dump(checked)) == chunk
    assert kind.load(kind.dump(checked[1:])) == chunk[1:]
    assert kind.dump(checked[:0]) == b""
    assert kind.load(b"") == kind.empty == chunk[:0]


BAD: list[tuple[Any, Any]] = [
    (bytes, "text"),
    (bytes, 3),
    (Small, [128]),
    (UShort, [-1]),
    (Long, [2**31]),
    (Long, [1.5]),
    (Long, "12"),
    (Long, 5),
    (UHyper, [2**64]),
    (float, ["x"]),
    (bool, [1]),
    (Point, [(1.0, 2.0, "x"), 3]),
]


@pytest.mark.parametrize(("element", "chunk"), BAD)
def test_what_does_not_fit_is_refused(element: Any, chunk: Any) -> None:
    with pytest.raises(ComError) as raised:
        PipeType(element).checked(chunk)
    assert raised.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA


def test_any_sequence_and_any_buffer_is_taken_and_copied() -> None:
    kind: PipeType[list[int]] = PipeType(Long)
    numbers = array("h", [1, 2, 3])
    checked = kind.checked(numbers)
    numbers[0] = 9
    assert list(checked) == [1, 2, 3]
    assert list(kind.checked(memoryview(numbers))) == [9, 2, 3]
    assert list(kind.checked(range(3))) == [0, 1, 2]
    assert list(kind.checked(b"ab")) == [97, 98]
    scratch = bytearray(b"ab")
    octets = PipeType[bytes](bytes).checked(scratch)
    scratch[0] = 0
    assert octets == b"ab"


@pytest.mark.parametrize(
    ("element", "packed"), [(Long, b"\x00\x00\x00"), (Point, b"\xc1"), (bool, b"\x91\x05")]
)
def test_bytes_of_a_peer_that_do_not_fit_are_refused(element: Any, packed: bytes) -> None:
    with pytest.raises(ComError) as raised:
        PipeType(element).load(packed)
    assert raised.value.hresult == HRESULT.RPC_X_BAD_STUB_DATA
