"""ErrorInfo as a value, and as octets."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import Guid
from pyorpc.wire.error_info import EXTENSION, LONGEST, ErrorInfo, extended, info_in, sendable

FULL = ErrorInfo("what", "who", "where.hlp", 7, Guid("6b29fc40-ca47-1067-b31d-00dd010662da"))


def test_it_goes_into_the_extensions_beside_others_and_back() -> None:
    mine = {b"0123456789abcdef": b"mine"}
    extensions = extended(mine, FULL)
    assert extensions.keys() == {b"0123456789abcdef", EXTENSION}
    assert mine == {b"0123456789abcdef": b"mine"}
    assert info_in(extensions) == FULL
    assert info_in(extended(None, ErrorInfo())) == ErrorInfo()
    assert info_in(mine) is None


def test_a_newer_peer_may_send_more() -> None:
    octets = msgspec.msgpack.encode([7, FULL.guid.bytes, "who", "what", "where.hlp", "new"])
    assert info_in({EXTENSION: octets}) == FULL


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [-1, bytes(16), "", "", ""],
        [2**32, bytes(16), "", "", ""],
        [0, bytes(15), "", "", ""],
        [0, bytes(16), b"", "", ""],
        {"description": "what"},
    ],
)
def test_what_is_malformed_is_none(sent: Any) -> None:
    assert info_in({EXTENSION: msgspec.msgpack.encode(sent)}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"description": 7},
        {"source": None},
        {"help_file": b"where"},
        {"help_context": -1},
        {"help_context": 2**32},
        {"help_context": "7"},
        {"guid": "7"},
        {"guid": None},
    ],
)
def test_a_field_of_a_wrong_type_is_refused(fields: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        ErrorInfo(**fields)
    assert refused.value.hresult == HRESULT.E_INVALIDARG


def test_it_is_a_value_and_its_guid_may_be_given_as_text() -> None:
    text: Any = "{6B29FC40-CA47-1067-B31D-00DD010662DA}"
    assert ErrorInfo("what", "who", "where.hlp", 7, text) == FULL
    assert hash(ErrorInfo("a")) == hash(ErrorInfo("a"))
    with pytest.raises(AttributeError):
        FULL.description = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def test_any_text_can_be_made_sendable() -> None:
    assert sendable("caf\u00e9") == "caf\u00e9"
    assert sendable("\ud800x") == "\\ud800x"
    assert sendable("\ud800" * LONGEST) == ("\\ud800" * LONGEST)[:LONGEST]
    assert sendable(42) == "42"
    assert "UnspeakableError" in sendable(UnspeakableError())
    assert len(sendable("x" * LONGEST * 2)) == LONGEST
