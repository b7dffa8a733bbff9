"""ErrorInfo: what a failed call tells besides its HRESULT, and its form in a FAULT's extensions.

Pure; used on any thread. Texts that are too long are cut, so that every FAULT is read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import Guid

_log = logging.getLogger(__name__)

# [MS-DCOM] 2.2.21.1: the error information extension.
EXTENSION: Final = Guid("f1f19681-4d2a-11ce-a66a-0020af6e72f4").bytes
# Texts of a FAULT, and of an ErrorInfo, in characters.
LONGEST_TEXT: Final = 256 * 1024
LONGEST: Final = 64 * 1024
_MOST_BYTES: Final = 4 * 3 * LONGEST + 64
_NULL: Final = Guid(bytes(16))
_LARGEST_DWORD: Final = 0xFFFFFFFF


class ErrorInfo(msgspec.Struct, frozen=True):
    """What went wrong: a text, who says so, where help is, and the interface that defines it.

    A value; `guid` is taken as text, too. Raises E_INVALIDARG for a field of a wrong type.
    """

    description: str = ""
    source: str = ""
    help_file: str = ""
    help_context: int = 0
    guid: Guid = _NULL

    def __post_init__(self) -> None:
        for name in ("description", "source", "help_file"):
            text: object = getattr(self, name)
            if not isinstance(text, str):
                raise _refused(name, f"{text!r:.60} is no str")
        context: Any = self.help_context
        if not isinstance(context, int) or not 0 <= context <= _LARGEST_DWORD:
            raise _refused("help_context", f"{context!r:.60} does not fit 32 bits, unsigned")
        if not isinstance(self.guid, Guid):  # pyright: ignore[reportUnnecessaryIsInstance]
            msgspec.structs.force_setattr(self, "guid", Guid(self.guid))


class _Extent(msgspec.Struct, array_like=True, frozen=True):
    """How it travels, in the order of [MS-DCOM]; a newer peer may send more."""

    help_context: int
    guid: bytes
    source: str
    description: str
    help_file: str


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(_Extent)


def extended(extensions: dict[bytes, bytes] | None, info: ErrorInfo) -> dict[bytes, bytes]:
    """The extensions of an answer, and this."""
    texts = (info.source, info.description, info.help_file)
    extent = _Extent(info.help_context, info.guid.bytes, *(sendable(text) for text in texts))
    return {**(extensions or {}), EXTENSION: _encode(extent)}


def info_in(extensions: Mapping[bytes, bytes]) -> ErrorInfo | None:
    """What an answer's extensions tell; None where they do not. What is malformed is logged."""
    octets = extensions.get(EXTENSION)
    if octets is None:
        return None
    try:
        if len(octets) > _MOST_BYTES:
            raise ValueError(f"{len(octets)} bytes are too many")
        extent = _decoder.decode(octets)
        return ErrorInfo(
            extent.description,
            extent.source,
            extent.help_file,
            extent.help_context,
            Guid(extent.guid),
        )
    except (ValueError, TypeError, RecursionError) as error:  # of msgspec, Guid and ErrorInfo
        _log.warning("the error information of an answer is malformed: %.200s", error)
        return None


def sendable(text: object, longest: int = LONGEST) -> str:
    """A text that can be sent, whatever was given as one: not too long, no lone surrogates."""
    try:
        cut = str(text)[:longest]
    except Exception:
        return f"(a {type(text).__name__} that has no text)"
    try:
        cut.encode()
    except UnicodeEncodeError:
        cut = cut.encode(errors="backslashreplace").decode()[:longest]
    return cut


def _refused(name: str, what: str) -> InvalidArgumentError:
    return InvalidArgumentError(HRESULT.E_INVALIDARG, f"ErrorInfo: {name}: {what}")
