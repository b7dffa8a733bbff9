"""What callers learn when a process dies or freezes, or a connection between living ones breaks."""

from __future__ import annotations

import threading
import time
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.child import Child
from tests.support.probe import ALIVE, Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.tcp_relay import TcpRelay
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EVERY_PAIR = list(product((STA, MTA), repeat=2))


def probe_in(child: Child) -> IProbe:
    return pyorpc.unmarshal_interface(child.receive(), IProbe)


@pytest.mark.parametrize(("caller", "callee"), EVERY_PAIR)
def test_a_killed_server_ends_the_pending_call_within_a_second(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        probe = probe_in(child)
        assert probe.Add(1, 2) == 3
        killed_at: list[float] = []

        def kill() -> None:
            killed_at.append(time.monotonic())
            child.kill9()

        killer = threading.Timer(0.2, kill)
        killer.start()
        with pytest.raises(pyorpc.DisconnectedError) as pending:
            probe.Sleep(20)
        assert time.monotonic() - killed_at[0] < 1
        assert pending.value.hresult in (HRESULT.RPC_S_CALL_FAILED, HRESULT.RPC_E_SERVER_DIED)
        assert pending.value.executed == "unknown"
        killer.join()
        with pytest.raises(pyorpc.DisconnectedError) as later:
            probe.Add(1, 2)
        assert later.value.hresult in (
            HRESULT.RPC_S_SERVER_UNAVAILABLE,
            HRESULT.RPC_E_DISCONNECTED,
        )
        assert later.value.executed == "no"
        assert pyorpc.release(probe) == 0


@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_frozen_server_ends_the_pending_call_after_missed_heartbeats(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(caller, heartbeat_s=0.2):
        probe = probe_in(child)
        assert probe.Add(1, 2) == 3
        child.stop()
        with pytest.raises(pyorpc.DisconnectedError) as frozen:
            probe.Add(1, 2)
        assert frozen.value.hresult == HRESULT.RPC_S_CALL_FAILED
        child.cont()
        assert probe.Add(3, 4) == 7  # over a new connection
        child.send("stop")
        assert child.join() == 0


@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_cut_connection_between_living_processes_ends_its_calls(
    spawn: Spawn, caller: COINIT
) -> None:
    settings = {"insecure": True, "endpoints": ["tcp://127.0.0.1:0"]}
    child = spawn(serve_probe, int(MTA), settings)
    packet = unpack(child.receive())
    with TcpRelay.to_apartment_of(packet) as relay, in_apartment(caller, insecure=True):
        probe = pyorpc.unmarshal_interface(relay.packet, IProbe)
        assert probe.Add(1, 2) == 3
        cutter = threading.Timer(0.2, relay.cut)
        cutter.start()
        with pytest.raises(pyorpc.DisconnectedError) as cut:
            probe.Sleep(20)
        cutter.join()
        assert cut.value.hresult == HRESULT.RPC_S_CALL_FAILED
        assert cut.value.executed == "unknown"
        assert probe.Add(3, 4) == 7  # the next call dials again
        child.send("alive")
        assert child.receive() == 1


def hold_a_probe(test: object, packet: bytes) -> None:
    """In a child: hold a reference until killed."""
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        assert probe.Add(1, 1) == 2
        test.send("holding")  # type: ignore[attr-defined]
        test.receive(300)  # type: ignore[attr-defined]


def test_a_killed_client_releases_what_it_held_at_once(spawn: Spawn) -> None:
    with in_apartment(MTA):
        before = alive()
        child = spawn(hold_a_probe, pyorpc.marshal_interface(Probe(), IProbe))
        assert child.receive() == "holding"
        assert len(ALIVE) == before + 1
        child.kill9()
        wait_until(lambda: len(ALIVE) == before, "the dead client's reference is released")


def test_a_call_to_where_nobody_ever_listened_is_refused_as_not_executed() -> None:
    with in_apartment(MTA) as runtime:
        packet = pyorpc.marshal_interface(Probe(), IProbe)
        runtime.close()
    with in_apartment(STA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        with pytest.raises(ComError) as refused:
            probe.Add(1, 2)
        assert refused.value.hresult == HRESULT.RPC_S_SERVER_UNAVAILABLE
        assert refused.value.executed == "no"
