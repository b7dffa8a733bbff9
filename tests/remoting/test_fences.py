"""A release of a proxy never overtakes its one-way calls; nothing waits for ever."""

from __future__ import annotations

import gc

import pytest

import pyorpc
from pyorpc import COINIT
from pyorpc.remoting.fences import MOST, Fences
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import in_apartment
from tests.support.recorder import Recorder
from tests.support.recorder_idl import IRecorder
from tests.support.tcp_relay import TcpRelay
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LINE = ("peer", b"token")
LOAD = bytes(200_000)


def recorder_packet(far: FarRuntime, recorder: Recorder) -> bytes:
    return far.thread.run(pyorpc.marshal_interface, recorder, IRecorder)


@pytest.mark.parametrize("home", [STA, MTA])
@pytest.mark.parametrize("caller", [STA, MTA])
@pytest.mark.parametrize("is_collected", [True, False])
def test_a_release_does_not_overtake_a_one_way_call(
    caller: COINIT, home: COINIT, is_collected: bool
) -> None:
    with FarRuntime(home) as far, in_apartment(caller):
        recorder = Recorder()
        heard = recorder.heard
        pointer = pyorpc.unmarshal_interface(recorder_packet(far, recorder), IRecorder)
        del recorder
        gate = Gate()
        held = far.thread.begin(gate.stop_here)
        gate.wait_until_reached()  # an STA looks at no socket now, not even at the first HELLO
        pointer.Tell(1, 1, len(LOAD), LOAD)
        if is_collected:
            del pointer
            gc.collect()
            if home == STA:
                fences = far.runtime.resolver.desk.fences
                wait_until(lambda: bool(fences._waiting), "the release is there, and waits")
        else:
            pyorpc.release(pointer)
        gate.open()
        held.join()
        wait_until(lambda: heard == [(1, 1)], "the one-way call has run")
        wait_until(lambda: far.objects() == 0, "and then the object is let go of")


def test_thousands_of_objects_are_told_and_released_at_once() -> None:
    with FarRuntime(STA) as far, in_apartment(MTA):
        recorders = [Recorder() for _ in range(300)]
        heard = [recorder.heard for recorder in recorders]
        packets = [recorder_packet(far, recorder) for recorder in recorders]
        del recorders
        for number, packet in enumerate(packets):
            pointer = pyorpc.unmarshal_interface(packet, IRecorder)
            pointer.Tell(0, number, 0, b"")
            del pointer
        wait_until(lambda: all(heard), "each has heard")
        wait_until(lambda: far.objects() == 0, "each is let go of")
        assert far.thread.run(pyorpc.statistics).one_way_failed == 0


def test_a_release_does_not_wait_for_a_line_that_broke() -> None:
    with (
        FarRuntime(STA, insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        in_apartment(MTA, insecure=True),
    ):
        packet = recorder_packet(far, Recorder())
        with TcpRelay.to_apartment_of(unpack(packet)) as relay:
            pointer = pyorpc.unmarshal_interface(relay.packet, IRecorder)
            pointer.Note(1, 1)
            gate = Gate()
            held = far.thread.begin(gate.stop_here)
            gate.wait_until_reached()
            pointer.Tell(1, 1, 0, b"")
            relay.cut()
            pyorpc.release(pointer)
            gate.open()
            held.join()
            wait_until(lambda: far.objects() == 0, "the object is let go of")


def test_an_object_in_the_process_is_kept_by_a_one_way_call_too() -> None:
    with in_apartment(MTA) as near, ApartmentThread(near, STA) as home:
        recorder = Recorder()
        heard = recorder.heard
        packet = home.run(pyorpc.marshal_interface, recorder, IRecorder)
        pointer = pyorpc.unmarshal_interface(packet, IRecorder)
        del recorder
        gate = Gate()
        held = home.begin(gate.stop_here)
        gate.wait_until_reached()
        pointer.Tell(1, 1, 0, b"")
        del pointer
        wait_until(lambda: near.exporter.managers()[0].public_refs == 0, "it is released")
        gate.open()
        held.join()
        wait_until(lambda: heard == [(1, 1)], "the one-way call has run")
        wait_until(lambda: near.exporter.managers() == [], "and then the object is let go of")


def test_a_release_waits_for_its_fence_whichever_comes_first() -> None:
    fences, released = Fences(), list[int]()
    fences.wait(LINE, 1, lambda: released.append(1))
    fences.wait(LINE, 2, lambda: released.append(2))
    assert released == []
    fences.read(LINE, 2)
    assert released == [2]
    fences.read(LINE, 3)
    fences.wait(LINE, 3, lambda: released.append(3))
    assert released == [2, 3]
    fences.line_ended(LINE)
    assert released == [2, 3, 1]
    fences.wait(LINE, 4, lambda: released.append(4))
    assert released == [2, 3, 1, 4]


def test_a_dead_peer_releases_nothing_and_floods_are_bounded() -> None:
    fences, released = Fences(), list[int]()
    fences.wait(LINE, 1, lambda: released.append(1))
    fences.peer_ended("peer")
    fences.line_ended(LINE)
    assert released == []
    for number in range(MOST + 10):
        fences.wait(("other", b""), number, lambda: released.append(1))
        fences.read(("third", b""), number)
    assert len(released) == 10
    assert len(fences._read) == MOST
