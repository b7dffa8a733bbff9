"""What users of Guid and the ids made of it may rely on."""

from __future__ import annotations

import copy
import uuid
from typing import Any

import pytest

from pyorpc.errors import HRESULT, InvalidArgumentError
from pyorpc.ids import (
    GUID_NULL,
    Guid,
    Oxid,
    iid,
    new_causality_id,
    new_ipid,
    new_oid,
    new_oxid,
    oxid_of,
)

TEXT = "00112233-4455-6677-8899-aabbccddeeff"
OCTETS = bytes.fromhex("00112233445566778899aabbccddeeff")


@pytest.mark.parametrize(
    "source",
    [TEXT, TEXT.upper(), "{" + TEXT + "}", OCTETS, uuid.UUID(TEXT), Guid(TEXT)],
)
def test_one_guid_has_many_spellings(source: str | bytes | uuid.UUID | Guid) -> None:
    guid = Guid(source)
    assert str(guid) == TEXT
    assert repr(guid) == f"Guid('{TEXT}')"
    assert guid.bytes == OCTETS
    assert guid == Guid(TEXT)
    assert hash(guid) == hash(Guid(TEXT))


@pytest.mark.parametrize(
    "source",
    [
        "",
        TEXT[:-1],
        TEXT + "0",
        "{" + TEXT,
        TEXT.replace("-", ""),
        TEXT.replace("0", "g"),
        TEXT.replace("0011", "00 1"),
        TEXT.replace("-4455-", "-44 5-"),
        TEXT.replace("00112233", "0011223\N{ARABIC-INDIC DIGIT THREE}"),
        "0011223344556677-8899-aabb-ccdd-eeff",
        OCTETS[:-1],
        bytearray(OCTETS),
        17,
        None,
    ],
)
def test_what_is_no_guid_is_refused(source: object) -> None:
    with pytest.raises(InvalidArgumentError, match="is no GUID") as refusal:
        Guid(source)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert refusal.value.hresult == HRESULT.E_INVALIDARG


def test_bytes_le_has_the_first_three_fields_reversed() -> None:
    assert Guid(TEXT).bytes_le.hex() == "33221100" + "5544" + "7766" + "8899aabbccddeeff"


def test_a_guid_does_not_change() -> None:
    guid: Any = Guid(TEXT)
    with pytest.raises(AttributeError, match="immutable"):
        guid.number = 1
    with pytest.raises(AttributeError, match="immutable"):
        del guid.number
    assert copy.deepcopy(guid) == guid


def test_guids_order_as_their_texts_do() -> None:
    guids = [Guid.new() for _ in range(20)]
    assert [str(guid) for guid in sorted(guids)] == sorted(str(guid) for guid in guids)
    assert Guid(TEXT) >= Guid(TEXT)


def test_a_guid_equals_nothing_else() -> None:
    assert Guid(TEXT) != TEXT
    with pytest.raises(TypeError):
        _ = Guid(TEXT) < TEXT  # pyright: ignore[reportOperatorIssue]


def test_only_the_null_guid_is_false() -> None:
    assert not GUID_NULL
    assert Guid(TEXT)


def test_new_guids_differ_and_are_version_4() -> None:
    assert Guid.new() != Guid.new()
    assert uuid.UUID(bytes=Guid.new().bytes).version == 4


def test_an_iid_is_a_guid() -> None:
    assert iid(TEXT) == Guid(TEXT)


def test_ids_of_apartments_objects_and_causalities_are_random() -> None:
    assert new_oxid() != new_oxid()
    assert new_oid() != new_oid()
    assert new_causality_id() != new_causality_id()
    assert 0 < new_oxid() < 2**64


@pytest.mark.parametrize("oxid", [1, 2**64 - 1, new_oxid()], ids=["least", "greatest", "any"])
def test_an_ipid_tells_its_apartment(oxid: int) -> None:
    ipid = new_ipid(Oxid(oxid))
    assert oxid_of(ipid) == oxid
    assert ipid != new_ipid(Oxid(oxid))
