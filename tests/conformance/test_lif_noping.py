"""LIF: objects that are not pinged."""

from __future__ import annotations

import time

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS
from pyorpc.wire.objref import SORF_NOPING, unpack
from tests.conformance.test_lif import Death, ask, hold
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
PERIOD_S = 0.1
NORMAL, NOPING = MSHLFLAGS.NORMAL, MSHLFLAGS.NOPING


def marshal_on(test: Parent, packet: bytes) -> None:
    """In a child: a packet made from the proxy, as told, and one of another interface."""
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        for flags in (NORMAL, NOPING):
            for iface in (IProbe, IProbeMore):
                test.send(pyorpc.marshal_interface(probe, iface, MSHCTX.LOCAL, flags))
        test.receive(300)


@pytest.mark.parametrize("flags", [NORMAL, MSHLFLAGS.TABLESTRONG, MSHLFLAGS.TABLEWEAK])
@pytest.mark.parametrize("dest", [MSHCTX.INPROC, MSHCTX.LOCAL])
def test_LIF_noping_is_said_in_every_packet_of_the_object(flags: MSHLFLAGS, dest: MSHCTX) -> None:
    with in_apartment(STA):
        probe = Probe()
        assert unpack(pyorpc.marshal_interface(probe, IProbe)).flags & SORF_NOPING == 0
        packet = pyorpc.marshal_interface(probe, IProbe, dest, flags | NOPING)
        assert unpack(packet).flags & SORF_NOPING
        assert unpack(pyorpc.marshal_interface(probe, IProbeMore)).flags == SORF_NOPING
        assert pyorpc.unmarshal_interface(packet, IProbe) is probe
        assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
        assert unpack(pyorpc.marshal_interface(probe, IProbe)).flags == 0  # it is a new one


@pytest.mark.parametrize("first", [NORMAL, NOPING])
def test_LIF_noping_is_passed_on_where_the_object_says_it(first: MSHLFLAGS, spawn: Spawn) -> None:
    expected = SORF_NOPING if first == NOPING else 0
    with in_apartment(MTA):
        probe = Probe()
        child = spawn(marshal_on, pyorpc.marshal_interface(probe, IProbe, MSHCTX.LOCAL, first))
        for _ in range(4):
            assert unpack(child.receive()).flags & SORF_NOPING == expected
        child.send("end")


def test_LIF_noping_a_silent_holder_keeps_its_references(spawn: Spawn) -> None:
    with in_apartment(MTA, ping_period_s=PERIOD_S) as runtime:
        pinged, unpinged = Probe(), Probe()
        deaths = [Death(pinged), Death(unpinged)]
        packets = [
            pyorpc.marshal_interface(pinged, IProbe),
            pyorpc.marshal_interface(unpinged, IProbe, MSHCTX.LOCAL, NOPING),
        ]
        children = [spawn(hold, packet, PERIOD_S) for packet in packets]
        assert [child.receive() for child in children] == ["holding"] * 2
        peers = runtime.resolver.peers
        wait_until(lambda: sum(bool(peer.holdings) for peer in peers.values()) == 2, "the claims")
        del pinged, unpinged
        idle_until = time.monotonic() + 3 * PERIOD_S
        wait_until(lambda: time.monotonic() > idle_until, "three periods pass")
        pings = {peer.pid: peer.last_ping for peer in peers.values()}
        assert pings[children[0].pid] is not None
        assert pings[children[1].pid] is None  # whoever holds nothing else does not ping
        for child in children:
            child.stop()
        assert deaths[0].has_come.wait(DEADLINE_S)
        idle_until = time.monotonic() + 5 * PERIOD_S
        wait_until(lambda: time.monotonic() > idle_until, "five more periods pass")
        assert not deaths[1].has_come.is_set()
        for child in children:
            child.cont()
        assert ask(children[1], "call") == 2
        assert ask(children[1], "release") == 0
        assert deaths[1].has_come.wait(DEADLINE_S)
        for child in children:
            child.send("end")


def test_LIF_noping_not_even_a_proven_death_releases_them(spawn: Spawn) -> None:
    with in_apartment(MTA, ping_period_s=PERIOD_S) as runtime:
        probe = Probe()
        death = Death(probe)
        child = spawn(hold, pyorpc.marshal_interface(probe, IProbe, MSHCTX.LOCAL, NOPING), PERIOD_S)
        assert child.receive() == "holding"
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        wait_until(lambda: manager.claimed_refs == 5, "the claim comes")
        del probe
        child.kill9()
        wait_until(lambda: not runtime.resolver.peers, "its end is noticed")
        idle_until = time.monotonic() + 5 * PERIOD_S
        wait_until(lambda: time.monotonic() > idle_until, "five periods pass")
        assert not death.has_come.is_set()
        target = manager.target
        assert target is not None
        pyorpc.disconnect_object(target)
        del target
        assert death.has_come.wait(DEADLINE_S)


def test_LIF_noping_a_query_for_another_interface_does_not_make_it_pinged() -> None:
    with FarRuntime(ping_period_s=PERIOD_S) as far, in_apartment(MTA, ping_period_s=PERIOD_S):
        packet = far.thread.run(
            pyorpc.marshal_interface, far.probe, IProbe, MSHCTX.LOCAL, MSHLFLAGS.NOPING
        )
        more = pyorpc.unmarshal_interface(packet, IProbe).QueryInterface(IProbeMore)
        assert more.Log() == ""
        [peer] = far.runtime.resolver.peers.values()
        wait_until(lambda: peer.references == 10, "the claims come")
        idle_until = time.monotonic() + 3 * PERIOD_S
        wait_until(lambda: time.monotonic() > idle_until, "three periods pass")
        assert peer.last_ping is None
