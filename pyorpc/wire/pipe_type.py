"""PipeType: how the chunks of one kind of pipe are checked, cut and written as bytes.

Pure; made once, at import of the generated module, and used on any thread. Bytes stay bytes,
numbers travel as a packed little-endian array, everything else as a list in MessagePack.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from pyorpc.errors import HRESULT, ComError, InvalidArgumentError
from pyorpc.wire.codec import decoder, encode
from pyorpc.wire.numbers import Hyper, Long, Short, Small, UHyper, ULong, UShort

C = TypeVar("C")

# As `array` names them; a float travels as it does elsewhere, with 64 bits.
_CODES: Final = (
    (Small, "b"),
    (Short, "h"),
    (UShort, "H"),
    (Long, "i"),
    (ULong, "I"),
    (Hyper, "q"),
    (UHyper, "Q"),
    (float, "d"),
)
_IS_SWAPPED: Final = sys.byteorder != "little"
# What an element of no fixed size is taken for when chunks are cut and credit is counted.
_USUAL_BYTES: Final = 32


class PipeType(Generic[C]):
    """`PipeType(Long)`: chunks are `list[int]`. `PipeType(bytes)`: they are `bytes`."""

    __slots__ = ("_code", "_decoder", "empty", "is_bytes", "item_bytes")

    def __init__(self, element: Any) -> None:
        self.is_bytes = element is bytes
        self._code = next((code for known, code in _CODES if known == element), "")
        self._decoder = decoder(list[element])
        self.empty: Any = b"" if self.is_bytes else []
        self.item_bytes = 1 if self.is_bytes else _USUAL_BYTES
        if self._code:
            self.item_bytes = array(self._code).itemsize

    def checked(self, chunk: Any) -> Sequence[Any]:
        """A copy of a user's chunk in a form that can be cut.

        Raises RPC_E_CLIENT_CANTMARSHAL_DATA where an element does not fit.
        """
        try:
            return self._checked(chunk)
        except (TypeError, ValueError, OverflowError, msgspec.ValidationError) as error:
            raise InvalidArgumentError(
                HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA,
                f"a chunk does not fit in its pipe: {error}",
                executed="no",
            ) from None

    def _checked(self, chunk: Any) -> Sequence[Any]:
        if self.is_bytes:
            return chunk if isinstance(chunk, bytes) else bytes(memoryview(chunk))
        if isinstance(chunk, str):
            raise TypeError("a text is no list of elements")
        # numpy arrays and other buffers give Python numbers only through tolist.
        to_list = getattr(chunk, "tolist", None)
        elements: list[Any] = list(chunk if to_list is None else to_list())
        if self._code:
            return array(self._code, elements)
        decoded: list[Any] = self._decoder.decode(encode(elements))
        return decoded

    def dump(self, piece: Sequence[Any]) -> bytes:
        """A piece of a checked chunk as bytes; of no elements: no bytes."""
        if isinstance(piece, bytes):
            return piece
        if isinstance(piece, array):
            if _IS_SWAPPED:
                piece = piece[:]
                piece.byteswap()
            return piece.tobytes()
        return encode(piece) if piece else b""

    def load(self, packed: bytes) -> C:
        """What `dump` wrote, for the user. Raises RPC_X_BAD_STUB_DATA."""
        try:
            chunk: C = self._loaded(packed)
            return chunk
        except (ValueError, TypeError, msgspec.DecodeError) as error:
            raise ComError(
                HRESULT.RPC_X_BAD_STUB_DATA, f"a chunk of a pipe does not fit: {error}"
            ) from None

    def _loaded(self, packed: bytes) -> Any:
        if self.is_bytes:
            return packed
        if not self._code:
            return self._decoder.decode(packed) if packed else []
        numbers: array[Any] = array(self._code)
        numbers.frombytes(packed)
        if _IS_SWAPPED:
            numbers.byteswap()
        return numbers.tolist()
