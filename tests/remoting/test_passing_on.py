"""References that travel: passed on to third processes, taken back, lost. The counts stay true."""

from __future__ import annotations

import threading

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, Runtime
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.reference_desk import ReferenceDesk
from pyorpc.wire.packets import Count
from tests.conftest import Spawn
from tests.processes.test_references import alive_in, probe_in
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def counts(far: FarRuntime) -> tuple[int, int]:
    manager = far.runtime.exporter.manager_of(far.probe)
    return (0, 0) if manager is None else (manager.public_refs, manager.claimed_refs)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_packet_leaves_only_when_its_exporter_knows_that_it_is_passed_on(coinit: COINIT) -> None:
    with FarRuntime() as owner, Runtime() as near, ApartmentThread(near, coinit) as thread:
        pointer = thread.run(pyorpc.unmarshal_interface, owner.packet(), IProbe)
        with Gate.before(ReferenceDesk, "transferred") as gate:
            passing = thread.begin(pyorpc.marshal_interface, pointer, IProbe)
            gate.wait_until_reached()  # 1. the owner is about to note it
            assert not passing.wait(0.1)  # 2. it must not be in anybody's hands before
            gate.open()  # 3. noted
            packet = passing.join()
        with in_apartment(MTA):  # a third process
            taken = pyorpc.unmarshal_interface(packet, IProbe)
            wait_until(lambda: counts(owner) == (PUBLIC_REFS, PUBLIC_REFS), "all are claimed")
            thread.run(pyorpc.release, pointer)
            assert taken.Add(1, 2) == 3
            pyorpc.release(taken)
        assert counts(owner) == (0, 0)


def test_a_pointer_is_passed_on_also_if_its_process_has_gone() -> None:
    with in_apartment(MTA), FarRuntime() as other:
        with FarRuntime() as owner:
            pointer = owner.pointer()
            assert pointer.Add(1, 2) == 3
        assert other.pointer().Same(pointer) == pointer


def test_a_claim_is_granted_though_others_came_home_before_that_was_told() -> None:
    with in_apartment(MTA) as runtime:
        manager = runtime.exporter.export(Probe(), thread_state())
        refs = [
            runtime.exporter.reference(manager, IProbe, is_remote=False).ipid.bytes
            for _ in range(2)
        ]
        ipid = refs[0]
        holder = runtime.resolver.peer("ab" * 16, ())
        taker = runtime.resolver.peer("cd" * 16, ())
        runtime.desk.claimed(holder, [Count(ipid, 5)])
        runtime.desk.sent(taker.process_id, ipid, 5)
        # 1. Two of the holder's are in a pointer that came home; it is read first and released.
        runtime.exporter.release(ipid, 2)
        # 2. The taker's claim.
        runtime.desk.claimed(taker, [Count(ipid, 5)])
        # 3. The holder's word that it passed two on.
        runtime.desk.transferred(holder, [Count(ipid, 2)], runtime.identity.process_id)
        assert (holder.references, taker.references, manager.public_refs) == (3, 5, 8)
        assert manager.claimed_refs == 8
        assert manager.adrift == 0


def test_what_is_passed_to_a_process_that_dies_is_released(spawn: Spawn) -> None:
    owner, taker = spawn(serve_probe, int(MTA), {}), spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA):
        made = probe_in(owner).Make()
        assert made is not None
        to = probe_in(taker)
        assert to.Add(1, 2) == 3
        call = pyorpc.create_call(to, AsyncIProbe)
        taker.stop()
        call.Begin_Hold(made)  # its references are between the two
        taker.kill9()
        with pytest.raises(pyorpc.DisconnectedError):
            call.Finish_Hold()
        pyorpc.release(made)
        wait_until(lambda: alive_in(owner) <= 1, "nobody has the object any more")


def test_an_object_of_another_apartment_passed_to_a_process_that_dies_is_released(
    spawn: Spawn,
) -> None:
    taker = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA) as near, ProbeThread(near, STA) as other:
        before = alive()
        made = pyorpc.unmarshal_interface(other.packet, IProbe).Make()
        to = probe_in(taker)
        assert to.Add(1, 2) == 3
        call = pyorpc.create_call(to, AsyncIProbe)
        taker.stop()
        call.Begin_Hold(made)
        taker.kill9()
        with pytest.raises(pyorpc.DisconnectedError):
            call.Finish_Hold()
        del made
        wait_until(lambda: alive() <= before, "nobody has the object any more")


class Busy(Probe):
    """Does not come back until it is allowed to."""

    def Echo(self, text: str) -> str:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return text


@pytest.mark.parametrize("is_remote", [True, False])
def test_a_call_that_is_cancelled_before_it_starts_gives_back_its_pointers(is_remote: bool) -> None:
    before = alive()
    with FarRuntime(STA, Busy()) as far:
        near = Runtime() if is_remote else far.runtime
        with near.enter_apartment(MTA), ApartmentThread(near, MTA) as caller:
            pointer = caller.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
            caller.run(pyorpc.enable_call_cancellation)
            busy = caller.run(pyorpc.create_call, pointer, AsyncIProbe)
            caller.run(busy.Begin_Echo, "busy")
            assert far.probe.started.wait(DEADLINE_S)
            waiting = caller.begin(pointer.Hold, Probe())
            wait_until(lambda: is_waiting(near, caller), "the call is on its way")
            assert pyorpc.cancel_call(caller.ident) == HRESULT.S_OK
            with pytest.raises(pyorpc.CallCanceledError):
                waiting.join()
            del waiting
            if is_remote:
                wait_until(far.has_cancelled_calls, "the cancel has come there")
            far.probe.may_go_on.set()
            assert caller.run(busy.Finish_Echo) == "busy"
            wait_until(lambda: alive() <= before + 1, "the argument is released")
            assert far.probe.held is None
        if is_remote:
            near.close()


def is_waiting(near: Runtime, caller: ApartmentThread) -> bool:
    state = near.thread(caller.ident)
    return state is not None and len(state.outgoing) == 1


def test_an_abandoned_call_that_an_ended_apartment_refuses_gives_back_its_pointers() -> None:
    before = alive()
    far = FarRuntime(STA, Busy())
    with in_apartment(MTA):
        pointer = far.pointer()
        busy, abandoned = (pyorpc.create_call(pointer, AsyncIProbe) for _ in range(2))
        busy.Begin_Echo("busy")
        assert far.probe.started.wait(DEADLINE_S)
        abandoned.Begin_Hold(Probe())  # to an STA that does not look at its sockets
        del abandoned
        wait_until(far.has_mail, "it has arrived")
        closing = threading.Thread(target=far.thread.close)
        closing.start()
        far.probe.may_go_on.set()
        closing.join(DEADLINE_S)
        wait_until(lambda: alive() <= before + 1, "the argument is released")
        assert far.probe.held is None
    far.runtime.close()


def test_inside_a_process_likewise() -> None:
    before = alive()
    far = FarRuntime(STA, Busy())
    with far.runtime.enter_apartment(MTA):
        pointer = far.pointer()
        busy, abandoned = (pyorpc.create_call(pointer, AsyncIProbe) for _ in range(2))
        busy.Begin_Echo("busy")
        assert far.probe.started.wait(DEADLINE_S)
        abandoned.Begin_Hold(Probe())
        sta = far.runtime.sta_of(far.thread.ident)
        assert sta is not None
        assert sta.queue_length() == 1
        del abandoned
        wait_until(lambda: len(far.runtime.table.outgoing) == 1, "nobody waits for it")
        pyorpc.disconnect_object(far.probe)  # so it is refused when its turn comes
        far.probe.may_go_on.set()
        wait_until(lambda: alive() <= before + 1, "the argument is released")
        assert far.probe.held is None
    far.close()


def make_for(test: Parent, packet: bytes) -> None:
    """A caller that ends while its call runs: only its STA, or all of it."""
    with Runtime() as runtime:
        with runtime.enter_apartment(STA):
            call = pyorpc.create_call(pyorpc.unmarshal_interface(packet, IProbe), AsyncIProbe)
            call.Begin_Make()
            test.receive()
        test.send("its apartment has ended")
        test.receive()


class SlowMaker(Probe):
    """Makes an object once it is allowed to."""

    def Make(self) -> IProbe | None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)
        return Probe()


def test_results_for_an_apartment_that_has_ended_are_released(spawn: Spawn) -> None:
    with FarRuntime(MTA, SlowMaker()) as far:
        caller = spawn(make_for, far.packet())
        assert far.probe.started.wait(DEADLINE_S)
        caller.send("end")
        caller.receive()  # 1. nobody reads the reply
        wait_until(lambda: lines_of(far) == 0, "2. its goodbye is heard")
        far.probe.may_go_on.set()  # 3. the reply
        wait_until(lambda: far.objects() == 0, "what nobody took is released")
        caller.send("end")
        assert caller.join() == 0


def lines_of(far: FarRuntime) -> int:
    return sum(len(lines.all_lines()) for lines in far.runtime.all_lines())
