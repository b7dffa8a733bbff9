"""Plain `msgpack`: the independent check of what our codec writes and reads."""

from __future__ import annotations

from typing import Any

import msgpack


def pack(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)  # pyright: ignore[reportUnknownMemberType, reportAssignmentType, reportUnknownVariableType]
    return packed


def unpack(body: bytes) -> Any:
    return msgpack.unpackb(body, strict_map_key=False)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
