"""MSH: table packets."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, Runtime
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.failures import failure_of
from tests.support.hand_packets import give_up, new_packet, packet_of, take
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_MSH_13_table_weak_packet() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as client,
    ):
        before = alive()
        probes = [Probe()]
        packet = host.run(packet_of, probes[0], MSHLFLAGS.TABLEWEAK)
        first = client.run(take, packet)
        second = client.run(take, packet)
        probes.clear()
        assert alive() == before + 1
        assert client.run(second.Add, 1, 2) == 3
        client.run(pyorpc.release, first)
        assert alive() == before + 1
        client.run(give_up, second)
        wait_until(lambda: alive() == before, "the object goes with its last proxy")
        assert client.run(failure_of, take, packet) == HRESULT.CO_E_OBJNOTREG


def test_MSH_13_a_weak_packet_neither_keeps_its_object_nor_minds_if_it_stays() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, MTA) as client,
    ):
        before = alive()
        probes = [Probe()]
        packet = host.run(packet_of, probes[0], MSHLFLAGS.TABLEWEAK)
        for _ in range(3):
            pointer = client.run(take, packet)
            assert client.run(pointer.ThreadId) == host.ident
            client.run(give_up, pointer)
        assert host.run(take, packet) is probes[0]
        probes.clear()
        assert alive() == before
        assert runtime.exporter.managers() == []
        assert client.run(failure_of, take, packet) == HRESULT.CO_E_OBJNOTREG


def take_twice(test: Parent, packet: bytes) -> None:
    """In a child process: two pointers from one packet, and both given up."""
    with in_apartment(MTA):
        for _ in range(2):
            pointer = take(packet)
            test.send(pointer.Add(1, 2))
            give_up(pointer)
        test.receive()


@pytest.mark.parametrize("flags", [MSHLFLAGS.TABLEWEAK, MSHLFLAGS.TABLESTRONG])
def test_MSH_13_and_17_from_another_process(flags: MSHLFLAGS, spawn: Spawn) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as host:
        before = alive()
        probes = [Probe()]
        packet = host.run(pyorpc.marshal_interface, probes[0], IProbe, MSHCTX.LOCAL, flags)
        with spawn(take_twice, packet) as child:
            assert [child.receive(), child.receive()] == [3, 3]
            probes.clear()
            is_strong = flags is MSHLFLAGS.TABLESTRONG
            wait_until(lambda: alive() == before + is_strong, "only the strong packet keeps it")
            if is_strong:
                host.run(pyorpc.release_marshal_data, packet)
                assert alive() == before
            child.send("end")
            assert child.join() == 0


def test_MSH_17_table_strong_packet() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as client,
    ):
        before = alive()
        packet = host.run(new_packet, MSHLFLAGS.TABLESTRONG)
        for _ in range(2):
            client.run(give_up, client.run(take, packet))
        assert alive() == before + 1
        assert host.run(take, packet).Add(1, 2) == 3
        host.run(pyorpc.release_marshal_data, packet)
        wait_until(lambda: alive() == before, "the object goes with its packet")
        for again in (take, pyorpc.release_marshal_data):
            assert host.run(failure_of, again, packet) == HRESULT.CO_E_OBJNOTCONNECTED
