"""ObjRef: a marshaled interface pointer, in the layout of [MS-DCOM] 2.2.18. A value.

A packet's bindings alone suffice to connect. Each is a tower id and a text: where the apartment
listens, where its process listens, which process it is. In-process packets have none.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple
from uuid import UUID

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Iid, Ipid, Oid, Oxid

SIGNATURE: Final = 0x574F454D  # "MEOW", little-endian
_HEAD: Final = struct.Struct("<II16s")
_STDOBJREF: Final = struct.Struct("<IIQQ16s")
_CUSTOM: Final = struct.Struct("<16sII")
_COUNTS: Final = struct.Struct("<HH")
SORF_NOPING: Final = 0x1000


class ObjRefType(IntEnum):
    """[MS-DCOM] 2.2.18.1: exactly one of them."""

    STANDARD = 1
    HANDLER = 2
    CUSTOM = 4
    EXTENDED = 8


class Tower(IntEnum):
    """What a binding names. The numbers lie outside the protocol's registered towers."""

    APARTMENT = 0x7F01  # an endpoint of the apartment: "ipc://..." or "tcp://host:port"
    PROCESS = 0x7F02  # an endpoint of its process's housekeeping
    PROCESS_ID = 0x7F03  # 32 hexadecimal digits


class Binding(NamedTuple):
    """One entry of the address array."""

    tower: int
    address: str


class ObjRef(NamedTuple):
    """A STANDARD object reference: which interface of which object in which apartment.

    Or a CUSTOM one: then `custom` is what the object wrote, `ipid` the CLSID of the class that
    reads it, and the other ids are 0.
    """

    iid: Iid
    flags: int
    public_refs: int
    oxid: Oxid
    oid: Oid
    ipid: Ipid
    bindings: tuple[Binding, ...] = ()
    custom: bytes | None = None

    def addresses(self, tower: Tower) -> tuple[str, ...]:
        return tuple(binding.address for binding in self.bindings if binding.tower == tower)

    @property
    def process_id(self) -> str:
        """The exporting process; empty in an in-process packet."""
        found = self.addresses(Tower.PROCESS_ID)
        return found[0] if found else ""

    def pack(self) -> bytes:
        """The packet as bytes."""
        if self.custom is not None:
            head = _HEAD.pack(SIGNATURE, ObjRefType.CUSTOM, self.iid.bytes_le)
            return head + _CUSTOM.pack(self.ipid.bytes_le, 0, len(self.custom)) + self.custom
        return b"".join(
            (
                _HEAD.pack(SIGNATURE, ObjRefType.STANDARD, self.iid.bytes_le),
                _STDOBJREF.pack(
                    self.flags, self.public_refs, self.oxid, self.oid, self.ipid.bytes_le
                ),
                _pack_bindings(self.bindings),
            )
        )


def unpack(data: bytes) -> ObjRef:
    """The ObjRef in `data`. Raises RPC_E_INVALID_OBJREF, or STG_E_READFAULT where it ends early."""
    buffer = memoryview(data)
    if len(buffer) < _HEAD.size:
        raise _ended_early(len(buffer))
    signature, kind, iid_bytes = _HEAD.unpack_from(buffer)
    if signature != SIGNATURE:
        raise ComError(
            HRESULT.RPC_E_INVALID_OBJREF, f"signature {signature:#010x}, not {SIGNATURE:#010x}"
        )
    if kind == ObjRefType.CUSTOM:
        return _unpack_custom(Iid(_guid(iid_bytes)), buffer[_HEAD.size :])
    if kind != ObjRefType.STANDARD:
        raise ComError(
            HRESULT.RPC_E_INVALID_OBJREF,
            f"reference type {kind} is neither STANDARD (1) nor CUSTOM (4)",
        )
    if len(buffer) < _HEAD.size + _STDOBJREF.size + _COUNTS.size:
        raise _ended_early(len(buffer))
    flags, refs, oxid, oid, ipid = _STDOBJREF.unpack_from(buffer, _HEAD.size)
    bindings = _unpack_bindings(buffer[_HEAD.size + _STDOBJREF.size :])
    return ObjRef(
        Iid(_guid(iid_bytes)), flags, refs, Oxid(oxid), Oid(oid), Ipid(_guid(ipid)), bindings
    )


def _unpack_custom(iid: Iid, buffer: memoryview) -> ObjRef:
    """[MS-DCOM] 2.2.18.6: CLSID, extension (none), size, the object's own bytes."""
    if len(buffer) < _CUSTOM.size:
        raise _ended_early(_HEAD.size + len(buffer))
    reader, _, size = _CUSTOM.unpack_from(buffer)
    written = bytes(buffer[_CUSTOM.size : _CUSTOM.size + size])
    if len(written) < size:
        raise _ended_early(_HEAD.size + len(buffer))
    return ObjRef(iid, 0, 0, Oxid(0), Oid(0), Ipid(_guid(reader)), (), written)


def _guid(little_endian: bytes) -> Guid:
    return Guid(UUID(bytes_le=little_endian).bytes)


def _ended_early(length: int) -> ComError:
    return ComError(HRESULT.STG_E_READFAULT, f"the packet ends after {length} bytes")


def _pack_bindings(bindings: tuple[Binding, ...]) -> bytes:
    """A DUALSTRINGARRAY ([MS-DCOM] 2.2.19): string bindings, then no security bindings."""
    if not bindings:
        return _COUNTS.pack(0, 0)
    entries = b"".join(
        struct.pack("<H", binding.tower) + binding.address.encode("utf-16-le") + b"\0\0"
        for binding in bindings
    )
    strings = entries + b"\0\0"
    return _COUNTS.pack(len(strings) // 2 + 1, len(strings) // 2) + strings + b"\0\0"


def _unpack_bindings(buffer: memoryview) -> tuple[Binding, ...]:
    total, security_offset = _COUNTS.unpack_from(buffer)
    body = bytes(buffer[_COUNTS.size :])
    if len(body) < total * 2:
        raise _ended_early(len(body))
    if security_offset > total:
        raise ComError(HRESULT.RPC_E_INVALID_OBJREF, "security bindings lie beyond the array")
    units = struct.unpack_from(f"<{security_offset}H", body)
    found: list[Binding] = []
    at = 0
    while at < len(units) and units[at] != 0:
        end = at + 1
        while end < len(units) and units[end] != 0:
            end += 1
        if end == len(units):
            raise ComError(HRESULT.RPC_E_INVALID_OBJREF, "a string binding is not terminated")
        text = struct.pack(f"<{end - at - 1}H", *units[at + 1 : end])
        found.append(Binding(units[at], text.decode("utf-16-le", "replace")))
        at = end + 1
    return tuple(found)
