"""LIF: lifetime, pinging, disconnection."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError
from pyorpc.context.thread_state import thread_state
from pyorpc.functions.apartments import current_runtime
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.settings import Settings
from pyorpc.testing import WirePeer
from pyorpc.wire.objref import unpack
from pyorpc.wire.packets import VERSION, AddRef, Claim, Count, Kind, Ping, Release
from tests.conftest import Spawn
from tests.support.child import Child, Parent
from tests.support.far_runtime import FarRuntime
from tests.support.gardener import Garden, serve_garden
from tests.support.probe import ALIVE, Probe, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
GONE = (HRESULT.RPC_E_DISCONNECTED, HRESULT.CO_E_OBJNOTCONNECTED)


class Mortal(Probe):
    """Says when its long call ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    def Sleep(self, seconds: float) -> None:
        super().Sleep(seconds)
        self.ended.set()


class Death:
    """When an object dies."""

    def __init__(self, probe: Probe) -> None:
        self.at = 0.0
        self.has_come = threading.Event()
        probe.died_on = self._note

    def _note(self, thread_id: int) -> None:
        self.at = time.monotonic()
        self.has_come.set()


def hold(test: Parent, packet: bytes, ping_period_s: float) -> None:
    """In a child: hold a proxy, and do with it what the test says."""
    with in_apartment(MTA, ping_period_s=ping_period_s):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        test.send("holding")
        while (order := test.receive(300)) != "end":
            try:
                if order == "release":
                    test.send(pyorpc.release(probe))
                elif order == "sleep":
                    probe.Sleep(5 * ping_period_s)
                else:
                    test.send(probe.Add(1, 1))
            except ComError as error:
                test.send(int(error.hresult))


def holder(spawn: Spawn, probe: Probe, ping_period_s: float = 120.0) -> Child:
    """A child that holds the probe, and whose claim has come: before that it is not pinged for."""
    exporter = current_runtime(thread_state()).exporter
    packet = pyorpc.marshal_interface(probe, IProbe)
    manager = exporter.manager_of(probe)
    assert manager is not None
    claimed = manager.claimed_refs
    child = spawn(hold, packet, ping_period_s)
    assert child.receive() == "holding"
    wait_until(lambda: manager.claimed_refs == claimed + 5, "the claim comes")
    return child


def ask(child: Child, order: str) -> Any:
    child.send(order)
    return child.receive()


def test_LIF_01_client_death_releases_references(spawn: Spawn) -> None:
    assert Settings().ping_period_s == 120
    period_s = 0.3
    with in_apartment(MTA, ping_period_s=period_s):
        probe = Probe()
        death = Death(probe)
        child = holder(spawn, probe, period_s)
        del probe
        assert not death.has_come.wait(10 * period_s)
        child.kill9()
        killed_at = time.monotonic()
        assert death.has_come.wait(DEADLINE_S)
        assert death.at - killed_at < 4 * period_s


@pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])
def test_LIF_03_a_call_in_progress_protects_the_object(spawn: Spawn, kind: COINIT) -> None:
    period_s = 0.3
    with in_apartment(kind, ping_period_s=period_s) as runtime:
        probe = Mortal()
        death = Death(probe)
        started, ended = probe.started, probe.ended
        child = holder(spawn, probe, period_s)
        sta = runtime.sta_of(threading.get_ident())
        times: list[float] = []

        def watch() -> None:
            assert started.wait(DEADLINE_S)
            child.stop()
            assert ended.wait(DEADLINE_S)
            times.append(time.monotonic())
            death.has_come.wait(DEADLINE_S)
            if sta is not None:
                sta.post_quit(0)

        del probe
        watcher = threading.Thread(target=watch)
        watcher.start()
        child.send("sleep")
        if kind == STA:
            pyorpc.pump_messages()
        watcher.join(DEADLINE_S)
        assert death.has_come.is_set()
        assert death.at - times[0] > period_s * 0.9
        child.cont()
        child.send("end")


def test_LIF_04_paused_client(spawn: Spawn) -> None:
    period_s = 0.2
    with in_apartment(MTA, ping_period_s=period_s):
        probe = Probe()
        death = Death(probe)
        child = holder(spawn, probe, period_s)
        del probe
        child.stop()
        assert death.has_come.wait(6 * period_s)
        child.cont()
        assert ask(child, "call") in GONE
        assert ask(child, "release") == 0
        child.send("end")
        assert child.join() == 0


def test_LIF_06_ping_set_recovery(spawn: Spawn) -> None:
    period_s = 0.3
    with in_apartment(MTA, ping_period_s=period_s) as runtime:
        probe = Probe()
        child = holder(spawn, probe, period_s)
        peers, manager = runtime.resolver.peers, runtime.exporter.manager_of(probe)
        assert manager is not None
        [peer] = peers.values()
        forgotten, peer.holdings = peer.holdings, {}
        peer.references, manager.claimed_refs = 0, 0
        # The client's next ping is answered with OR_INVALID_SET; it claims all that it has again.
        wait_until(lambda: peer.holdings == forgotten, timeout_s=2 * period_s)
        assert ask(child, "call") == 2
        assert ask(child, "release") == 0
        child.send("end")


def test_LIF_06_claims_are_counted_once_and_stale_pings_are_ignored(spawn: Spawn) -> None:
    garden = Garden(spawn(serve_garden, int(MTA), {}))
    ref = unpack(garden.probe)
    wanted = [Count(ref.ipid.bytes, 3)]
    with WirePeer(ref, to_process=True) as peer:
        peer.send_packet(AddRef(VERSION, Kind.ADD_REF, 1, wanted))
        assert peer.receive() == HRESULT.S_OK
        peer.send_packet(Ping(VERSION, Kind.PING, 7, 3))
        assert peer.receive() == HRESULT.OR_INVALID_SET
        assert peer.answer is not None
        assert peer.answer.call_id == 7
        peer.send_packet(Ping(VERSION, Kind.PING, 6, 3))  # stale: not answered
        for _ in range(2):
            peer.send_packet(Claim(VERSION, Kind.CLAIM, 7, wanted))
        peer.send_packet(Ping(VERSION, Kind.PING, 8, 3))  # known now: not answered
        peer.send_packet(Release(VERSION, Kind.RELEASE, 9, []))
        assert peer.receive() == HRESULT.S_OK
        assert peer.answer.call_id == 9
        assert garden.ask("refs")[1] == 3


def test_LIF_06_only_the_last_ping_makes_a_holder_claim_again() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near:
        pointer = far.pointer()
        [peer] = near.resolver.peers.values()
        wait_until(lambda: far.runtime.resolver.peers, "they meet")
        [there] = far.runtime.resolver.peers.values()
        wait_until(lambda: there.references == 5, "the claim comes")
        near.resolver.holdings.ping(peer)
        last = peer.ping_sequence
        wait_until(lambda: there.last_sequence == last, "the ping comes")
        there.holdings.clear()
        manager = far.runtime.exporter.manager_of(far.probe)
        assert manager is not None
        there.references, manager.claimed_refs = 0, 0
        near.resolver.holdings.claim_again(peer, last - 1)
        near.resolver.holdings.ping(peer)  # answered with OR_INVALID_SET
        wait_until(lambda: there.holdings, "it claims again")
        assert list(there.holdings.values()) == [5]
        assert pointer.Add(1, 2) == 3


def test_LIF_06_who_was_silent_does_not_get_others_references(spawn: Spawn) -> None:
    period_s = 0.1
    with in_apartment(MTA, ping_period_s=period_s) as runtime:
        probe = Probe()
        child = holder(spawn, probe, period_s)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        packet = pyorpc.marshal_interface(probe, IProbe)  # for somebody else
        child.stop()
        wait_until(lambda: manager.claimed_refs == 0, "its references expire")
        child.cont()
        [peer] = runtime.resolver.peers.values()
        wait_until(lambda: time.monotonic() - (peer.last_ping or 0) < period_s, "it pings again")
        assert ask(child, "call") == 2  # the object is there
        sequence = peer.last_sequence
        wait_until(lambda: peer.last_sequence > sequence, "it pings once more")
        assert ask(child, "release") == 0
        assert manager.public_refs == 5
        assert holder_of(spawn, packet, period_s, manager) == 2
        child.send("end")


def holder_of(spawn: Spawn, packet: bytes, period_s: float, manager: StubManager) -> Any:
    """What a call through a packet's pointer gives, in another process."""
    child = spawn(hold, packet, period_s)
    assert child.receive() == "holding"
    wait_until(lambda: manager.claimed_refs == 5, "the claim comes")
    called = ask(child, "call")
    child.send("end")
    return called


def test_LIF_07_codisconnectobject(spawn: Spawn) -> None:
    with in_apartment(MTA):
        probe = Probe()
        packet = pyorpc.marshal_interface(probe, IProbe)
        pyorpc.release_marshal_data(packet)
        clients = [holder(spawn, probe), holder(spawn, probe)]
        assert [ask(child, "call") for child in clients] == [2, 2]
        old = unpack(pyorpc.marshal_interface(probe, IProbe))
        assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
        death = Death(probe)
        again = unpack(pyorpc.marshal_interface(probe, IProbe))
        assert again.oid != old.oid
        assert again.ipid != old.ipid
        assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
        del probe
        assert death.has_come.wait(DEADLINE_S)  # no external reference is left
        for child in clients:
            assert ask(child, "call") == HRESULT.RPC_E_DISCONNECTED
            assert ask(child, "release") == 0
            child.send("end")
            assert child.join() == 0
        nothing: Any = None
        with pytest.raises(ComError) as refused:
            pyorpc.disconnect_object(nothing)
        assert refused.value.hresult == HRESULT.E_INVALIDARG


@pytest.mark.parametrize("kind", [STA, MTA], ids=["STA", "MTA"])
def test_LIF_09_colockobjectexternal(kind: COINIT) -> None:
    with in_apartment(kind) as runtime:
        before = alive()
        probe = Probe()
        assert runtime.exporter.manager_of(probe) is None
        pyorpc.lock_object_external(probe, lock=True)
        assert runtime.exporter.manager_of(probe) is not None
        pyorpc.lock_object_external(probe, lock=True)
        pyorpc.lock_object_external(probe, lock=False)
        death = Death(probe)
        [held] = [each for each in ALIVE if each is probe]
        del probe
        assert not death.has_come.is_set()
        pyorpc.lock_object_external(held, lock=False)
        del held
        _let_run(kind)
        assert death.has_come.wait(DEADLINE_S)
        again = Probe()
        pyorpc.lock_object_external(again, lock=True)
        assert pyorpc.disconnect_object(again) == HRESULT.S_OK
        assert runtime.exporter.manager_of(again) is None
        death = Death(again)
        del again
        _let_run(kind)
        assert death.has_come.wait(DEADLINE_S)
        assert alive() == before


def test_LIF_10_last_unlock_and_weak_references() -> None:
    with in_apartment(MTA) as runtime:
        probe = Probe()
        weak = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLEWEAK)
        pyorpc.lock_object_external(probe, lock=True)
        pyorpc.lock_object_external(probe, lock=False, last_unlock_releases=False)
        assert runtime.exporter.manager_of(probe) is not None
        assert pyorpc.unmarshal_interface(weak, IProbe) is probe
        pyorpc.lock_object_external(probe, lock=True)
        pyorpc.lock_object_external(probe, lock=False, last_unlock_releases=True)
        wait_until(lambda: runtime.exporter.manager_of(probe) is None, "the stub goes")


def _let_run(kind: COINIT) -> None:
    if kind == STA:
        pyorpc.pump_waiting_messages()
