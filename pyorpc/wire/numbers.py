"""The number types of the IDL as msgspec reads them: a range-checked int, a float, a character."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Byte = Annotated[int, Meta(ge=0, le=0xFF)]
Small = Annotated[int, Meta(ge=-0x80, le=0x7F)]
Short = Annotated[int, Meta(ge=-0x8000, le=0x7FFF)]
UShort = Annotated[int, Meta(ge=0, le=0xFFFF)]
Long = Annotated[int, Meta(ge=-0x80000000, le=0x7FFFFFFF)]
ULong = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
# MessagePack integers end exactly where these do, so the codec itself checks the range.
Hyper = Annotated[int, Meta(ge=-0x8000000000000000, le=0x7FFFFFFFFFFFFFFF)]
UHyper = Annotated[int, Meta(ge=0)]
Float = float
Char = Annotated[str, Meta(min_length=1, max_length=1)]
