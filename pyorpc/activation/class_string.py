"""Class strings: the two ways to name a class in text, its CLSID and its ProgID.

Checked wherever a user names a class: what is neither gets CO_E_CLASSSTRING. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid

_PROGID: Final = re.compile(r"[^\s{}.]+(\.[^\s{}.]+)*")


def parse_class_string(value: Guid | str) -> Clsid | str:
    """The CLSID that `value` is or spells, or else `value` as a ProgID."""
    return find_clsid(value) or checked_progid(value)


def checked_clsid(value: Guid | str) -> Clsid:
    clsid = find_clsid(value)
    if clsid is None:
        raise ComError(
            HRESULT.CO_E_CLASSSTRING,
            f"{value!r:.80} is no CLSID: expected a text such as "
            "00000000-0000-0000-c000-000000000046, with or without braces, and not all zeros",
        )
    return clsid


def checked_progid(value: object) -> str:
    """`value`, if it can be a ProgID: dotted words that nobody takes for a CLSID."""
    if not isinstance(value, str) or not _PROGID.fullmatch(value) or not value.isprintable():
        raise ComError(
            HRESULT.CO_E_CLASSSTRING,
            f"{value!r:.80} is no class string: expected a CLSID, or a ProgID such as "
            "Quotes.Board.1",
        )
    if find_clsid(value) is not None:
        raise ComError(HRESULT.CO_E_CLASSSTRING, f"{value!r} is a CLSID, no ProgID")
    return value


def find_clsid(value: object) -> Clsid | None:
    """The CLSID that `value` is or spells; None for all else, and for the null GUID."""
    if not isinstance(value, Guid | str):
        return None
    try:
        return Clsid(Guid(value)) or None
    except ComError:
        return None
