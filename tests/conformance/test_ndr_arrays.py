"""NDR: sized arrays, and pointers that are null."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.conftest import Spawn
from tests.midl.good.array_parts_idl import IArrayParts, Window
from tests.midl.good.arrays_idl import IArrays, Samples
from tests.midl.good.pointers_idl import IPointers, Node
from tests.support.child import Parent
from tests.support.kinds import STOP
from tests.support.probe import in_apartment

CANNOT_SEND = HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
NULL = HRESULT.RPC_X_NULL_REF_POINTER


class Arrays(IArrays, IPointers, IArrayParts):
    """Gives back what it gets; `seen` is the length of each array of the last call."""

    def Sized(self, n: int, a: Sequence[int], data: bytes, b: Sequence[int]) -> None:
        if (len(a), len(data), len(b)) != (n, n, n + 1):
            raise ComError(HRESULT.E_INVALIDARG, "other lengths than declared")

    def ByPointer(self, n: int, m: int | None, a: Sequence[int], b: Sequence[int]) -> None:
        if (len(a), len(b)) != (n, m or 0):
            raise ComError(HRESULT.E_INVALIDARG, "other lengths than declared")

    def Next(self, celt: int) -> tuple[list[int], int]:
        return list(range(100)), celt - 1 if celt < 100 else 101

    def Allocated(self) -> tuple[int, list[int] | None]:
        return 3, [1, 2, 3, 4]

    def Bytes(self, n: int, data: bytes) -> tuple[bytes, bytes]:
        return data + b"more", data

    def Grid(self, n: int, a: Sequence[Sequence[int]], b: Sequence[float]) -> None:
        if [len(a), len(b), *map(len, a)] != [n, n + 1, *[3] * n]:
            raise ComError(HRESULT.E_INVALIDARG, "other lengths than declared")

    def Choose(self, n: int, m: int, a: Sequence[int]) -> None:
        if len(a) != max(n, m):
            raise ComError(HRESULT.E_INVALIDARG, "another length than declared")

    def Structs(self, n: int, all: Sequence[Samples]) -> Samples:  # noqa: A002  # of its IDL
        return all[0]

    def ByReference(self, value: int, node: Node) -> None:
        assert node.required == value

    def MayBeNull(self, value: int | None, node: Node | None) -> None:
        assert (value is None) == (node is None)

    def FromTo(self, n: int, first: int, last: int, part: Sequence[int]) -> int:
        assert len(part) == last - first + 1 <= n
        return sum(part)

    def Rest(self, first: int, rest: bytes) -> int:
        return len(rest)

    def Between(self, low: int, high: int, all: Sequence[int]) -> int:  # noqa: A002  # of its IDL
        return len(all)

    def Windows(self, window: Window) -> Window:
        return window

    def Sent(self, n: int) -> tuple[int, int, list[int]]:
        return n - 2, 2, [1, 2, 3]


def serve_arrays(test: Parent) -> None:
    """In a child process: serve until the test says stop."""
    with in_apartment(COINIT.MULTITHREADED):
        test.send(pyorpc.marshal_interface(Arrays(), IArrays))
        assert test.receive(300) == STOP


@pytest.fixture
def arrays(spawn: Spawn) -> Iterator[IArrays]:
    server = spawn(serve_arrays)
    with in_apartment(COINIT.MULTITHREADED):
        yield pyorpc.unmarshal_interface(server.receive(), IArrays)
    server.send(STOP)
    assert server.join() == 0


def refusal(function: Any, *args: Any) -> HRESULT:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value.hresult


def test_NDR_02_correct_and_empty_sizes(arrays: IArrays) -> None:
    arrays.Sized(2, [1, 2], b"ab", [1, 2, 3])
    arrays.Sized(0, [], b"", [7])
    arrays.Sized(1, array("l", [1, 2]), memoryview(b"ab"), range(9))  # type: ignore[arg-type]  # cut
    arrays.ByPointer(2, None, (1, 2, 3), [])
    arrays.ByPointer(0, 1, [], [5])
    arrays.Grid(2, [[1, 2, 3], [4, 5, 6, 7]], [0.5, 1.5, 2.5])
    arrays.Choose(1, 3, [1, 2, 3, 4])
    assert arrays.Next(3) == ([0, 1], 2)
    assert arrays.Next(0 + 1) == ([], 0)
    assert arrays.Allocated() == (3, [1, 2, 3])
    assert arrays.Bytes(4, b"abcdef") == (b"abcd", b"ab")


def test_NDR_02_lying_sizes(arrays: IArrays) -> None:
    assert refusal(arrays.Sized, 3, [1, 2], b"abc", [1, 2, 3, 4]) == CANNOT_SEND
    assert refusal(arrays.Sized, 2, [1, 2], b"a", [1, 2, 3]) == CANNOT_SEND
    assert refusal(arrays.Sized, 2, [1, 2], b"ab", [1, 2]) == CANNOT_SEND
    assert refusal(arrays.Sized, -1, [], b"", [1]) == CANNOT_SEND
    assert refusal(arrays.Grid, 1, [[1, 2]], [0.5, 1.5]) == CANNOT_SEND
    assert refusal(arrays.Choose, 1, 3, [1]) == CANNOT_SEND
    # The object said 101 of 100.
    assert refusal(arrays.Next, 200) == HRESULT.RPC_E_SERVERFAULT


def test_NDR_02_open_arrays_in_structures(arrays: IArrays) -> None:
    grid = [[1, 2, 3], [4, 5, 6]]
    one = Samples(bytes(16), grid, 2, [0.5, 1.5, 2.5], 2, b"abcdef")
    sent = Samples(bytes(16), grid, 2, [0.5, 1.5], 2, b"abcd")
    assert arrays.Structs(1, [one, one]) == sent
    empty = Samples(bytes(16), grid, 0, [], 0, b"")
    assert arrays.Structs(1, [empty]) == empty
    for wrong in (
        Samples(bytes(15), grid, 0, [], 0, b""),
        Samples(bytes(16), grid[:1], 0, [], 0, b""),
        Samples(bytes(16), grid, 1, [], 0, b""),
        Samples(bytes(16), grid, 0, [], 1, b"a"),
    ):
        assert refusal(arrays.Structs, 1, [wrong]) == CANNOT_SEND


def test_NDR_02_a_list_is_the_part_that_is_sent(arrays: IArrays) -> None:
    parts = arrays.QueryInterface(IArrayParts)
    assert parts.FromTo(10, 3, 5, [1, 2, 4, 8]) == 7
    assert parts.FromTo(10, 5, 4, []) == 0
    assert parts.Rest(4, b"123456789") == 6
    assert parts.Between(-1, 1, [1, 2, 3]) == 3
    assert parts.Windows(Window(8, 9, [0.5, 1.5, 2.5])) == Window(8, 9, [0.5, 1.5])
    assert parts.Sent(7) == (5, 2, [1, 2])
    assert refusal(parts.FromTo, 10, 3, 5, [1, 2]) == CANNOT_SEND
    assert refusal(parts.Rest, 11, b"") == CANNOT_SEND
    assert refusal(parts.Windows, Window(9, 7, [])) == CANNOT_SEND


def test_null_where_a_pointer_must_not_be_null(arrays: IArrays) -> None:
    pointers = arrays.QueryInterface(IPointers)
    node = Node(1, None, 5, None)
    pointers.ByReference(5, node)
    pointers.MayBeNull(None, None)
    pointers.MayBeNull(1, Node(1, node, 5, 0.5))
    null: Any = None
    assert refusal(pointers.ByReference, null, node) == NULL
    assert refusal(pointers.ByReference, 5, null) == NULL
    assert refusal(pointers.ByReference, 5, Node(1, None, null, None)) == NULL
    assert refusal(arrays.Sized, 0, null, b"", [1]) == NULL
    assert refusal(arrays.Sized, 0, [], null, [1]) == NULL
    assert refusal(arrays.Structs, 1, [null]) == NULL
    assert refusal(arrays.Structs, 1, ["text"]) == CANNOT_SEND
