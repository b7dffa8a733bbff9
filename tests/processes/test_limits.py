"""The settings that limit what a peer may use up: each refuses with its HRESULT, per peer."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import unpack
from pyorpc.wire.packets import VERSION, AddRef, Claim, Count, Fault, Kind, Release, Reply
from tests.conftest import Spawn
from tests.support.garden_idl import IGarden, Twig
from tests.support.garden_server import ADD, LABEL, SLEEP, answer_to, refused
from tests.support.gardener import Garden, serve_garden
from tests.support.plain_msgpack import unpack as plain
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EVERY_KIND = pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])


def served(spawn: Spawn, kind: COINIT, **settings: Any) -> Garden:
    return Garden(spawn(serve_garden, int(kind), settings))


def failure_of(function: Any, *args: Any) -> tuple[HRESULT, str, str]:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value.hresult, failed.value.executed, failed.value.description


def is_well(garden: Garden) -> bool:
    ref = unpack(garden.probe)
    with WirePeer(ref) as peer:
        return answer_to(peer, peer.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")


# ---- messages ------------------------------------------------------------------------------


@EVERY_KIND
def test_what_is_too_long_is_not_sent(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, MTA)
    with in_apartment(kind, max_message_bytes=65_536):
        probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
        assert len(probe.Echo("x" * 65_000)) == 65_000
        before = pyorpc.statistics().requests_sent
        hresult, executed, text = failure_of(probe.Echo, "x" * 66_000)
        assert (hresult, executed) == refused(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA)
        assert "max_message_bytes" in text
        assert pyorpc.statistics().requests_sent == before
        assert probe.Add(1, 2) == 3


@EVERY_KIND
def test_a_reply_that_is_too_long_is_not_sent_and_says_that_the_method_ran(
    spawn: Spawn, kind: COINIT
) -> None:
    garden = served(spawn, kind, max_message_bytes=65_536)
    with in_apartment(MTA):
        roses = pyorpc.unmarshal_interface(garden.garden, IGarden)
        assert len(roses.Label(65_000)) == 65_000
        hresult, executed, text = failure_of(roses.Label, 66_000)
        assert (hresult, executed) == (HRESULT.RPC_E_SERVER_CANTMARSHAL_DATA, "yes")
        assert "max_message_bytes" in text
        assert len(roses.Label(10)) == 10


@EVERY_KIND
def test_who_sends_a_frame_beyond_the_limit_is_cut_off_and_nobody_else(
    spawn: Spawn, kind: COINIT
) -> None:
    garden = served(spawn, kind, max_message_bytes=65_536)
    ref = unpack(garden.probe)
    before = garden.forget_peak()
    with WirePeer(ref) as good, WirePeer(ref) as bad, WirePeer(ref, to_process=True) as worse:
        assert answer_to(good, good.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")
        for each in (bad, worse):
            each.send([b"x" * 20_000_000])
            assert each.await_cut()
        assert answer_to(good, good.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")
    assert garden.peak_mib() - before < 16
    assert is_well(garden)


@EVERY_KIND
def test_a_caller_whose_request_is_cut_off_learns_it(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, kind, max_message_bytes=65_536)
    with in_apartment(kind):
        probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
        hresult, _, _ = failure_of(probe.Echo, "x" * 1_000_000)
        assert hresult == HRESULT.RPC_S_CALL_FAILED
        assert probe.Add(1, 2) == 3


# ---- values, as a caller sees it -----------------------------------------------------------


def bush(depth: int) -> Twig:
    twig = Twig(0, None)
    for length in range(depth - 1):
        twig = Twig(length, twig)
    return twig


@EVERY_KIND
def test_values_that_are_too_deep_are_refused_on_either_way(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, kind)
    with in_apartment(kind):
        roses = pyorpc.unmarshal_interface(garden.garden, IGarden)
        assert roses.Measure(bush(64)) == 64
        hresult, executed, text = failure_of(roses.Measure, bush(65))
        assert (hresult, executed) == refused(HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA)
        assert "max_value_depth" in text
        assert roses.Grow(64) == bush_of(64)
        hresult, _, text = failure_of(roses.Grow, 66)
        assert hresult == HRESULT.RPC_X_BAD_STUB_DATA
        assert "max_value_depth" in text
        assert roses.Measure(bush(2)) == 2


def bush_of(depth: int) -> Twig | None:
    twig: Twig | None = None
    for length in range(depth):
        twig = Twig(length, twig)
    return twig


# ---- calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [8, 32])
def test_a_chain_of_calls_ends_at_its_limit(spawn: Spawn, limit: int) -> None:
    garden = served(spawn, MTA, max_call_depth=limit)
    with in_apartment(MTA, max_call_depth=limit):
        probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
        mine = Probe()
        assert probe.Descend(mine, limit - 1) == limit
        hresult, _, text = failure_of(probe.Descend, mine, limit + 5)
        assert hresult == HRESULT.RPC_E_SERVERCALL_RETRYLATER
        assert "max_call_depth" in text
        assert probe.Add(1, 2) == 3


class Holding(Probe):
    """Keeps who calls back inside until the test opens the gate."""

    def ThreadId(self) -> int:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return 4711


@contextmanager
def held_inside(garden: Garden) -> Generator[None]:
    """The STA of `garden` waits meanwhile for a call of its own: what comes is held (R-1)."""
    holding = Holding()
    results: list[int] = []

    def call() -> None:
        with in_apartment(MTA):
            probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
            results.append(probe.CallBack(holding))

    caller = threading.Thread(target=call)
    caller.start()
    try:
        assert holding.started.wait(DEADLINE_S)
        yield
    finally:
        holding.may_go_on.set()
        caller.join(DEADLINE_S)
    assert results == [4711]


def test_a_full_queue_refuses_and_answers_what_it_took(spawn: Spawn) -> None:
    garden = served(spawn, STA, max_queue=3)
    ref = unpack(garden.probe)
    with WirePeer(ref) as peer:
        with held_inside(garden):
            for number in range(5):
                peer.send(peer.frames(ref.ipid, ADD, (number, 1), call_id=100 + number))
            for call_id in (103, 104):
                assert peer.receive() == HRESULT.RPC_E_SERVERCALL_RETRYLATER
                assert isinstance(peer.answer, Fault)
                assert peer.answer.call_id == call_id
                assert peer.executed == "no"
                assert "max_queue" in peer.answer.description
        for number in range(3):
            assert peer.receive() == 0
            assert plain(peer.body) == number + 1
    assert is_well(garden)


def test_a_reply_to_somebody_elses_call_ends_nothing(spawn: Spawn) -> None:
    garden = served(spawn, STA)
    ref = unpack(garden.probe)
    with WirePeer(ref) as liar, held_inside(garden):
        for call_id in range(50):
            liar.send_packet(Reply(VERSION, Kind.REPLY, call_id, 0), b"\x05")
            liar.send_packet(Fault(VERSION, Kind.FAULT, call_id, 0x80004005, "yes"))
        liar.send(liar.frames(ref.ipid, 999, (), flags=2))
        assert liar.receive() == HRESULT.RPC_E_INVALID_HEADER  # so all before it was read
    assert is_well(garden)


def test_calls_in_flight_are_limited_per_peer_and_count_until_they_are_answered(
    spawn: Spawn,
) -> None:
    garden = served(spawn, MTA, max_calls_per_peer=4, mta_threads=8)
    ref = unpack(garden.probe)
    with ExitStack() as peers:
        first = peers.enter_context(WirePeer(ref))
        second = peers.enter_context(WirePeer(ref, greets=False))
        second.identity = first.identity
        second.send_packet(second.hello())
        other = peers.enter_context(WirePeer(ref))
        for number in range(6):
            first.send(first.frames(ref.ipid, SLEEP, (0.5,), call_id=number + 1))
        for _ in range(2):
            assert (first.receive(), first.executed) == refused(HRESULT.RPC_E_SERVERCALL_RETRYLATER)
            assert isinstance(first.answer, Fault)
            assert "max_calls_per_peer" in first.answer.description
        # Another connection of the same process shares its limit, another process does not.
        late = second.frames(ref.ipid, ADD, (1, 2), call_id=9)
        assert answer_to(second, late) == refused(HRESULT.RPC_E_SERVERCALL_RETRYLATER)
        assert answer_to(other, other.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")
        for _ in range(4):
            assert first.receive() == 0
        assert answer_to(second, late) == (0, "yes")


def test_a_call_id_is_in_flight_once(spawn: Spawn) -> None:
    garden = served(spawn, MTA)
    ref = unpack(garden.probe)
    with WirePeer(ref) as peer:
        peer.send(peer.frames(ref.ipid, SLEEP, (0.3,), call_id=5))
        twice = peer.frames(ref.ipid, ADD, (1, 2), call_id=5)
        assert answer_to(peer, twice) == refused(HRESULT.RPC_E_INVALID_HEADER)
        assert (peer.receive(), peer.executed) == (0, "yes")
        assert answer_to(peer, twice) == (0, "yes")


# ---- references ----------------------------------------------------------------------------


@EVERY_KIND
def test_references_are_limited_per_peer(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, kind, max_references_per_peer=20)
    ref = unpack(garden.probe)
    known = ref.ipid.bytes

    def add_ref(peer: WirePeer, refs: int) -> HRESULT:
        peer.send_packet(AddRef(VERSION, Kind.ADD_REF, 5, [Count(known, refs)]))
        overall, result = peer.receive(), HRESULT(plain(peer.body)[0])
        assert overall == (HRESULT.S_FALSE if result else HRESULT.S_OK)
        return result

    with WirePeer(ref, to_process=True) as greedy, WirePeer(ref, to_process=True) as other:
        assert add_ref(greedy, 21) == HRESULT.RPC_E_OUT_OF_RESOURCES
        assert add_ref(greedy, 15) == 0
        assert add_ref(greedy, 6) == HRESULT.RPC_E_OUT_OF_RESOURCES
        greedy.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(known, 15)]))
        assert add_ref(greedy, 6) == HRESULT.RPC_E_OUT_OF_RESOURCES
        assert add_ref(other, 20) == 0
        public, _ = garden.ask("refs")
        # It takes more than it may: the rest is given back at once, also when it releases it.
        greedy.send_packet(Claim(VERSION, Kind.CLAIM, 0, [Count(known, 15)]))
        wait_until(lambda: garden.ask("refs") == [public - 10, 20], "the claim is cut")
        greedy.send_packet(Release(VERSION, Kind.RELEASE, 7, [Count(known, 30)]))
        assert greedy.receive() == 0
        assert garden.ask("refs") == [public - 30, 0]
        assert add_ref(greedy, 20) == 0
    assert is_well(garden)


# ---- peers ---------------------------------------------------------------------------------


@EVERY_KIND
def test_one_peer_too_many_is_refused_and_the_others_go_on(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, kind, max_peers=3)
    ref = unpack(garden.probe)
    with ExitStack() as stack:
        peers = [stack.enter_context(WirePeer(ref)) for _ in range(3)]
        for peer in peers:
            assert answer_to(peer, peer.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")
        for to_process in (False, True):
            late = stack.enter_context(WirePeer(ref, to_process=to_process))
            assert (late.receive(), late.executed) == refused(HRESULT.RPC_E_OUT_OF_RESOURCES)
            assert isinstance(late.answer, Fault)
            assert "max_peers" in late.answer.description
            answer = answer_to(late, late.frames(ref.ipid, ADD, (1, 2)))
            assert answer[1] == "no"
        for peer in peers:
            assert answer_to(peer, peer.frames(ref.ipid, ADD, (1, 2))) == (0, "yes")
        assert garden.ask("peers") == 3


@EVERY_KIND
def test_a_runtime_that_is_one_too_many_is_told_so(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, MTA, max_peers=1)
    with WirePeer(garden.probe) as first:
        assert answer_to(first, first.frames(unpack(garden.probe).ipid, ADD, (1, 2)))[0] == 0
        with in_apartment(kind, handshake_s=2):
            probe = pyorpc.unmarshal_interface(garden.probe, IProbe)
            hresult, executed, _ = failure_of(probe.Add, 1, 2)
            assert hresult in (
                HRESULT.RPC_E_OUT_OF_RESOURCES,
                HRESULT.RPC_S_SERVER_UNAVAILABLE,
            )
            assert executed == "no"


@EVERY_KIND
def test_strangers_come_and_go_without_a_trace(spawn: Spawn, kind: COINIT) -> None:
    garden = served(spawn, kind, max_peers=5)
    ref = unpack(garden.probe)
    for to_process in (False, True):
        with ExitStack() as stack:
            strangers = [
                stack.enter_context(WirePeer(ref, to_process=to_process, greets=False))
                for _ in range(12)
            ]
            for stranger in strangers * 2:
                request = stranger.frames(ref.ipid, LABEL, (1,))
                assert answer_to(stranger, request) == refused(HRESULT.RPC_E_INVALID_HEADER)
    assert is_well(garden)
