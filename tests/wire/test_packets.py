"""Every packet comes back as it was; what is no packet is refused with the HRESULT that fits."""

from __future__ import annotations

from typing import Any, cast, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError
from pyorpc.wire import packets
from pyorpc.wire.packets import (
    MAJOR,
    MINOR,
    PACKETS,
    VERSION,
    Count,
    Fault,
    Hello,
    Kind,
    Packet,
    Reply,
    Request,
    decode_header,
    decode_prefix,
    encode_header,
    is_compatible,
)
from tests.support.plain_msgpack import pack, unpack

REQUEST = Request(VERSION, Kind.REQUEST, 7, b"i" * 16, 3, 0, b"c" * 16, 1)

OF_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**64 - 1),
    bool: st.booleans(),
    str: st.text(),
    bytes: st.binary(),
    float: st.floats(allow_nan=False),
    type(None): st.none(),
    Count: st.builds(Count, st.binary(), st.integers(0, 2**32)),
    list[Count]: st.lists(st.builds(Count, st.binary(), st.integers(0, 2**32))),
    list[str]: st.lists(st.text()),
    list[bytes]: st.lists(st.binary()),
    list[int]: st.lists(st.integers(0, 2**64 - 1)),
    dict[bytes, bytes]: st.dictionaries(st.binary(), st.binary()),
}


def value_of(declared: Any) -> st.SearchStrategy[Any]:
    if declared in OF_TYPE:
        return OF_TYPE[declared]
    return st.one_of([value_of(part) for part in get_args(declared)])


def packet_of(kind: Kind) -> st.SearchStrategy[Packet]:
    packet = PACKETS[kind]
    fields = {name: value_of(declared) for name, declared in get_type_hints(packet).items()}
    return st.builds(packet, **{**fields, "version": st.just(VERSION), "kind": st.just(kind)})


any_packet = st.sampled_from(Kind).flatmap(packet_of)


def read(frame: bytes) -> Any:
    return decode_header(decode_prefix(frame), frame)


def refusal_of(frame: bytes) -> ComError:
    with pytest.raises(ComError) as failure:
        read(frame)
    return failure.value


def plain(value: object) -> object:
    """A packet's fields as plain msgpack has them."""
    if isinstance(value, msgspec.Struct):
        return [plain(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, list):
        return [plain(part) for part in cast("list[object]", value)]
    return value


def test_every_kind_has_its_packet() -> None:
    assert set(PACKETS) == set(Kind)
    assert len(set(PACKETS.values())) == len(Kind)


@given(any_packet)
def test_a_packet_comes_back_as_it_was(packet: Packet) -> None:
    frame = encode_header(packet)
    assert read(frame) == packet
    assert type(read(frame)) is PACKETS[packet.kind]


@given(any_packet)
def test_plain_msgpack_reads_every_packet(packet: Packet) -> None:
    assert unpack(encode_header(packet)) == plain(packet)


@given(any_packet)
def test_the_first_three_fields_of_every_packet_are_the_same(packet: Packet) -> None:
    prefix = decode_prefix(encode_header(packet))
    assert (prefix.version, prefix.kind, prefix.call_id) == (VERSION, packet.kind, packet.call_id)


def test_a_request_is_laid_out_in_the_order_of_the_specification() -> None:
    assert unpack(encode_header(REQUEST)) == [
        0x0102,
        1,
        7,
        b"i" * 16,
        3,
        0,
        b"c" * 16,
        1,
        None,
        None,
        0,
    ]


def test_a_header_that_a_newer_peer_made_longer_is_read() -> None:
    longer = pack([*unpack(encode_header(REQUEST)), "a new field"])
    assert read(longer) == REQUEST


def test_what_a_packet_may_leave_out_has_a_default() -> None:
    frame = pack([VERSION, Kind.FAULT, 7, 0x80004005, "no"])
    assert read(frame) == Fault(VERSION, Kind.FAULT, 7, 0x80004005, "no")


# ---- versions (REM-07) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("major", "minor", "is_spoken"),
    [(2, 3, True), (2, 0, True), (2, 4, False), (1, 3, False), (3, 0, False), (0, 0, False)],
)
def test_the_same_major_version_and_no_higher_minor_one_is_spoken(
    monkeypatch: pytest.MonkeyPatch, major: int, minor: int, is_spoken: bool
) -> None:
    monkeypatch.setattr(packets, "MAJOR", 2)
    monkeypatch.setattr(packets, "MINOR", 3)
    monkeypatch.setattr(packets, "VERSION", 0x0203)
    version = major << 8 | minor
    assert is_compatible(version) is is_spoken
    frame = pack([version, Kind.REPLY, 7, 0])
    if is_spoken:
        assert read(frame) == Reply(version, Kind.REPLY, 7, 0)
    else:
        error = refusal_of(frame)
        assert error.hresult == HRESULT.RPC_E_VERSION_MISMATCH
        assert f"speaks version {major}.{minor}, this process 2.3" in error.description


@pytest.mark.parametrize("version", [VERSION + 1, VERSION + 0x100, 0, -1, 2**63])
def test_a_request_in_another_version_was_not_executed_and_can_be_answered(version: int) -> None:
    """However much its header may have changed after the first three fields."""
    frame = pack([version, Kind.REQUEST, 7, "a new field"])
    assert decode_prefix(frame).call_id == 7
    error = refusal_of(frame)
    assert (error.hresult, error.executed) == (HRESULT.RPC_E_VERSION_MISMATCH, "no")


def test_this_version_is_spoken() -> None:
    assert VERSION == 0x100 * MAJOR + MINOR
    assert is_compatible(VERSION)


# ---- what is no packet ----------------------------------------------------------------------

UNREADABLE = [
    b"",
    b"\xc1",
    b"\x93\x01",
    b"hello",
    b"\x91" * 100_000,
    pack({}),
    pack([VERSION, Kind.REQUEST]),
    pack([VERSION, Kind.REQUEST, "7"]),
    pack([VERSION, None, 7]),
    encode_header(REQUEST) + b"\0",
]


@pytest.mark.parametrize("frame", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_header_without_its_first_three_fields_is_unreadable(frame: bytes) -> None:
    with pytest.raises(ComError, match="unreadable header") as failure:
        decode_prefix(frame)
    assert failure.value.hresult == HRESULT.RPC_E_INVALID_HEADER


MALFORMED = [
    pack([VERSION, Kind.REQUEST, 7]),
    pack([VERSION, Kind.REQUEST, 7, b"", 3, 0, b"", 1, "no number"]),
    pack([VERSION, Kind.REQUEST, 7, "no bytes", 3, 0, b"", 1]),
    pack([VERSION, Kind.REPLY, 7, b"no number"]),
    b"\x95\xcd\x01\x00\x03\x07\x00\xa2\xff\xfe",  # a FAULT whose text is no UTF-8
    pack([VERSION, Kind.HELLO, 7, 0, "0f", "host", 1, True, b"t", [b"\0"]]),
]


@pytest.mark.parametrize("frame", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_header_was_not_executed_and_can_be_answered(frame: bytes) -> None:
    error = refusal_of(frame)
    assert error.hresult == HRESULT.RPC_E_INVALID_HEADER
    assert error.executed == "no"
    assert "malformed header" in error.description


@pytest.mark.parametrize("kind", [0, -1, 90, 2**40])
def test_an_unknown_kind_is_named(kind: int) -> None:
    error = refusal_of(pack([VERSION, kind, 7]))
    assert error.hresult == HRESULT.RPC_E_INVALID_HEADER
    assert f"no packet has the kind {kind}" in error.description


def cut_somewhere(frame: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(frame)).map(lambda length: frame[:length])


@given(st.binary(max_size=60) | any_packet.map(encode_header).flatmap(cut_somewhere))
def test_any_bytes_are_a_packet_or_are_refused(frame: bytes) -> None:
    outcome: object
    try:
        outcome = isinstance(read(frame), Packet)
    except ComError as error:
        outcome = error.hresult
    assert outcome in (True, HRESULT.RPC_E_INVALID_HEADER, HRESULT.RPC_E_VERSION_MISMATCH)


def test_a_hello_says_who_speaks() -> None:
    hello = Hello(VERSION, Kind.HELLO, 0, 5, "0f", "host", 1, True, b"t", ["ipc:///x"])
    assert unpack(encode_header(hello))[3:] == [
        5,
        "0f",
        "host",
        1,
        True,
        b"t",
        ["ipc:///x"],
    ]
