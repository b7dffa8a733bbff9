"""MSH: marshaling interface pointers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError, IUnknown, Runtime
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.midl.good.interface_pointers_idl import IPeer, Pair, Team
from tests.processes.test_references import alive_in
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore, IProbeProxy
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def failure_of(function: Callable[..., Any], *args: Any) -> HRESULT:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value.hresult


def packet_of(probe: Probe, flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, flags)


def new_packet(flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    """Of a probe that nobody else holds."""
    return packet_of(Probe(), flags)


def take(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


def give_up(*pointers: IProbe) -> None:
    assert [pyorpc.release(pointer) for pointer in pointers][-1] == 0


class Connected(Probe):
    """Notes what IExternalConnection is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def AddConnection(self, extconn: int, reserved: int) -> int:
        self.told.append(("add", extconn))
        return 1

    def ReleaseConnection(self, extconn: int, reserved: int, last_release_closes: bool) -> int:
        self.told.append(("release", extconn, last_release_closes))
        return 0


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


class ILocal(IUnknown):
    """Has no proxy and no stub."""

    IID = pyorpc.Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1401")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


class Unmarshalable(Probe, ILocal):  # type: ignore[misc]
    """Has an interface that cannot leave."""


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


def test_MSH_21_null_and_pointers_inside_arrays(spawn: Spawn) -> None:
    server = spawn(serve_probe, STA, {})
    with in_apartment(MTA):
        before = alive()
        probe = take(server.receive())
        mine = [Probe()]
        assert probe.Same(None) is None
        assert probe.Same(mine[0]) is mine[0]
        assert probe.Same(probe) is probe
        assert probe.Many(4, [None, mine[0], None, probe]) == 2
        made = probe.Make()
        assert probe.Same(made) is made
        assert failure_of(probe.CallBack, None) == HRESULT.RPC_E_SERVERFAULT
        assert failure_of(probe.Fail, int(HRESULT.E_FAIL) - (1 << 32), "") == HRESULT.E_FAIL
        with pytest.raises(ComError):
            probe.Many(3, [mine[0], made])  # too few: nothing of it is sent
        mine.clear()
        wait_until(lambda: alive() <= before, "neither calls nor failed calls keep a reference")
    server.send("stop")
    assert server.join() == 0


class Peer(IPeer):
    """Returns the structures that it is given."""

    def Structs(self, pair: Pair, team: Team | None) -> Team:
        assert team is not None
        if pair.name == "fail":
            raise ComError(HRESULT.E_FAIL, "after its pointers have come")
        return Team(pair, team.deputies, team.n, team.members)


def test_MSH_21_pointers_inside_structures() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as host, runtime.enter_apartment(MTA):
        far = Peer()
        packet = host.run(pyorpc.marshal_interface, far, IPeer, MSHCTX.INPROC)
        proxy = pyorpc.unmarshal_interface(packet, IPeer)
        mine = Peer()
        pair = Pair(proxy, None, "pair")
        team = Team(Pair(None, mine, ""), Pair(mine, None, ""), 3, [mine, None, proxy])
        back = proxy.Structs(pair, team)
        assert back.leaders == pair
        assert back.leaders.first is proxy
        assert back.deputies is not None
        assert back.deputies.first is mine
        assert back.deputies.second is None
        assert back.members is not None
        assert back.members[0] is mine
        assert back.members[1:] == [None, proxy]
        assert failure_of(proxy.Structs, Pair(mine, mine, "fail"), team) == HRESULT.E_FAIL
        exporter = runtime.exporter
        wait_until(lambda: exporter.manager_of(mine) is None, "no call keeps a reference")


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_MSH_22_query_interface_through_a_proxy(coinit: COINIT, spawn: Spawn) -> None:
    server = spawn(serve_probe, coinit, {})
    with in_apartment(MTA):
        probe = take(server.receive())
        probe.Add(1, 2)

        def requests(action: Callable[[], object]) -> int:
            before = pyorpc.statistics().requests_sent
            action()
            return pyorpc.statistics().requests_sent - before

        assert requests(lambda: probe.QueryInterface(IProbeMore)) == 1
        assert requests(lambda: probe.QueryInterface(IProbeMore)) == 0
        assert failure_of(probe.QueryInterface, INobody) == HRESULT.E_NOINTERFACE
        assert requests(lambda: probe.QueryInterface(IUnknown)) == 0
        assert probe.QueryInterface(IProbeMore).QueryInterface(IUnknown) == probe
    server.send("stop")
    assert server.join() == 0


def test_MSH_22_what_a_proxy_answers_by_itself(spawn: Spawn) -> None:
    server = spawn(serve_probe, STA, {})
    with in_apartment(MTA):
        probe = take(server.receive())
        before = pyorpc.statistics().requests_sent
        for iface in (pyorpc.IMarshal, pyorpc.IMultiQI, pyorpc.IClientSecurity):
            face: Any = probe.QueryInterface(iface)
            assert face.QueryInterface(IUnknown) is probe.QueryInterface(IUnknown)
            assert face.QueryInterface(IProbe) is probe
            assert pyorpc.is_same_object(face, probe)
            assert pyorpc.is_same_object(probe, face)
        assert pyorpc.statistics().requests_sent == before
    server.send("stop")
    assert server.join() == 0


def test_MSH_22_several_interfaces_take_one_round_trip(spawn: Spawn) -> None:
    server = spawn(serve_probe, STA, {})
    with in_apartment(MTA):
        probe = take(server.receive())
        many = probe.QueryInterface(pyorpc.IMultiQI)
        before = pyorpc.statistics().requests_sent
        wanted: list[Any] = [
            IProbe,
            IProbeMore,
            INobody,
            IUnknown,
            IPeer.IID,
            pyorpc.IMultiQI,
            IProbeMore,
        ]
        results = many.QueryMultipleInterfaces(wanted)
        assert pyorpc.statistics().requests_sent == before + 1
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        none, ok = HRESULT.E_NOINTERFACE, HRESULT.S_OK
        assert [hresult for hresult, _ in results] == [ok, ok, none, ok, none, ok, ok]
        assert [pointer is not None for _, pointer in results] == [
            hresult == ok for hresult, _ in results
        ]
        assert results[1][1] is results[6][1]
        assert failure_of(many.QueryMultipleInterfaces, [INobody]) == none
        assert many.QueryMultipleInterfaces([IProbeMore])[0][0] == ok
        assert pyorpc.last_hresult() == ok
    server.send("stop")
    assert server.join() == 0


class PSFactory(pyorpc.IPSFactoryBuffer):
    """Makes no stubs."""

    def CreateStub(self, riid: Any, server: IUnknown) -> Any:
        raise ComError(HRESULT.E_NOTIMPL, "no stubs here")


def test_MSH_23_stub_factory_failure() -> None:
    clsid = pyorpc.Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1402")
    with in_apartment(STA) as runtime:
        before = alive()
        probes = [Unmarshalable()]
        pyorpc.register_ps_clsid(ILocal.IID, clsid)
        assert failure_of(pyorpc.marshal_interface, probes[0], ILocal) == HRESULT.E_NOINTERFACE
        pyorpc.register_class_object(clsid, PSFactory(), CLSCTX.INPROC_SERVER)
        for iface in (ILocal, IProbe):
            pyorpc.register_ps_clsid(iface.IID, clsid)
            failure = failure_of(pyorpc.marshal_interface, probes[0], iface)
            assert failure == HRESULT.E_NOTIMPL
        assert runtime.exporter.managers() == []
        probes.clear()
        assert alive() == before
