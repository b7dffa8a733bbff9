"""Guid and the ids made of it: which interface, class, apartment, object, call.

Values, used on any thread. Everything that a peer must not guess comes from `secrets`: on a link
that carries requests both ways, an IPID is a capability.
"""

from __future__ import annotations

import builtins
import secrets
from functools import total_ordering
from typing import Final, NewType, NoReturn
from uuid import UUID

from pyorpc.errors import HRESULT, InvalidArgumentError

_LENGTH: Final = 16
_set: Final = object.__setattr__  # past Guid's own, which refuses
_OXID_LENGTH: Final = 8


@total_ordering
class Guid:
    """A 128-bit identifier; immutable. Prints in lower case without braces.

    Taken from a string (braces and case do not matter), 16 bytes in RFC order, a UUID or a Guid;
    anything else is refused with E_INVALIDARG.
    """

    __slots__ = ("_bytes", "_hash")

    _bytes: builtins.bytes
    _hash: int

    def __init__(self, value: str | builtins.bytes | UUID | Guid) -> None:
        octets = value if type(value) is bytes and len(value) == _LENGTH else _bytes_of(value)
        _set(self, "_bytes", octets)
        _set(self, "_hash", hash(octets))

    @classmethod
    def new(cls) -> Guid:
        """A random one (version 4), from `secrets`."""
        return cls(UUID(bytes=secrets.token_bytes(_LENGTH), version=4).bytes)

    @property
    def bytes(self) -> builtins.bytes:
        """The 16 bytes in the order in which the text shows them."""
        return self._bytes

    @property
    def bytes_le(self) -> builtins.bytes:
        """The 16 bytes as COM lays them out: the first three fields little-endian."""
        return UUID(bytes=self._bytes).bytes_le

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Guid is immutable: cannot set {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Guid is immutable: cannot delete {name}")

    def __reduce__(self) -> tuple[type[Guid], tuple[str]]:
        return Guid, (str(self),)

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if isinstance(other, Guid) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._bytes < other._bytes if isinstance(other, Guid) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    def __bool__(self) -> bool:
        """False for the null GUID."""
        return self._bytes != _NULL

    def __str__(self) -> str:
        digits = self._bytes.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def __repr__(self) -> str:
        return f"Guid('{self}')"


Iid = NewType("Iid", Guid)
Clsid = NewType("Clsid", Guid)
Ipid = NewType("Ipid", Guid)
CausalityId = NewType("CausalityId", Guid)
Oxid = NewType("Oxid", int)
Oid = NewType("Oid", int)

_NULL: Final = bytes(_LENGTH)
GUID_NULL: Final = Guid(_NULL)


def iid(value: str) -> Iid:
    return Iid(Guid(value))


def new_oxid() -> Oxid:
    return Oxid(_random_nonzero())


def new_oid() -> Oid:
    return Oid(_random_nonzero())


def new_causality_id() -> CausalityId:
    return CausalityId(Guid.new())


def new_ipid(oxid: Oxid) -> Ipid:
    """A fresh IPID of the apartment `oxid`, which can be read back from it with `oxid_of`."""
    return Ipid(Guid(oxid.to_bytes(_OXID_LENGTH, "big") + secrets.token_bytes(_OXID_LENGTH)))


def oxid_of(ipid: Ipid) -> Oxid:
    return Oxid(int.from_bytes(ipid.bytes[:_OXID_LENGTH], "big"))


def _random_nonzero() -> int:
    while not (number := secrets.randbits(64)):
        pass
    return number


def _bytes_of(value: object) -> bytes:
    match value:
        case Guid() | UUID():
            return value.bytes
        case bytes() if len(value) == _LENGTH:
            return value
        case str() if (parsed := _bytes_of_text(value)) is not None:
            return parsed
        case _:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG,
                f"{value!r:.80} is no GUID: expected 16 bytes, or a text such as "
                "00000000-0000-0000-c000-000000000046, with or without braces",
            )


def _bytes_of_text(text: str) -> bytes | None:
    digits = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    groups = digits.split("-")
    if [len(group) for group in groups] != [8, 4, 4, 4, 12] or not digits.isascii():
        return None
    try:
        parsed = bytes.fromhex("".join(groups))
    except ValueError:
        return None
    return parsed if len(parsed) == _LENGTH else None  # fromhex skips blanks
