"""What a process answers to a LOOK: also stuck, never more than fits, not to everybody."""

from __future__ import annotations

import threading

import msgspec
import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.sight import Sight
from pyorpc.testing import WirePeer
from pyorpc.wire import sight
from pyorpc.wire.packets import VERSION, Kind, Look
from pyorpc.wire.sight import CALLS, PROCESS, REFERENCES, ApartmentSeen, CallsSeen, ProcessSeen
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def look(what: str, oid: int = 0) -> Look:
    return Look(VERSION, Kind.LOOK, 1, what, oid)


def asker_of(runtime: Runtime) -> PeerProcess:
    peer = PeerProcess("0" * 32, ())
    peer.host = runtime.identity.host
    return peer


def own(runtime: Runtime) -> ProcessSeen:
    seen = Sight(runtime).answer(look(PROCESS), asker_of(runtime))
    assert isinstance(seen, ProcessSeen)
    return seen


def apartment(runtime: Runtime, kind: str) -> ApartmentSeen:
    (found,) = [each for each in own(runtime).apartments if each.kind == kind]
    return found


class Waiter(Probe):
    """Sleeps until it may go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


def test_an_sta_is_idle_then_running_and_the_callers_sta_waits() -> None:
    waiter = Waiter()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as near,
        ProbeThread(runtime, STA, waiter) as far,
    ):
        proxy = near.run(pyorpc.unmarshal_interface, far.packet, IProbe)
        states = {each.thread_id: each.state for each in own(runtime).apartments}
        assert states == {near.ident: "idle", far.ident: "idle"}
        sleeping = near.begin(proxy.Sleep, 1)
        assert waiter.started.wait(DEADLINE_S)
        states = {each.thread_id: each.state for each in own(runtime).apartments}
        assert states == {near.ident: "waiting", far.ident: "running"}
        waiter.may_go_on.set()
        sleeping.join()
        near.run(pyorpc.release, proxy)
        del sleeping, proxy


def test_an_sta_whose_thread_does_something_else_is_outside() -> None:
    with in_apartment(STA) as runtime:
        assert apartment(runtime, "STA").state == "outside"


def test_the_mta_says_how_many_threads_its_pool_has_and_whether_one_runs() -> None:
    waiter = Waiter()
    with FarRuntime(MTA, waiter) as far, in_apartment(MTA):
        proxy = far.pointer()
        assert apartment(far.runtime, "MTA").state == "idle"
        call = pyorpc.create_call(proxy, AsyncIProbe)
        call.Begin_Sleep(1)
        assert waiter.started.wait(DEADLINE_S)
        seen = apartment(far.runtime, "MTA")
        assert (seen.state, seen.objects) == ("running", 1)
        assert seen.threads >= 1
        waiter.may_go_on.set()
        call.Finish_Sleep()
        pyorpc.release(proxy)


def test_it_answers_over_the_wire_while_the_only_apartment_is_stuck() -> None:
    waiter = Waiter()
    with FarRuntime(STA, waiter) as far, in_apartment(MTA):
        packet = far.packet()
        call = pyorpc.create_call(pyorpc.unmarshal_interface(packet, IProbe), AsyncIProbe)
        call.Begin_Sleep(1)
        assert waiter.started.wait(DEADLINE_S)
        with WirePeer(packet, to_process=True) as peer:
            peer.send_packet(look(CALLS))
            assert peer.receive() == HRESULT.S_OK
            seen = msgspec.msgpack.decode(peer.body, type=CallsSeen)
            assert [each.method for each in seen.calls] == ["IProbe.Sleep"]
            assert seen.calls[0].oxid in seen.calls[0].apartment
            peer.send_packet(look("nothing"))
            assert peer.receive() == HRESULT.E_INVALIDARG
        waiter.may_go_on.set()
        call.Finish_Sleep()


def test_without_a_hello_it_says_nothing() -> None:
    with FarRuntime() as far, WirePeer(far.packet(), to_process=True, greets=False) as peer:
        peer.send_packet(look(PROCESS))
        assert peer.receive() == HRESULT.RPC_E_INVALID_HEADER


def test_who_is_on_another_host_learns_of_an_object_that_it_knows_and_of_nothing_else() -> None:
    with FarRuntime() as far:
        far.packet()
        stranger = PeerProcess("1" * 32, ())
        stranger.host = "elsewhere"
        for what in (PROCESS, CALLS, REFERENCES):
            with pytest.raises(ComError) as refused:
                Sight(far.runtime).answer(look(what), stranger)
            assert refused.value.hresult == HRESULT.E_ACCESSDENIED
        manager = far.runtime.exporter.manager_of(far.probe)
        assert manager is not None
        seen = Sight(far.runtime).answer(look(REFERENCES, manager.oid), stranger)
        assert isinstance(seen, sight.ReferencesSeen)
        assert [each.count for each in seen.references] == [5]
        unknown = Sight(far.runtime).answer(look(REFERENCES, manager.oid ^ 1), stranger)
        assert isinstance(unknown, sight.ReferencesSeen)
        assert unknown.references == []


def test_a_long_answer_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyorpc.remoting.sight.MOST", 3)
    with FarRuntime() as far:
        probes = [Probe() for _ in range(5)]
        for probe in probes:
            far.packet(probe)
        seen = Sight(far.runtime).answer(look(REFERENCES), asker_of(far.runtime))
        assert isinstance(seen, sight.ReferencesSeen)
        assert (len(seen.references), seen.left_out) == (3, 2)


def test_it_waits_for_no_lock_of_an_object() -> None:
    """Step 1: somebody holds an object's lock. 2: it is looked at all the same."""
    with FarRuntime() as far:
        far.packet()
        manager = far.runtime.exporter.manager_of(far.probe)
        assert manager is not None
        answers: list[object] = []
        with manager.lock, far.runtime.exporter._lock:
            looking = threading.Thread(
                target=lambda: answers.append(
                    Sight(far.runtime).answer(look(REFERENCES), asker_of(far.runtime))
                )
            )
            looking.start()
            looking.join(DEADLINE_S)
            assert len(answers) == 1
