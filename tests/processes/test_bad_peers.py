"""Peers that lie, send the wrong packet, or want more than there is: nobody else notices.

Each apartment has one server process for most tests. While a test lasts, a bystander makes good
calls to it; after the test the server must answer the next good call, and none of the bystander's
may have failed.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pyorpc import HRESULT
from pyorpc.ids import Guid
from pyorpc.testing import WirePeer
from pyorpc.wire.packets import (
    VERSION,
    AddRef,
    Bootstrap,
    Cancel,
    CancelAck,
    Claim,
    Count,
    Disconnected,
    Fault,
    Goodbye,
    Hello,
    Kind,
    LinkBroken,
    Packet,
    Ping,
    QueryInterface,
    Release,
    Reply,
    Transfer,
    Welcome,
    encode_header,
)
from tests.support.garden_server import (
    ECHO,
    Server,
    answer_to,
    await_answer,
    is_answered,
    refused,
)
from tests.support.plain_msgpack import pack
from tests.support.plain_msgpack import unpack as plain
from tests.support.waiting import wait_until

# ---- who speaks ----------------------------------------------------------------------------

LIES: dict[str, dict[str, Any]] = {
    "no process id": {"process_id": "me"},
    "an upper-case one": {"process_id": "F" * 32},
    "a long one": {"process_id": "f" * 1000},
    "a pid below zero": {"pid": -5},
    "a pid beyond all": {"pid": 2**40},
    "a long host": {"host": "h" * 1000},
    "no apartment": {"oxid": 0},
    "an apartment below zero": {"oxid": -1},
    "no token": {"token": b""},
    "a short token": {"token": b"x"},
    "no endpoint": {"endpoints": ["somewhere"]},
    "a file": {"endpoints": ["ipc://relative/path"]},
    "another scheme": {"endpoints": ["pgm://eth0;239.192.1.1:5555"]},
    "a null in a path": {"endpoints": ["ipc:///tmp/\0"]},
    "a thousand endpoints": {"endpoints": ["ipc:///tmp/x"] * 1000},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_hello_that_cannot_be_true_is_refused(server: Server, lie: str) -> None:
    peers = server.garden.ask("peers")
    with WirePeer(server.garden.probe, greets=False) as liar:
        liar.send_packet(msgspec.structs.replace(liar.hello(), **LIES[lie]))
        assert (liar.receive(), liar.executed) == refused(HRESULT.RPC_E_INVALID_HEADER)
        request = liar.frames(server.probe_ref.ipid, ECHO, (f"lie: {lie}",))
        assert answer_to(liar, request) == refused(HRESULT.RPC_E_INVALID_HEADER)
    assert f"lie: {lie}" not in server.garden.ask("log")
    # The bystander may have been met meanwhile; a liar would be one more.
    assert server.garden.ask("peers") <= max(peers, 1)


def test_nobody_is_taken_for_another_process(server: Server) -> None:
    other = server.bystander.peer
    for to_process in (False, True):
        with WirePeer(server.garden.probe, to_process=to_process, greets=False) as impostor:
            impostor.identity = other.identity._replace(pid=1)
            impostor.send_packet(impostor.hello())
            assert impostor.receive() == HRESULT.E_ACCESSDENIED
            impostor.send_packet(Goodbye(VERSION, Kind.GOODBYE, 0))
        with WirePeer(server.garden.probe, to_process=to_process, greets=False) as itself:
            itself.identity = other.identity._replace(process_id=server.probe_ref.process_id)
            itself.send_packet(itself.hello())
            assert itself.receive() == HRESULT.RPC_E_INVALID_HEADER


def test_one_hello_is_enough(server: Server, peer: WirePeer, housekeeping: WirePeer) -> None:
    assert is_answered(peer, server.probe_ref)
    peer.send_packet(peer.hello())
    assert peer.receive() == HRESULT.RPC_E_INVALID_HEADER
    assert is_answered(peer, server.probe_ref)
    housekeeping.send_packet(housekeeping.hello())
    assert housekeeping.receive() == HRESULT.RPC_E_INVALID_HEADER


@pytest.mark.parametrize("kind", [Kind.BOOTSTRAP, Kind.ADD_REF, Kind.RELEASE, Kind.CLAIM])
def test_housekeeping_wants_to_know_whom_it_serves(server: Server, kind: Kind) -> None:
    before = server.garden.ask("refs")
    counts = [Count(server.probe_ref.ipid.bytes, 1)]
    packets: dict[Kind, Packet] = {
        Kind.BOOTSTRAP: Bootstrap(VERSION, kind, 3),
        Kind.ADD_REF: AddRef(VERSION, kind, 3, counts),
        Kind.RELEASE: Release(VERSION, kind, 3, counts),
        Kind.CLAIM: Claim(VERSION, kind, 3, counts),
    }
    with WirePeer(server.garden.probe, to_process=True, greets=False) as nobody:
        nobody.send_packet(packets[kind])
        assert (nobody.receive(), nobody.executed) == refused(HRESULT.RPC_E_INVALID_HEADER)
    assert server.garden.ask("refs") == before


# ---- the wrong packet ----------------------------------------------------------------------


def test_packets_of_the_process_link_are_refused_on_a_data_link(
    server: Server, peer: WirePeer
) -> None:
    before = server.garden.ask("refs")
    counts = [Count(server.probe_ref.ipid.bytes, 3)]
    packets: list[Packet] = [
        Cancel(VERSION, Kind.CANCEL, 5, peer.identity.process_id),
        AddRef(VERSION, Kind.ADD_REF, 5, counts),
        Release(VERSION, Kind.RELEASE, 5, counts),
        Claim(VERSION, Kind.CLAIM, 5, counts),
        Transfer(VERSION, Kind.TRANSFER, 5, counts),
        QueryInterface(VERSION, Kind.QUERY_INTERFACE, 5, counts[0].ipid, 1, []),
        Ping(VERSION, Kind.PING, 5, 1),
        Disconnected(VERSION, Kind.DISCONNECTED, 5, [1]),
        Bootstrap(VERSION, Kind.BOOTSTRAP, 5),
        LinkBroken(VERSION, Kind.LINK_BROKEN, 5, b"t" * 16),
    ]
    for packet in packets:
        peer.send_packet(packet)
        assert (peer.receive(), peer.executed) == refused(HRESULT.RPC_E_INVALID_HEADER), packet
    assert is_answered(peer, server.probe_ref)
    assert server.garden.ask("refs") == before


def test_a_request_is_refused_on_a_process_link(server: Server, housekeeping: WirePeer) -> None:
    frames = housekeeping.frames(server.probe_ref.ipid, ECHO, ("astray",))
    assert answer_to(housekeeping, frames) == refused(HRESULT.RPC_E_INVALID_HEADER)
    assert "astray" not in server.garden.ask("log")


def test_answers_that_nobody_asked_for_are_dropped(
    server: Server, peer: WirePeer, housekeeping: WirePeer
) -> None:
    who = peer.identity
    for call_id in (0, 1, 2, -1, 2**64 - 1):
        for each in (peer, housekeeping):
            each.send_packet(Reply(VERSION, Kind.REPLY, call_id, 0), b"\x05")
            each.send_packet(Reply(VERSION, Kind.REPLY, call_id, 2**63), b"\xc1")
            each.send_packet(Fault(VERSION, Kind.FAULT, call_id, -(2**63), "perhaps"))
            each.send([pack([VERSION, Kind.REPLY, call_id, "malformed"]), b"\x90"])
            each.send([pack([VERSION, Kind.FAULT, call_id]), b"", b"", b""])
            each.send_packet(CancelAck(VERSION, Kind.CANCEL_ACK, call_id, "not started"))
    peer.send_packet(Welcome(VERSION, Kind.WELCOME, 0, 5, who.process_id, who.host, 1, []))
    assert is_answered(peer, server.probe_ref)
    housekeeping.send_packet(Bootstrap(VERSION, Kind.BOOTSTRAP, 6))
    await_answer(housekeeping, 6)


# ---- references ----------------------------------------------------------------------------


def test_what_was_never_held_cannot_be_released(server: Server, housekeeping: WirePeer) -> None:
    before = server.garden.ask("refs")
    known = server.probe_ref.ipid.bytes
    for ipid in (known, Guid.new().bytes, b"", b"x" * 99):
        for refs in (1, 5, 2**63, 0, -1, -(2**63)):
            release = Release(VERSION, Kind.RELEASE, 4, [Count(ipid, refs)])
            housekeeping.send_packet(release)
            assert housekeeping.receive() == 0
    housekeeping.send_packet(Transfer(VERSION, Kind.TRANSFER, 0, [Count(known, 2**40)]))
    assert server.garden.ask("refs") == before


def test_no_more_can_be_claimed_than_there_is(server: Server, housekeeping: WirePeer) -> None:
    known = server.probe_ref.ipid.bytes
    housekeeping.send_packet(AddRef(VERSION, Kind.ADD_REF, 4, [Count(known, 7)]))
    assert housekeeping.receive() == 0
    public, claimed = server.garden.ask("refs")
    for refs in (-5, -(2**63), 0):
        housekeeping.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(known, refs)]))
    housekeeping.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(known, 2**62)] * 2))
    wait_until(lambda: server.garden.ask("refs")[1] > claimed, "the claim is noted")
    assert server.garden.ask("refs") == [public, public]
    housekeeping.send_packet(Transfer(VERSION, Kind.TRANSFER, 0, [Count(known, 2**62)]))
    wait_until(lambda: server.garden.ask("refs") == [public, claimed], "they are passed on")


def test_references_are_added_one_by_one_and_only_sensibly(
    server: Server, housekeeping: WirePeer
) -> None:
    public, _ = server.garden.ask("refs")
    known = server.probe_ref.ipid.bytes
    wanted = [Count(known, 2), Count(Guid.new().bytes, 2), Count(known, 0), Count(known, -3)]
    wanted += [Count(known, 2**62), Count(b"short", 1)]
    housekeeping.send_packet(AddRef(VERSION, Kind.ADD_REF, 4, wanted))
    assert housekeeping.receive() == HRESULT.S_FALSE
    assert plain(housekeeping.body) == [
        HRESULT.S_OK,
        HRESULT.CO_E_OBJNOTREG,
        HRESULT.E_INVALIDARG,
        HRESULT.E_INVALIDARG,
        HRESULT.RPC_E_OUT_OF_RESOURCES,
        HRESULT.CO_E_OBJNOTREG,
    ]
    assert server.garden.ask("refs")[0] == public + 2
    housekeeping.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(known, 2)]))
    housekeeping.send_packet(Release(VERSION, Kind.RELEASE, 5, [Count(known, 99)]))
    assert housekeeping.receive() == 0
    assert server.garden.ask("refs")[0] == public


@pytest.mark.parametrize(
    ("refs", "iids", "hresult"),
    [
        (1, [b"short"], HRESULT.RPC_E_INVALID_HEADER),
        (0, [b"i" * 16], HRESULT.E_INVALIDARG),
        (-7, [b"i" * 16], HRESULT.E_INVALIDARG),
        (2**62, [b"i" * 16], HRESULT.RPC_E_OUT_OF_RESOURCES),
        (1, [b"i" * 16] * 4000, HRESULT.RPC_E_INVALID_HEADER),
    ],
)
def test_a_query_asks_for_a_sensible_number_of_references(
    server: Server, housekeeping: WirePeer, refs: int, iids: list[bytes], hresult: HRESULT
) -> None:
    before = server.garden.ask("refs")
    known = server.probe_ref.ipid.bytes
    query = QueryInterface(VERSION, Kind.QUERY_INTERFACE, 3, known, refs, iids)
    housekeeping.send_packet(query)
    assert (housekeeping.receive(), housekeeping.executed) == refused(hresult)
    assert server.garden.ask("refs") == before


def test_a_dead_iid_is_answered_one_by_one(server: Server, housekeeping: WirePeer) -> None:
    iids = [b"i" * 16, server.garden_ref.iid.bytes]
    known = server.probe_ref.ipid.bytes
    query = QueryInterface(VERSION, Kind.QUERY_INTERFACE, 3, known, 2, iids)
    housekeeping.send_packet(query)
    assert housekeeping.receive() == 0
    [[missing, *_], [found, ipid, oid, flags]] = plain(housekeeping.body)
    assert (missing, found) == (HRESULT.E_NOINTERFACE, 0)
    assert (oid, flags) == (server.probe_ref.oid, 0)
    assert ipid == server.garden_ref.ipid.bytes
    housekeeping.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(ipid, 2)]))
    housekeeping.send_packet(Release(VERSION, Kind.RELEASE, 5, [Count(ipid, 2)]))
    assert housekeeping.receive() == 0


def test_hello_is_a_packet_of_its_own_kind(server: Server) -> None:
    with WirePeer(server.garden.probe, greets=False) as peer:
        frame = plain(encode_header(peer.hello()))
        frame[1] = Kind.WELCOME
        peer.send([pack(frame), b"\x90"])
        assert isinstance(peer.hello(), Hello)
        peer.send_packet(peer.hello())
        assert is_answered(peer, server.probe_ref)
