"""MSH: pointers inside values, and what a proxy is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, MSHCTX, ComError, IUnknown, Runtime
from tests.conftest import Spawn
from tests.midl.good.interface_pointers_idl import IPeer, Pair, Team
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.hand_packets import MTA, STA, ILocal, Unmarshalable, take
from tests.support.probe import Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until


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
