"""SafeArray: a list that knows its element type and where its indexes begin. Pure.

It travels flat, the last index running fastest, beside its bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from math import prod
from typing import Any, Final, Generic, TypeVar, cast

from pyorpc.enumerations import VT
from pyorpc.errors import HRESULT, ComError
from pyorpc.wire.codec import Struct
from pyorpc.wire.numbers import Long, ULong

E = TypeVar("E")
# More dimensions than any array has use for, and fewer than Python can nest.
MOST_DIMENSIONS: Final = 60
MOST_EMPTY: Final = 1 << 16


class SafeArray(list[E]):
    """A SAFEARRAY: a list, nested for more dimensions, with `lower_bounds` and `vt`.

    `lower_bounds` is a number or one for each dimension; without it all are 0, and how deep the
    lists are nested says how many dimensions there are (one, where the elements are VARIANTs).
    """

    __slots__ = ("lower_bounds", "vt")

    def __init__(
        self,
        values: Iterable[E] = (),
        lower_bounds: int | Sequence[int] | None = None,
        vt: VT = VT.VARIANT,
    ) -> None:
        super().__init__(values)
        self.vt = VT(vt)
        if lower_bounds is None:
            dimensions = 1 if self.vt == VT.VARIANT else dimensions_of(self)
            self.lower_bounds: tuple[int, ...] = (0,) * dimensions
        elif isinstance(lower_bounds, int):
            self.lower_bounds = (lower_bounds,)
        else:
            self.lower_bounds = tuple(lower_bounds)

    def __eq__(self, other: object) -> bool:
        theirs = getattr(other, "lower_bounds", self.lower_bounds), getattr(other, "vt", self.vt)
        return theirs == (self.lower_bounds, self.vt) and super().__eq__(other)

    __hash__ = None

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"SafeArray({super().__repr__()}, {self.lower_bounds}, {self.vt})"


class SafeArrayWire(Struct, Generic[E], frozen=True):
    """How a safe array travels. `elements` is a list of all its elements, or bytes."""

    lower_bounds: list[Long]
    sizes: list[ULong]
    elements: E


def dimensions_of(values: object) -> int:
    """How deep lists are nested, by their first elements."""
    depth = 0
    while isinstance(values, (list, tuple)) and depth < MOST_DIMENSIONS:
        depth += 1
        inner = cast("Sequence[object]", values)
        values = inner[0] if inner else None
    return max(depth, 1)


def flattened(values: object, lower_bounds: Sequence[int] | None) -> SafeArrayWire[list[Any]]:
    """The bounds and all elements of nested lists. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    dimensions = dimensions_of(values) if lower_bounds is None else len(lower_bounds)
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise refused(f"a SAFEARRAY has 1 to {MOST_DIMENSIONS} dimensions, not {dimensions}")
    sizes: list[int] = []
    level = [values]
    for dimension in range(dimensions):
        lists = [_as_list(each, dimension + 1, dimensions) for each in level]
        lengths = {len(each) for each in lists} or {0}
        if len(lengths) > 1:
            raise refused(
                f"a SAFEARRAY is a box: dimension {dimension + 1} is {min(lengths)} long here and "
                f"{max(lengths)} there"
            )
        sizes.append(lengths.pop())
        level = [element for each in lists for element in each]
    return SafeArrayWire(list(lower_bounds or (0,) * dimensions), sizes, level)


def nested(wire: SafeArrayWire[Any], elements: Sequence[Any], vt: VT) -> SafeArray[Any]:
    """The safe array with these bounds. Raises RPC_X_BAD_STUB_DATA where they do not fit."""
    sizes = wire.sizes
    dimensions = len(sizes)
    if not 1 <= dimensions <= MOST_DIMENSIONS or len(wire.lower_bounds) != dimensions:
        raise bad_data(
            f"a SAFEARRAY with {dimensions} sizes and {len(wire.lower_bounds)} lower bounds"
        )
    # Lists with nothing in them cost their sender nothing.
    outer = takewhile(bool, sizes)
    if prod(sizes) != len(elements) or prod(outer) > max(len(elements), MOST_EMPTY):
        raise bad_data(f"a SAFEARRAY of sizes {sizes} with {len(elements)} elements")
    level: list[Any] = list(elements)
    # From the innermost dimension outwards; a dimension of nothing has as many lists as the outer.
    for dimension in range(dimensions - 1, 0, -1):
        size, count = sizes[dimension], prod(sizes[:dimension])
        level = [level[at * size : (at + 1) * size] for at in range(count)]
    return SafeArray(level, wire.lower_bounds, vt)


def refused(text: str) -> ComError:
    """What a value that cannot be sent ends with."""
    return ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, text, executed="no")


def bad_data(text: str) -> ComError:
    """What data that is no proper value ends with."""
    return ComError(HRESULT.RPC_X_BAD_STUB_DATA, text)


def _as_list(values: object, dimension: int, dimensions: int) -> Sequence[Any]:
    # numpy arrays and other buffers give Python numbers only through tolist.
    to_list = getattr(values, "tolist", None)
    if to_list is not None:
        values = to_list()
    if isinstance(values, (list, tuple, bytes, bytearray)):
        return cast("Sequence[Any]", values)
    what = "" if dimensions == 1 else f" in its dimension {dimension} of {dimensions}"
    raise refused(f"a SAFEARRAY is a list{what}, not a {type(values).__name__}: {values!r:.60}")
