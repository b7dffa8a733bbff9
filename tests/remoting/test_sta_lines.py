"""An STA's connections: one for each peer apartment, replaced when it has broken."""

from __future__ import annotations

import pyorpc
from pyorpc import COINIT
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.line import Line
from pyorpc.remoting.sta_lines import StaLines
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.tcp_relay import TcpRelay
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def own_lines() -> StaLines:
    home = thread_state().home
    assert home is not None
    assert isinstance(home.lines, StaLines)
    return home.lines


def primary_to(packet: bytes) -> Line:
    return own_lines().primary[unpack(packet).oxid]


def test_the_second_call_uses_the_same_connection() -> None:
    with FarRuntime() as far, in_apartment(STA):
        packet = far.packet()
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        assert own_lines().primary == {}
        assert probe.Add(1, 2) == 3
        line = primary_to(packet)
        assert probe.Add(3, 4) == 7
        assert probe.Make() is not None
        assert primary_to(packet) is line
        assert len(own_lines().all_lines()) == 1


def test_every_peer_apartment_has_a_connection_of_its_own() -> None:
    with FarRuntime() as far, in_apartment(STA), ApartmentThread(far.runtime, STA) as other:
        packets = [far.packet(), other.run(pyorpc.marshal_interface, Probe(), IProbe)]
        for packet in packets:
            assert pyorpc.unmarshal_interface(packet, IProbe).Add(1, 2) == 3
        assert primary_to(packets[0]) is not primary_to(packets[1])


def test_callbacks_come_over_the_callers_own_connection() -> None:
    with FarRuntime(STA) as far, in_apartment(STA):
        assert far.pointer().Descend(Probe(), 6) == 7
        assert len(own_lines().all_lines()) == 1


def test_a_connection_that_broke_while_nobody_looked_is_replaced_before_the_next_call() -> None:
    with (
        FarRuntime(insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        TcpRelay.to_apartment_of(unpack(far.packet())) as relay,
        in_apartment(STA, insecure=True),
    ):
        probe = pyorpc.unmarshal_interface(relay.packet, IProbe)
        assert probe.Add(1, 2) == 3
        line = primary_to(relay.packet)
        relay.cut()
        wait_until(lambda: line.port.has_breaks, "the monitor has reported it")
        assert probe.Add(3, 4) == 7  # and not RPC_S_CALL_FAILED
        assert primary_to(relay.packet) is not line
        pyorpc.release(probe)
