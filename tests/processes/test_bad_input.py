"""Bad input from a peer: refused with its HRESULT, and nobody else notices.

Each apartment has one server process for most tests. While a test lasts, a bystander makes good
calls to it; after the test the server must answer the next good call, and none of the bystander's
may have failed.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

from pyorpc import HRESULT, CallTimeoutError
from pyorpc.ids import Guid
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import ObjRef
from pyorpc.wire.packets import (
    VERSION,
    AddRef,
    Cancel,
    Claim,
    Count,
    Fault,
    Kind,
    Packet,
    QueryInterface,
    Release,
    Reply,
    encode_header,
)
from tests.support.garden_server import (
    ADD,
    ECHO,
    GROW,
    LABEL,
    MEASURE,
    RAKE,
    SIFT,
    THREAD_ID,
    Server,
    answer_to,
    await_answer,
    is_answered,
    refused,
)
from tests.support.plain_msgpack import pack
from tests.support.plain_msgpack import unpack as plain
from tests.support.waiting import wait_until

# ---- requests ------------------------------------------------------------------------------


def test_an_ipid_of_no_interface_is_an_invalid_object(server: Server, peer: WirePeer) -> None:
    known = server.probe_ref.ipid.bytes
    for ipid in (
        Guid.new().bytes,
        known[:8] + bytes(8),
        b"",
        known[:15],
        known + b"\0",
        known * 999,
    ):
        answer = answer_to(peer, peer.frames(ipid, ADD, (1, 2)))
        assert answer == refused(HRESULT.RPC_E_INVALID_OBJECT), ipid[:20].hex()


def test_a_slot_out_of_range_is_an_invalid_method(server: Server, peer: WirePeer) -> None:
    for slot in (0, 1, 2, 20, 999, -1, -(2**63), 2**64 - 1):
        answer = answer_to(peer, peer.frames(server.probe_ref.ipid, slot, (1, 2)))
        assert answer == refused(HRESULT.RPC_E_INVALIDMETHOD), slot


def test_an_unknown_flag_makes_an_invalid_header(server: Server, peer: WirePeer) -> None:
    for flags in (2, 3, 1 << 20, -1, 2**64 - 1):
        frames = peer.frames(server.probe_ref.ipid, ADD, (1, 2), flags=flags)
        assert answer_to(peer, frames) == refused(HRESULT.RPC_E_INVALID_HEADER), flags


def test_a_budget_that_is_spent_starts_nothing_and_one_that_is_no_number_is_refused(
    server: Server, peer: WirePeer
) -> None:
    ipid = server.probe_ref.ipid
    for budget, hresult in (
        (0.0, HRESULT.RPC_E_TIMEOUT),
        (-1e300, HRESULT.RPC_E_TIMEOUT),
        (float("-inf"), HRESULT.RPC_E_TIMEOUT),
        (float("nan"), HRESULT.RPC_E_INVALID_HEADER),
    ):
        answer = answer_to(peer, peer.frames(ipid, ECHO, ("too late",), budget=budget))
        assert answer == refused(hresult), budget
    for budget in (30.0, 1e300, float("inf")):
        peer.send(peer.frames(ipid, ADD, (1, 2), budget=budget))
        assert peer.receive(10) == HRESULT.S_OK
    assert "too late" not in server.garden.ask("log")


def test_a_one_way_request_runs_and_is_never_answered(server: Server, peer: WirePeer) -> None:
    ipid = server.probe_ref.ipid
    peer.send(peer.frames(ipid, ECHO, ("one-way",), flags=1))
    peer.send(peer.frames(ipid, ECHO, (1, 2, 3), flags=1))
    peer.send(peer.frames(Guid.new(), ECHO, ("nobody",), flags=1))
    wait_until(lambda: "one-way" in server.garden.ask("log"), "the one-way call runs")
    assert is_answered(peer, server.probe_ref)


def test_versions_are_negotiated_by_major_and_minor(server: Server, peer: WirePeer) -> None:
    major, minor = VERSION & ~0xFF, VERSION & 0xFF
    for version, is_spoken in (
        (VERSION, True),
        (major, True),  # a lower minor one
        (major | minor + 1, False),
        (major | 0xFF, False),
        (major + 0x100, False),
        (major - 0x100 | minor, False),
        (0, False),
        (-1, False),
        (2**64 - 1, False),
    ):
        answer = answer_to(peer, peer.frames(server.probe_ref.ipid, ADD, (1, 2), version=version))
        expected = (0, "yes") if is_spoken else refused(HRESULT.RPC_E_VERSION_MISMATCH)
        assert answer == expected, hex(version)


BAD_BODIES = {
    "nothing": b"",
    "no MessagePack": b"\xc1",
    "an end too early": b"\x92\x01",
    "a list that claims four billion": b"\xdd\xff\xff\xff\xff",
    "a string that claims four billion": b"\x92\x01\xdb\xff\xff\xff\xffx",
    "random": bytes(range(256)),
    "something after it": b"\x92\x01\x02\x03",
    "wrong types": pack(["1", "2"]),
    "null": pack([None, None]),
    "a number instead": pack(7),
    "a map instead": pack({"a": 1, "b": 2}),
    "too few": pack([1]),
    "too many": pack([1, 2, 3]),
    "one of a newer interface": pack([1, 2, "more"]),
    "too large": pack([2**31, 0]),
    "a fraction": pack([1.5, 0]),
    "an extension": b"\x92\xd4\x05\x00\x01",
}


def test_arguments_that_do_not_fit_are_refused(server: Server, peer: WirePeer) -> None:
    for what, body in BAD_BODIES.items():
        answer = answer_to(peer, peer.frames(server.probe_ref.ipid, ADD, body))
        assert answer == refused(HRESULT.RPC_X_BAD_STUB_DATA), what
    bad_text = answer_to(peer, peer.frames(server.probe_ref.ipid, ECHO, b"\x91\xa2\xff\xfe"))
    assert bad_text == refused(HRESULT.RPC_X_BAD_STUB_DATA)


def test_a_struct_that_a_newer_peer_made_longer_is_taken(server: Server, peer: WirePeer) -> None:
    body = pack([[7, [8, None, "a new field"], "another", [1, 2, 3]]])
    assert answer_to(peer, peer.frames(server.garden_ref.ipid, MEASURE, body)) == (0, "yes")
    assert plain(peer.body) == 2


def test_a_causality_id_has_sixteen_bytes(server: Server, peer: WirePeer) -> None:
    for causality in (b"", b"x" * 15, b"x" * 17):
        frames = peer.frames(server.probe_ref.ipid, ADD, (1, 2), causality=causality)
        assert answer_to(peer, frames) == refused(HRESULT.RPC_E_INVALID_HEADER)


def test_a_chain_of_calls_has_an_end(server: Server, peer: WirePeer) -> None:
    ipid = server.probe_ref.ipid
    assert answer_to(peer, peer.frames(ipid, ADD, (1, 2), depth=32)) == (0, "yes")
    for depth in (33, 2**63):
        answer = answer_to(peer, peer.frames(ipid, ADD, (1, 2), depth=depth))
        assert answer == refused(HRESULT.RPC_E_SERVERCALL_RETRYLATER), depth


def test_a_header_has_its_limits(server: Server, peer: WirePeer) -> None:
    extensions = {bytes([n]) * 16: bytes(1000) for n in range(100)}
    frames = peer.frames(server.probe_ref.ipid, ADD, (1, 2), extensions=extensions)
    assert answer_to(peer, frames) == refused(HRESULT.RPC_E_INVALID_HEADER)
    small = peer.frames(server.probe_ref.ipid, ADD, (1, 2), extensions={b"x" * 16: b"unknown"})
    assert answer_to(peer, small) == (0, "yes")


# ---- values --------------------------------------------------------------------------------


def twig(depth: int) -> bytes:
    return b"\x91" + b"\x92\x01" * (depth - 1) + b"\x92\x01\xc0"


def test_a_value_has_a_greatest_depth(server: Server, peer: WirePeer) -> None:
    ipid = server.garden_ref.ipid
    assert answer_to(peer, peer.frames(ipid, MEASURE, twig(64))) == (0, "yes")
    assert plain(peer.body) == 64
    for depth in (65, 300, 5_000_000):
        answer = answer_to(peer, peer.frames(ipid, MEASURE, twig(depth)))
        assert answer == refused(HRESULT.RPC_X_BAD_STUB_DATA), depth
        assert isinstance(peer.answer, Fault)
        assert "max_value_depth" in peer.answer.description
    # Where the declared types do not go down, nothing is built: it is skipped.
    hidden = b"\x91\x93\x01\xc0" + b"\x91" * 5_000_000 + b"\x90"
    assert answer_to(peer, peer.frames(ipid, MEASURE, hidden)) == refused(
        HRESULT.RPC_X_BAD_STUB_DATA
    )
    assert answer_to(peer, peer.frames(ipid, ADD, b"\x91" * 5_000_000)) == refused(
        HRESULT.RPC_X_BAD_STUB_DATA
    )


def test_a_mebibyte_of_empty_arrays_does_not_become_a_value(server: Server, peer: WirePeer) -> None:
    before = server.garden.forget_peak()
    count = 2**20
    bomb = b"\x92\xce" + count.to_bytes(4, "big") + b"\xdd" + count.to_bytes(4, "big")
    for rows in (b"\x90" * count, b"\x91\x00" * count):
        for slot in (SIFT, RAKE):
            frames = peer.frames(server.garden_ref.ipid, slot, bomb + rows)
            assert answer_to(peer, frames) == refused(HRESULT.RPC_X_BAD_STUB_DATA)
            assert isinstance(peer.answer, Fault)
            assert "max_elements" in peer.answer.description
    assert server.garden.peak_mib() - before < 32


def test_many_numbers_are_no_many_containers(server: Server, peer: WirePeer) -> None:
    count = 2**17
    body = pack([count, [[1]] * count])
    assert answer_to(peer, peer.frames(server.garden_ref.ipid, SIFT, body)) == (0, "yes")
    assert plain(peer.body) == count


# ---- messages ------------------------------------------------------------------------------


def test_a_message_has_a_header_and_a_body(server: Server, peer: WirePeer) -> None:
    ipid = server.probe_ref.ipid
    alone = peer.frames(ipid, THREAD_ID, ())[:1]
    assert answer_to(peer, alone) == (0, "yes")
    for extra in (1, 7):
        frames = [*peer.frames(ipid, ADD, (1, 2)), *[b"attached"] * extra]
        assert answer_to(peer, frames) == refused(HRESULT.RPC_E_INVALID_HEADER), extra


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"", b""],
        [b""] * 9,
        [b"", *WirePeer.__doc__.encode().splitlines()] if WirePeer.__doc__ else [],
        [b"\xc1"],
        [b"\x90", b"\x90"],
        [pack([VERSION, Kind.REQUEST])],
        [pack(["version", Kind.REQUEST, 1])],
        [pack({"version": 1})],
        [b"\x91" * 1_000_000],
    ],
    ids=lambda frames: f"{len(frames)} of {frames[0][:9]!r}",
)
def test_what_has_no_readable_call_id_is_dropped(
    server: Server, peer: WirePeer, frames: list[bytes]
) -> None:
    peer.send(frames)
    assert is_answered(peer, server.probe_ref)


@pytest.mark.parametrize("kind", [0, 18, 99, -1, 2**63])
def test_a_kind_that_nobody_knows_is_refused(server: Server, peer: WirePeer, kind: int) -> None:
    answer = answer_to(peer, [pack([VERSION, kind, 77]), b"\x90"])
    assert answer == refused(HRESULT.RPC_E_INVALID_HEADER)
    assert peer.answer is not None
    assert peer.answer.call_id == 77


def test_two_thousand_random_messages_do_no_harm(server: Server) -> None:
    before = server.garden.forget_peak()
    for to_process in (False, True):
        _send_nonsense(random.Random(0x574F454D), server, 1000, to_process=to_process)
    assert server.garden.peak_mib() - before < 48


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_random_messages_of_many_seeds_do_no_harm(server: Server, seed: int) -> None:
    before = server.garden.forget_peak()
    for to_process in (False, True):
        _send_nonsense(random.Random(seed), server, 10_000, to_process=to_process)
    assert server.garden.peak_mib() - before < 96


def _send_nonsense(chance: random.Random, server: Server, count: int, *, to_process: bool) -> None:
    """Random bytes, and good packets with a few bytes changed; returns when all were read."""
    with WirePeer(server.garden.probe, to_process=to_process) as peer:
        for _ in range(count):
            peer.send(_nonsense(chance, peer, server.garden_ref))
        # Whatever it may have become, a stranger say, the server answers it; but where it has lied
        # about its process, the server finds that out later, and cuts off the call of that moment.
        for call_id in range(2**62, 2**62 + 5):
            peer.send(peer.frames(server.probe_ref.ipid, ADD, (1, 2), call_id=call_id))
            with suppress(CallTimeoutError):
                await_answer(peer, call_id, 3)
                return
    raise AssertionError("the server answers no call any more")


def _nonsense(chance: random.Random, peer: WirePeer, ref: ObjRef) -> list[bytes]:
    known = ref.ipid.bytes
    what = chance.randrange(4)
    if what == 0:
        return [chance.randbytes(chance.randrange(60)) for _ in range(chance.randrange(1, 4))]
    if what == 1:
        slot = chance.choice((MEASURE, GROW, RAKE, SIFT, LABEL))
        values: list[Any] = [1, "a", None, [2, None], [[]]]
        body = (chance.choice(values), chance.choice(values))
        return [_spoiled(chance, frame) for frame in peer.frames(known, slot, body)]
    packets: list[Packet] = [
        Claim(VERSION, Kind.CLAIM, 0, [Count(known, 1)]),
        Release(VERSION, Kind.RELEASE, 7, [Count(known, 1)]),
        AddRef(VERSION, Kind.ADD_REF, 8, [Count(known, 1)]),
        QueryInterface(VERSION, Kind.QUERY_INTERFACE, 9, known, 1, [ref.iid.bytes]),
        Cancel(VERSION, Kind.CANCEL, 10, peer.identity.process_id),
        Reply(VERSION, Kind.REPLY, 11, 0),
        Fault(VERSION, Kind.FAULT, 12, 5, "no"),
        peer.hello(),
    ]
    return [_spoiled(chance, encode_header(chance.choice(packets))), b"\x90"]


def _spoiled(chance: random.Random, frame: bytes) -> bytes:
    changed = bytearray(frame)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(
        changed[: chance.randrange(len(changed)) + 1] if chance.random() < 0.2 else changed
    )
