"""Arguments of public functions and methods: what cannot be meant is refused at once, by its name.

All raise E_INVALIDARG: user code may pass anything, whatever the annotations say.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.unknown import IUnknown

E = TypeVar("E", bound=Enum)


def invalid(text: str) -> InvalidArgumentError:
    """`text` begins with the parameter's name."""
    return InvalidArgumentError(HRESULT.E_INVALIDARG, text)


def refuse_null(value: object, name: str) -> None:
    """None is no pointer, packet or stream."""
    if value is None:
        raise invalid(f"{name}: null")


def refuse_no_object(value: object, name: str) -> None:
    """Pointers are proxies, and objects whose classes implement an interface."""
    refuse_null(value, name)
    if not isinstance(value, IUnknown):
        raise invalid(
            f"{name}: {value!r:.80} is no object of an interface: its class derives from none"
        )


def refuse_no_function(value: object, name: str) -> None:
    """What is run later fails where nobody sees who passed it."""
    if not callable(value):
        raise invalid(f"{name}: {value!r:.80} cannot be called")


def refuse_no_bytes(value: object, name: str) -> None:
    """Packets are bytes, or what gives them: a bytearray, a memoryview."""
    refuse_null(value, name)
    if not isinstance(value, bytes | bytearray | memoryview):
        raise invalid(f"{name}: a {type(value).__name__} is no packet: expected bytes")


def member_of(kind: type[E], value: object, name: str) -> E:
    """`value`, which may be a plain number, as a member of its enumeration."""
    try:
        return kind(value)
    except (ValueError, TypeError):
        raise invalid(f"{name}: {value!r:.80} is no {kind.__name__}") from None


def refuse_no_number(value: object, name: str) -> None:
    """Cookies and thread ids are plain numbers."""
    if not isinstance(value, int):
        raise invalid(f"{name}: {value!r:.80} is no number")


def refuse_no_timeout(timeout_ms: object) -> None:
    """Milliseconds, as COM counts them: 0xFFFFFFFF (INFINITE) is for ever."""
    if not isinstance(timeout_ms, int) or not 0 <= timeout_ms <= 0xFFFFFFFF:
        raise invalid(f"timeout_ms: {timeout_ms!r:.80} is not between 0 and INFINITE")
