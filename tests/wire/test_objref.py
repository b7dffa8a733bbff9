"""The layout of a marshaled interface pointer, byte by byte (REM-01, REM-02)."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Iid, Ipid, Oid, Oxid, iid
from pyorpc.wire.objref import Binding, ObjRef, Tower, unpack

IID = "00112233-4455-6677-8899-aabbccddeeff"
IPID = "0a0b0c0d-0102-0304-1112-131415161718"

# The standard layout, written out by hand; [MS-DCOM] 2.2.18.
HEAD = (
    b"MEOW"
    b"\x01\x00\x00\x00"  # STANDARD
    b"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"  # the IID
)
STDOBJREF = (
    b"\x00\x10\x00\x00"  # flags: SORF_NOPING
    b"\x05\x00\x00\x00"  # public references
    b"\xef\xcd\xab\x90\x78\x56\x34\x12"  # OXID
    b"\x02\x00\x00\x00\x00\x00\x00\x80"  # OID
    b"\x0d\x0c\x0b\x0a\x02\x01\x04\x03\x11\x12\x13\x14\x15\x16\x17\x18"  # the IPID
)
NO_BINDINGS = b"\x00\x00\x00\x00"
TWO_BINDINGS = (
    b"\x0a\x00"  # 10 units of two bytes follow
    b"\x09\x00"  # the security bindings begin after 9 of them
    b"\x01\x7f" + "tcp".encode("utf-16-le") + b"\x00\x00"
    b"\x03\x7f" + "é".encode("utf-16-le") + b"\x00\x00"
    b"\x00\x00"  # end of the string bindings
    b"\x00\x00"  # end of the security bindings, of which there are none
)


def reference(*bindings: Binding) -> ObjRef:
    return ObjRef(
        iid(IID),
        0x1000,
        5,
        Oxid(0x1234567890ABCDEF),
        Oid(0x8000000000000002),
        Ipid(Guid(IPID)),
        bindings,
    )


TWO = reference(Binding(Tower.APARTMENT, "tcp"), Binding(Tower.PROCESS_ID, "é"))


def units_of(*units: int) -> bytes:
    return struct.pack(f"<{len(units)}H", *units)


def test_the_hand_written_guids_are_what_windows_writes() -> None:
    assert HEAD[8:] == UUID(IID).bytes_le
    assert STDOBJREF[24:] == UUID(IPID).bytes_le


def test_an_in_process_packet_has_no_bindings() -> None:
    assert reference().pack() == HEAD + STDOBJREF + NO_BINDINGS
    assert unpack(HEAD + STDOBJREF + NO_BINDINGS) == reference()


def test_a_packet_for_another_process_has_its_bindings_at_the_end() -> None:
    assert TWO.pack() == HEAD + STDOBJREF + TWO_BINDINGS
    assert unpack(HEAD + STDOBJREF + TWO_BINDINGS) == TWO


def test_a_packet_may_lie_in_any_buffer() -> None:
    assert unpack(memoryview(bytearray(TWO.pack()))) == TWO  # type: ignore[arg-type]


def test_what_follows_a_packet_is_not_looked_at() -> None:
    assert unpack(TWO.pack() + b"MEOW and more") == TWO


def test_bindings_are_found_by_their_tower() -> None:
    ref = reference(
        Binding(Tower.APARTMENT, "ipc:///a"),
        Binding(0x07, "a network protocol that we do not speak"),
        Binding(Tower.PROCESS, "ipc:///p"),
        Binding(Tower.APARTMENT, "tcp://h:1"),
        Binding(Tower.PROCESS_ID, "0f"),
    )
    assert ref.addresses(Tower.APARTMENT) == ("ipc:///a", "tcp://h:1")
    assert ref.process_id == "0f"
    assert reference().addresses(Tower.PROCESS) == ()
    assert reference().process_id == ""
    assert unpack(ref.pack()) == ref


ids = st.integers(0, 2**64 - 1)
guids = st.binary(min_size=16, max_size=16).map(Guid)
counts = st.integers(0, 2**32 - 1)
# An address ends at its first NUL; a lone surrogate is no text.
addresses = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
bindings = st.builds(Binding, st.integers(1, 0xFFFF), addresses)
references = st.builds(
    ObjRef,
    guids.map(Iid),
    counts,
    counts,
    ids.map(Oxid),
    ids.map(Oid),
    guids.map(Ipid),
    st.lists(bindings, max_size=4).map(tuple),
    st.none(),
)


@given(references)
def test_a_packet_comes_back_as_it_was(ref: ObjRef) -> None:
    assert unpack(ref.pack()) == ref


@given(st.binary(max_size=120) | st.binary(max_size=80).map(lambda rest: HEAD + STDOBJREF + rest))
def test_any_bytes_are_a_packet_or_are_refused(data: bytes) -> None:
    outcome: object
    try:
        outcome = type(unpack(data))
    except ComError as error:
        outcome = error.hresult
    assert outcome in (ObjRef, HRESULT.RPC_E_INVALID_OBJREF, HRESULT.STG_E_READFAULT)


# ---- malformed packets (REM-02) -------------------------------------------------------------


def refusal_of(data: bytes) -> ComError:
    with pytest.raises(ComError) as failure:
        unpack(data)
    return failure.value


@pytest.mark.parametrize("length", range(len(TWO.pack())))
def test_a_packet_that_ends_early_is_a_read_fault(length: int) -> None:
    assert refusal_of(TWO.pack()[:length]).hresult == HRESULT.STG_E_READFAULT


@pytest.mark.parametrize("length", range(len(reference().pack())))
def test_a_packet_without_bindings_that_ends_early_is_a_read_fault(length: int) -> None:
    assert refusal_of(reference().pack()[:length]).hresult == HRESULT.STG_E_READFAULT


def test_a_wrong_signature_is_refused() -> None:
    error = refusal_of(b"WOEM" + TWO.pack()[4:])
    assert error.hresult == HRESULT.RPC_E_INVALID_OBJREF
    assert "0x4d454f57, not 0x574f454d" in error.description


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (0, "no type"),
        (3, "two types"),
        (5, "two types"),
        (0x10, "an unknown type"),
        (2, "a handler, which we do not load"),
        (8, "extended, which we do not read"),
    ],
)
def test_a_packet_of_any_type_but_standard_and_custom_is_refused(kind: int, why: str) -> None:
    data = TWO.pack()
    error = refusal_of(data[:4] + kind.to_bytes(4, "little") + data[8:])
    assert error.hresult == HRESULT.RPC_E_INVALID_OBJREF, why
    assert f"type {kind} is neither STANDARD" in error.description


def test_security_bindings_beyond_the_array_are_refused() -> None:
    error = refusal_of(HEAD + STDOBJREF + units_of(2, 3, 0, 0, 0))
    assert error.hresult == HRESULT.RPC_E_INVALID_OBJREF
    assert "security" in error.description


@pytest.mark.parametrize(
    "units", [(1, 1, 0x7F01), (3, 3, 0x7F01, 65, 66), (4, 2, 0x7F01, 65, 0, 0)]
)
def test_a_string_binding_without_an_end_is_refused(units: tuple[int, ...]) -> None:
    error = refusal_of(HEAD + STDOBJREF + units_of(*units))
    assert error.hresult == HRESULT.RPC_E_INVALID_OBJREF
    assert "not terminated" in error.description


def test_the_end_of_the_string_bindings_may_be_left_out() -> None:
    data = HEAD + STDOBJREF + units_of(3, 3, 0x7F01, 65, 0)
    assert unpack(data).bindings == (Binding(Tower.APARTMENT, "A"),)


def test_security_bindings_are_skipped() -> None:
    data = HEAD + STDOBJREF + units_of(7, 4, 0x7F01, 65, 0, 0, 10, 1, 0)
    assert unpack(data).bindings == (Binding(Tower.APARTMENT, "A"),)


def test_half_a_surrogate_pair_in_an_address_does_no_harm() -> None:
    data = HEAD + STDOBJREF + units_of(4, 4, 0x7F01, 0xD800, 0, 0)
    assert unpack(data).bindings == (Binding(Tower.APARTMENT, "\ufffd"),)


CUSTOM = (
    b"MEOW"
    b"\x04\x00\x00\x00"  # CUSTOM
    + HEAD[8:]
    + UUID(IPID).bytes_le  # the class that reads it
    + b"\x00\x00\x00\x00"  # no extension
    b"\x03\x00\x00\x00"  # so many bytes
    b"abc"
)


def test_a_custom_packet_names_its_reader_and_has_the_objects_own_bytes() -> None:
    ref = unpack(CUSTOM)
    assert (ref.iid, ref.ipid, ref.custom) == (iid(IID), Guid(IPID), b"abc")
    assert ref.pack() == CUSTOM
    assert unpack(CUSTOM + b"more") == ref


@pytest.mark.parametrize("length", [24, 40, 47, 48, 50])
def test_a_custom_packet_that_ends_early_is_refused(length: int) -> None:
    assert refusal_of(CUSTOM[:length]).hresult == HRESULT.STG_E_READFAULT
