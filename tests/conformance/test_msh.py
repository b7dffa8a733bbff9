"""MSH: marshaling interface pointers."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, IUnknown, Runtime
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.processes.test_references import alive_in
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.failures import failure_of
from tests.support.hand_packets import (
    MTA,
    STA,
    Connected,
    ILocal,
    Unmarshalable,
    give_up,
    new_packet,
    packet_of,
    take,
)
from tests.support.probe import Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore, IProbeProxy
from tests.support.waiting import wait_until


def null_arguments() -> list[HRESULT]:
    null: Any = None
    return [
        failure_of(pyorpc.marshal_interface, null, IProbe),
        failure_of(pyorpc.unmarshal_interface, null, IProbe),
        failure_of(pyorpc.get_interface_and_release, null, IProbe),
        failure_of(pyorpc.marshal_inter_thread_interface, null, IProbe),
    ]


def test_MSH_01_argument_checks() -> None:
    assert null_arguments() == [HRESULT.E_INVALIDARG] * 4
    assert failure_of(pyorpc.unmarshal_interface, b"", IProbe) == HRESULT.CO_E_NOTINITIALIZED
    with in_apartment(STA):
        assert null_arguments() == [HRESULT.E_INVALIDARG] * 4
        assert failure_of(pyorpc.unmarshal_interface, b"", IProbe) == HRESULT.STG_E_READFAULT


def test_MSH_02_no_marshaler() -> None:
    with in_apartment(STA) as runtime:
        before = alive()
        probes = [Unmarshalable()]
        for iface in (INobody, ILocal):
            assert failure_of(pyorpc.marshal_interface, probes[0], iface) == HRESULT.E_NOINTERFACE
        assert runtime.exporter.managers() == []
        probes.clear()
        assert alive() == before


def test_MSH_02_no_marshaler_and_no_proxy_stub_class() -> None:
    with in_apartment(STA):
        assert failure_of(pyorpc.get_ps_clsid, ILocal.IID) == HRESULT.REGDB_E_IIDNOTREG
        assert pyorpc.get_ps_clsid(IProbe) == IProbe.IID  # its generated module has them


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_MSH_03_normal_packet_never_unmarshaled(coinit: COINIT) -> None:
    """Packets are bytes, which have no position: unrewound is what lacks its beginning."""
    with in_apartment(coinit):
        before = alive()
        probes = [Connected()]
        told = probes[0].told
        packet = packet_of(probes[0])
        probes.clear()
        assert alive() == before + 1
        assert failure_of(pyorpc.release_marshal_data, packet[len(packet) :]) == (
            HRESULT.STG_E_READFAULT
        )
        assert alive() == before + 1
        pyorpc.release_marshal_data(packet)
        assert alive() == before
        assert told == [("add", 1), ("release", 1, True)]
        assert failure_of(pyorpc.release_marshal_data, packet) == HRESULT.CO_E_OBJNOTCONNECTED


def test_MSH_04_unmarshal_in_the_home_apartment_gives_the_object_itself() -> None:
    with in_apartment(STA) as runtime:
        probe = Connected()
        packet = packet_of(probe)
        assert take(packet) is probe
        assert probe.told == [("add", 1), ("release", 1, False)]
        assert runtime.exporter.managers() == []
        assert failure_of(take, packet) == HRESULT.CO_E_OBJNOTCONNECTED


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_MSH_06_unmarshal_in_another_apartment_then_release(coinit: COINIT) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, coinit) as client,
    ):
        before = alive()
        pointer = client.run(take, host.run(new_packet))
        assert isinstance(pointer, IProbeProxy)
        assert client.run(pointer.ThreadId) == host.ident
        assert alive() == before + 1
        client.run(give_up, pointer)
        assert alive() == before


def test_MSH_07_normal_packet_is_single_use() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as client,
    ):
        packet = host.run(new_packet)
        first = client.run(take, packet)
        for thread in (client, host):
            assert thread.run(failure_of, take, packet) == HRESULT.CO_E_OBJNOTCONNECTED
        assert client.run(first.Add, 1, 2) == 3
        probe = Probe()
        packet = host.run(packet_of, probe)
        assert host.run(take, packet) is probe
        assert host.run(failure_of, take, packet) == HRESULT.CO_E_OBJNOTCONNECTED


def test_MSH_07_a_failed_unmarshal_at_home_uses_the_packet_up() -> None:
    with in_apartment(STA):
        packet = new_packet()
        failure = failure_of(pyorpc.unmarshal_interface, packet, INobody)
        assert failure == HRESULT.E_NOINTERFACE
        assert failure_of(take, packet) == HRESULT.CO_E_OBJNOTCONNECTED


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_MSH_09_marshaling_a_proxy_beyond_its_reference_pool(coinit: COINIT, spawn: Spawn) -> None:
    server = spawn(serve_probe, coinit, {})
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as client:
        first = client.run(take, server.receive())
        made = client.run(first.Make)
        server.send("alive")
        assert server.receive() == 2
        packets = [client.run(pyorpc.marshal_interface, made, IProbe) for _ in range(6)]
        client.run(give_up, made)
        pointers = [client.run(take, packet) for packet in packets]
        assert {client.run(pointer.Add, 1, 2) for pointer in pointers} == {3}
        server.send("alive")
        assert server.receive() == 2
        client.run(give_up, *pointers)
        wait_until(lambda: alive_in(server) == 1, "the references are back")
        client.run(give_up, first)
        server.send("stop")
        assert server.join() == 0


def pass_on(test: Parent, packet: bytes) -> None:
    """In a child process, the middleman: hand on two packets, then end."""
    with in_apartment(MTA):
        probe = take(packet)
        test.send(pyorpc.marshal_interface(probe, IProbe))
        test.send(pyorpc.marshal_interface(probe, IProbeMore))  # it never used this one
        test.receive()


def test_MSH_10_a_marshaled_proxy_points_at_the_object_not_at_the_proxy(spawn: Spawn) -> None:
    server = spawn(serve_probe, STA, {})
    original = server.receive()
    middleman = spawn(pass_on, original)
    packets = [middleman.receive(), middleman.receive()]
    for packet in packets:
        assert unpack(packet).oid == unpack(original).oid
        assert unpack(packet).oxid == unpack(original).oxid
    with in_apartment(MTA):
        probe = take(packets[0])  # it holds the object before the middleman's end
        middleman.send("end")
        assert middleman.join() == 0
        assert probe.Echo("no hop") == "no hop"
        assert pyorpc.unmarshal_interface(packets[1], IProbeMore).Log() == "no hop"
    server.send("stop")
    assert server.join() == 0


class Giver(Probe):
    """Gives a probe that it keeps, and packets of it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = Probe()

    def Make(self) -> IProbe | None:
        return self.kept


def test_MSH_12_object_identity_in_one_apartment() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        giver = Giver()

        def received() -> list[Any]:
            """By an [out] parameter, by a second [out], by a packet of another interface."""
            there = take(packets.pop())
            return [there, there.Make(), there.Make(), more.pop()]

        def more_of_it() -> bytes:
            return pyorpc.marshal_interface(giver.kept, IProbeMore, MSHCTX.INPROC)

        def identities(pointers: list[Any]) -> list[IUnknown]:
            return [pointer.QueryInterface(IUnknown) for pointer in pointers]

        in_two: list[list[IUnknown]] = []
        for thread in (a, b):
            packets = [host.run(packet_of, giver)]
            more = [thread.run(pyorpc.unmarshal_interface, host.run(more_of_it), IProbeMore)]
            there, first, second, third = thread.run(identities, thread.run(received))
            assert first == second == third
            assert first is second is third
            assert there != first
            in_two.append([first])
        assert in_two[0][0] is not in_two[1][0]


def test_MSH_19_inter_thread_stream_helper() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        before = alive()
        stream = a.run(lambda: pyorpc.marshal_inter_thread_interface(Probe(), IProbe))
        pointer = b.run(pyorpc.get_interface_and_release, stream, IProbe)
        assert isinstance(pointer, IProbeProxy)
        assert b.run(pointer.ThreadId) == a.ident
        for thread in (a, b):
            again = thread.run(failure_of, pyorpc.get_interface_and_release, stream, IProbe)
            assert again == HRESULT.STG_E_READFAULT
        assert b.run(pointer.Add, 1, 2) == 3
        b.run(give_up, pointer)
        assert alive() == before
