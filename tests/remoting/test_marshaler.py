"""Pointers to packets and back: where they become proxies, and that nothing is left over."""

from __future__ import annotations

import gc
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, IUnknown, Success
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.exporter import FREE_THREADED
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.wire.objref import unpack
from tests.midl.good.interface_pointers_idl import IPeer, Pair, Team
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EVERYWHERE = ["another apartment", "another process"]


class Peer(IPeer):
    """Its [out]s are what the test puts into `answer`."""

    def __init__(self) -> None:
        self.answer: Any = None

    def Out(self) -> tuple[IPeer | None, IPeer | None, IUnknown | None]:
        answer: tuple[IPeer | None, IPeer | None, IUnknown | None] = self.answer
        return answer

    def Return(self) -> IPeer | None:
        answer: IPeer | None = self.answer
        return answer

    def InOut(self, peer: IPeer | None, n: int) -> tuple[IPeer | None, int]:
        if isinstance(self.answer, HRESULT):
            raise ComError(self.answer, "as told")
        return self.answer if self.answer is not None else (peer, n + 1)

    def Structs(self, pair: Pair, team: Team | None) -> Team:
        return Team(leaders=pair, deputies=None, n=2, members=[pair.first, None])


class Both:
    """A peer elsewhere, and this thread's pointer to it."""

    def __init__(self, where: str) -> None:
        self.peer = Peer()
        self._near = pyorpc.Runtime()
        self._far = pyorpc.Runtime() if where == "another process" else self._near
        self._thread = ApartmentThread(self._far, MTA)
        self._near.initialize(thread_state(), STA)
        self.pointer = pyorpc.unmarshal_interface(
            self._thread.run(pyorpc.marshal_interface, self.peer, IPeer), IPeer
        )

    def exported(self) -> list[int]:
        return [len(each.exporter.managers()) for each in {self._near, self._far}]

    def close(self) -> None:
        self._near.uninitialize(thread_state())
        self._thread.close()
        self._near.close()
        self._far.close()


@pytest.fixture(params=EVERYWHERE)
def both(request: pytest.FixtureRequest) -> Any:
    made = Both(request.param)
    yield made
    made.close()


def test_null_stays_null_in_every_position(both: Both) -> None:
    both.peer.answer = (None, None, None)
    assert both.pointer.Out() == (None, None, None)
    both.peer.answer = None
    assert both.pointer.Return() is None
    assert both.pointer.InOut(None, 1) == (None, 2)


def test_several_pointers_come_out_in_order(both: Both) -> None:
    first, second, third = Peer(), Peer(), Probe()
    both.peer.answer = first, second, third
    one, two, three = both.pointer.Out()
    assert one is not None
    assert three is not None
    assert one != two
    assert three.QueryInterface(IProbe).Add(1, 2) == 3
    mine = Peer()
    both.peer.answer = None
    assert both.pointer.InOut(mine, 1) == (mine, 2)


def test_pointers_inside_structs_travel_both_ways(both: Both) -> None:
    mine = Peer()
    team = both.pointer.Structs(Pair(first=mine, second=None, name="pair"), None)
    assert team.leaders.first is mine
    assert team.members == [mine, None]


def test_success_codes_come_with_and_without_pointers(both: Both) -> None:
    peer = Peer()
    both.peer.answer = Success(HRESULT.S_FALSE, peer)
    assert both.pointer.Return() is not None
    assert pyorpc.last_hresult() == HRESULT.S_FALSE
    both.peer.answer = Success(HRESULT.S_FALSE, None)
    assert both.pointer.Return() is None
    assert pyorpc.last_hresult() == HRESULT.S_FALSE
    both.peer.answer = Success(HRESULT.S_FALSE, (peer, None, None))
    assert both.pointer.Out()[1:] == (None, None)
    assert pyorpc.last_hresult() == HRESULT.S_FALSE
    both.peer.answer = Success(HRESULT.S_FALSE, (None, 7))
    assert both.pointer.InOut(None, 1) == (None, 7)
    assert pyorpc.last_hresult() == HRESULT.S_FALSE
    both.peer.answer = (None, None, None)
    both.pointer.Out()
    assert pyorpc.last_hresult() == HRESULT.S_OK


def test_an_argument_of_the_wrong_type_is_refused_with_a_text_that_helps(both: Both) -> None:
    wrong: Any = "a string"
    with pytest.raises(ComError) as refused:
        both.pointer.InOut(wrong, 1)
    assert refused.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
    assert refused.value.executed == "no"
    assert "str" in refused.value.description
    assert "IPeer" in refused.value.description


def test_a_result_that_cannot_be_packed_leaves_none_of_its_references(both: Both) -> None:
    """The pointer is marshaled before the number beside it is refused."""
    before = both.exported()
    both.peer.answer = (Peer(), 2**40)
    with pytest.raises(ComError):
        both.pointer.InOut(None, 1)
    wait_until(lambda: both.exported() == before, "the reference in the refused result goes back")


def test_a_failed_call_leaves_no_in_reference_on_either_side(both: Both) -> None:
    before = both.exported()
    mine = Peer()
    both.peer.answer = HRESULT.E_FAIL
    for n in (2**40, 1):
        with pytest.raises(ComError):
            both.pointer.InOut(mine, n)
    gc.collect()
    wait_until(lambda: both.exported() == before, "the [in] references go back")


def test_at_home_a_packet_becomes_the_object_and_its_references_go_back() -> None:
    """Also where no proxy was ever made, so that nobody had a reason to keep house."""
    for coinit in (STA, MTA):
        with in_apartment(coinit) as runtime:
            probe = Probe()
            packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)
            assert pyorpc.unmarshal_interface(packet, IProbeMore) is probe
            if coinit == STA:
                pyorpc.pump_waiting_messages()
            wait_until(lambda: runtime.exporter.managers() == [], "its references go back")


def test_a_packet_that_nobody_unmarshals_can_be_released() -> None:
    with in_apartment(MTA) as runtime:
        packet = pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC)
        pyorpc.release_marshal_data(packet)
        wait_until(lambda: runtime.exporter.managers() == [], "its references go back")


def test_a_packet_of_a_dead_object_is_refused() -> None:
    with in_apartment(MTA):
        probe = Probe()
        packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)
        pyorpc.disconnect_object(probe)
        with pytest.raises(pyorpc.DisconnectedError) as dead:
            pyorpc.unmarshal_interface(packet, IProbe)
        assert dead.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED


def test_a_packet_for_use_in_process_says_so_elsewhere() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        packet = far.thread.run(pyorpc.marshal_interface, far.probe, IProbe, pyorpc.MSHCTX.INPROC)
        assert unpack(packet).bindings == ()
        with pytest.raises(ComError) as refused:
            pyorpc.unmarshal_interface(packet, IProbe)
        assert refused.value.hresult == HRESULT.OR_INVALID_OXID
        assert "inside the process" in refused.value.description


def test_an_agile_object_is_itself_in_every_apartment() -> None:
    class Agile(Probe):
        pass

    setattr(Agile, FREE_THREADED, True)
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA, Agile()) as far:
        assert pyorpc.unmarshal_interface(far.packet, IProbe) is far.probe


def test_a_proxy_that_is_passed_back_home_is_the_object() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe, mine = far.pointer(), Probe()
        assert probe.Same(mine) is mine
        same = probe.Same(probe)
        assert isinstance(same, InterfaceProxy)
        assert same is probe
        # The far side kept nothing of all that but the test's own references.
        wait_until(lambda: far.objects() == 1, "nothing else is exported")


def test_a_pointer_is_refused_outside_com() -> None:
    with pytest.raises(ComError) as refused:
        pyorpc.marshal_interface(Probe(), IProbe)
    assert refused.value.hresult == HRESULT.CO_E_NOTINITIALIZED


def test_two_hundred_pointers_later_nothing_is_left() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        probe = far.pointer()
        before = alive()
        for _ in range(200):
            assert pyorpc.release(probe.Make()) == 0
        wait_until(lambda: len(ALIVE) == before, "every object is gone")
        wait_until(lambda: far.objects() == 1, "and none is exported")
