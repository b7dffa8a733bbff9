"""The codec: the one module that knows msgspec encodes our values.

Pure and shared by all threads. `Struct` is the base of IDL structs and of packets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, Final, cast, dataclass_transform

import msgspec

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, frozen=True, array_like=True):
    """An IDL struct: a frozen value that travels as an array in field order."""


class OpenIntEnum(IntEnum):
    """An IDL enum. A value that a newer peer sends passes through as an unnamed number."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = str(value)
        member._value_ = value
        return member


class OpenIntFlag(IntFlag):
    """An IDL enum of bits. Bits that it does not know pass through."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        member: Any = super()._missing_(value)
        # Not kept in the enum's map: a peer could fill the memory with combinations.
        if member is not None and member._name_ not in cls._member_map_:
            cls._value2member_map_.pop(member._value_, None)
        return member


def encode_hook(value: object) -> object:
    """What msgspec does not know by itself, as something that it does."""
    if isinstance(value, Guid):
        return value.bytes
    raise TypeError(f"a {type(value).__name__} cannot be sent: {value!r:.60}")


def decode_hook(expected: type, value: object) -> object:
    if expected is Guid and isinstance(value, bytes) and len(value) == 16:
        return Guid(value)
    found = "None" if value is None else type(value).__name__
    raise TypeError(f"Expected `{expected.__name__}`, got `{found}`")


# A string that UTF-8 has no bytes for travels in this extension type, in UTF-8 all the same.
SURROGATES: Final = 1
UNREADABLE: Final = object()


def ext_hook(code: int, data: memoryview) -> object:
    """What an extension type stands for."""
    if code == SURROGATES:
        return bytes(data).decode("utf-8", "surrogatepass")
    return msgspec.msgpack.Ext(code, bytes(data))


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=encode_hook)
_BUFFERS: Final = (bytes, bytearray, memoryview)


def encode(value: object) -> bytes:
    """`value` as MessagePack. Raises RPC_E_CLIENT_CANTMARSHAL_DATA."""
    try:
        try:
            return _encoder.encode(value)
        except UnicodeEncodeError:
            return _encoder.encode(_without_surrogates(_parts_of(value)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ComError(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA, str(error), executed="no") from error


def decoder(expected: Any) -> msgspec.msgpack.Decoder[Any]:
    """A decoder that accepts exactly `expected`; made once, at import."""
    return msgspec.msgpack.Decoder(expected, dec_hook=decode_hook, ext_hook=ext_hook)


def reread(known: msgspec.msgpack.Decoder[Any], body: bytes) -> Any:
    """What a decoder refused, if only strings with lone surrogates were wrong; else UNREADABLE.

    They are no strings to it, so the body is read untyped first.
    """
    if _SURROGATES_HEAD.search(body) is None:
        return UNREADABLE
    try:
        return msgspec.convert(_untyped.decode(body), known.type, dec_hook=decode_hook)
    except (msgspec.DecodeError, TypeError, RecursionError, UnicodeDecodeError):
        return UNREADABLE


def copy_by_parts(value: object, expected: Any) -> Any:
    """A checked copy that shares nothing but strings and bytes. Raises as a decoder does.

    (Without taking it apart first, msgspec would take a struct as it is: unchecked, and shared.)
    """
    parts = _parts_of(value)
    return msgspec.convert(parts, expected, dec_hook=decode_hook)


def _parts_of(value: object) -> Any:
    """`value` in lists, strings and numbers."""
    return msgspec.to_builtins(value, builtin_types=_BUFFERS, enc_hook=encode_hook)


def _without_surrogates(parts: Any) -> Any:
    if isinstance(parts, str):
        try:
            parts.encode()
        except UnicodeEncodeError:
            return msgspec.msgpack.Ext(SURROGATES, parts.encode("utf-8", "surrogatepass"))
    elif isinstance(parts, (list, tuple)):
        return [_without_surrogates(part) for part in cast("Sequence[Any]", parts)]
    return parts


_untyped: Final = msgspec.msgpack.Decoder(ext_hook=ext_hook)
# How an extension type's value begins, of each way to say how long it is.
_SURROGATES_HEAD: Final = re.compile(
    rb"[\xd4-\xd8]\x01|\xc7.\x01|\xc8..\x01|\xc9....\x01", re.DOTALL
)
