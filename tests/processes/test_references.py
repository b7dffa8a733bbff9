"""Interface pointers and references between real processes: identity, counts, pings, middlemen."""

from __future__ import annotations

import time

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.child import Child, Parent
from tests.support.probe import ALIVE, Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def alive_in(child: Child) -> int:
    child.send("alive")
    return int(child.receive())


def probe_in(child: Child) -> IProbe:
    return pyorpc.unmarshal_interface(child.receive(), IProbe)


@pytest.mark.parametrize("caller", [STA, MTA])
def test_query_interface_costs_one_round_trip_and_is_then_known(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(caller):
        probe = probe_in(child)
        assert probe.Echo("one") == "one"
        before = pyorpc.statistics().requests_sent
        more = probe.QueryInterface(IProbeMore)
        assert pyorpc.statistics().requests_sent == before + 1
        assert more.QueryInterface(IProbe) is probe
        assert probe.QueryInterface(IProbeMore) is more
        assert pyorpc.is_same_object(
            probe.QueryInterface(pyorpc.IUnknown), more.QueryInterface(pyorpc.IUnknown)
        )
        assert pyorpc.statistics().requests_sent == before + 1
        assert more.Log() == "one"
        with pytest.raises(ComError) as refused:
            probe.QueryInterface(INobody)
        assert refused.value.hresult == HRESULT.E_NOINTERFACE


def test_pointers_travel_in_every_position_and_keep_their_identity(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(STA):
        far = probe_in(child)
        mine = Probe()
        assert far.Same(None) is None
        assert far.Same(mine) is mine  # home again: the object itself
        assert far.Same(far) == far
        made, other = far.Make(), far.Make()
        assert made is not None
        assert made != other
        assert far.Same(made) is made
        assert far.Many(4, [mine, None, made, far]) == 3
        assert far.Squares(4) == (4, [0, 1, 4, 9])


def test_an_object_dies_when_its_last_holder_lets_go(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(MTA):
        probe = probe_in(child)
        made = [probe.Make() for _ in range(20)]
        assert alive_in(child) == 21
        released = made.pop()
        assert released is not None
        assert pyorpc.release(released) == 0
        assert alive_in(child) == 20  # release is synchronous
        with pytest.raises(pyorpc.DisconnectedError) as gone:
            released.Add(1, 2)
        assert gone.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        made.clear()
        wait_until(lambda: alive_in(child) == 1, "collected proxies release their objects")


def test_a_held_callback_pointer_lives_as_long_as_its_holder_wants(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA):
        probe = probe_in(child)
        before = alive()
        probe.Hold(Probe())
        assert len(ALIVE) == before + 1
        assert probe.CallHeld(2, 3) == 5
        probe.LetGo()
        wait_until(lambda: len(ALIVE) == before, "the callback object is released")


def pass_on(test: Parent, packet: bytes) -> None:
    """A middleman: unmarshal, marshal again six times, exit without more."""
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        test.send([pyorpc.marshal_interface(probe, IProbe) for _ in range(6)])
        test.send(pyorpc.marshal_interface(probe, IProbeMore))
        test.receive()


def test_a_pointer_passed_on_does_not_need_the_middleman(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(MTA):
        packet = child.receive()
        middleman = spawn(pass_on, packet)
        packets, other_interface = middleman.receive(), middleman.receive()
        assert unpack(packets[0]).oid == unpack(packet).oid
        assert unpack(packets[0]).oxid == unpack(packet).oxid
        middleman.kill9()
        probes = [pyorpc.unmarshal_interface(passed, IProbe) for passed in packets]
        assert [probe.Add(1, 1) for probe in probes] == [2] * 6
        assert pyorpc.unmarshal_interface(other_interface, IProbeMore).Log() == ""
        # Six pointers, one proxy: the last release gives the references back.
        assert [pyorpc.release(probe) for probe in probes] == [5, 4, 3, 2, 1, 0]


def hold_quietly(test: Parent, packet: bytes, ping_period_s: float) -> None:
    with in_apartment(MTA, ping_period_s=ping_period_s):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        test.send("holding")
        while test.receive(300) == "call":
            try:
                test.send(probe.Add(1, 1))
            except ComError as error:
                test.send(int(error.hresult))


def test_an_idle_holder_keeps_its_references_for_many_periods(spawn: Spawn) -> None:
    with in_apartment(MTA, ping_period_s=0.1):
        before = alive()
        child = spawn(hold_quietly, pyorpc.marshal_interface(Probe(), IProbe), 0.1)
        assert child.receive() == "holding"
        idle_until = time.monotonic() + 1.2
        wait_until(lambda: time.monotonic() > idle_until, "ten periods pass")
        assert len(ALIVE) == before + 1
        child.send("call")
        assert child.receive() == 2
        child.send("end")
        assert child.join() == 0


def test_a_frozen_holder_loses_its_references_after_three_periods(spawn: Spawn) -> None:
    with in_apartment(MTA, ping_period_s=0.2) as runtime:
        before = alive()
        child = spawn(hold_quietly, pyorpc.marshal_interface(Probe(), IProbe), 0.2)
        assert child.receive() == "holding"
        peers = runtime.resolver.peers
        wait_until(lambda: any(peer.holdings for peer in peers.values()), "its claim is heard")
        child.stop()
        wait_until(lambda: len(ALIVE) == before, "the silent holder's reference expires")
        child.cont()
        child.send("call")
        assert child.receive() in (HRESULT.RPC_E_DISCONNECTED, HRESULT.CO_E_OBJNOTCONNECTED)
        child.send("end")
        assert child.join() == 0


def test_errors_cross_unchanged_and_say_whether_the_method_ran(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {"remote_traceback": True})
    with in_apartment(STA):
        probe = probe_in(child)
        with pytest.raises(ComError) as failed:
            probe.Fail(0x80040200 - 2**32, "as I was told")
        assert failed.value.hresult == 0x80040200
        assert failed.value.description == "as I was told"
        assert failed.value.executed == "yes"
        with pytest.raises(ComError) as raised:
            probe.Raise("oops")
        assert raised.value.hresult == HRESULT.RPC_E_SERVERFAULT
        assert "ValueError: oops" in raised.value.description
        assert raised.value.remote_traceback is not None
        assert "in Raise" in raised.value.remote_traceback
        with pytest.raises(ComError) as unsent:
            probe.Add(2**31, 0)
        assert unsent.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        assert unsent.value.executed == "no"
        assert probe.Add(1, 2) == 3
