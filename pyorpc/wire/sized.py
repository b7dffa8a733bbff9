"""Sized arrays: a list shorter than its declared size is refused, extra elements are not sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pyorpc.errors import HRESULT, ComError

E = TypeVar("E")


def sized(values: Sequence[E] | Iterable[E], size: int, name: str) -> list[E]:
    """The first `size` elements. Raises RPC_E_CLIENT_CANTMARSHAL_DATA where that cannot be."""
    # numpy arrays and other buffers give Python numbers only through tolist.
    to_list = getattr(values, "tolist", None)
    try:
        elements: list[E] = list(values if to_list is None else to_list())
    except TypeError:
        raise _no_list(name, values, "no sequence") from None
    if not 0 <= size <= len(elements):
        raise _wrong_size(name, size, len(elements))
    return elements[:size]


def sized_bytes(data: object, size: int, name: str) -> bytes:
    """The first `size` bytes of any buffer."""
    try:
        octets = data if isinstance(data, bytes) else bytes(memoryview(data))  # type: ignore[arg-type]
    except TypeError:
        raise _no_list(name, data, "no bytes, and no other buffer") from None
    if not 0 <= size <= len(octets):
        raise _wrong_size(name, size, len(octets))
    return octets if len(octets) == size else octets[:size]


def _no_list(name: str, values: object, what: str) -> ComError:
    if values is None:
        text = f"{name}: it is None, and its pointer must not be null"
        return ComError(HRESULT.RPC_X_NULL_REF_POINTER, text, executed="no")
    return _refused(f"{name}: {values!r:.60} is {what}")


def _wrong_size(name: str, size: int, length: int) -> ComError:
    return _refused(f"{name}: its declared size is {size}, but it has {length} elements")


def _refused(text: str) -> ComError:
    return ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, text, executed="no")
