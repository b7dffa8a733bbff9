"""Table packets of other processes' objects, made from proxies."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError, Runtime
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
STRONG, WEAK = MSHLFLAGS.TABLESTRONG, MSHLFLAGS.TABLEWEAK


def packet_of(pointer: IProbe, flags: MSHLFLAGS) -> bytes:
    return pyorpc.marshal_interface(pointer, IProbe, MSHCTX.LOCAL, flags)


def add_and_give_up(packet: bytes) -> int:
    pointer = pyorpc.unmarshal_interface(packet, IProbe)
    total = pointer.Add(1, 2)
    pyorpc.release(pointer)
    return total


def failure_of_taking(packet: bytes) -> HRESULT:
    with pytest.raises(ComError) as failed:
        pyorpc.unmarshal_interface(packet, IProbe)
    return failed.value.hresult


def failure_of_releasing(packet: bytes) -> HRESULT:
    with pytest.raises(ComError) as failed:
        pyorpc.release_marshal_data(packet)
    return failed.value.hresult


def test_a_strong_packet_keeps_the_object_for_every_process_until_it_is_released() -> None:
    with (
        FarRuntime() as far,
        Runtime() as third,
        ApartmentThread(third, STA) as elsewhere,
        in_apartment(MTA),
    ):
        pointer = far.pointer()
        packet = packet_of(pointer, STRONG)
        assert unpack(packet).public_refs == 0
        assert pyorpc.release(pointer) == 0
        for _ in range(2):
            assert add_and_give_up(packet) == 3
            assert elsewhere.run(add_and_give_up, packet) == 3
            assert far.thread.run(pyorpc.unmarshal_interface, packet, IProbe) is far.probe
        assert far.references() > 0
        for thread in (elsewhere, far.thread):  # it is released where it was made
            assert thread.run(failure_of_releasing, packet) == HRESULT.CO_E_OBJNOTCONNECTED
        pyorpc.release_marshal_data(packet)
        assert far.references() == 0
        assert failure_of_releasing(packet) == HRESULT.CO_E_OBJNOTCONNECTED
        assert failure_of_taking(packet) == HRESULT.CO_E_OBJNOTREG


def test_each_strong_packet_has_references_of_its_own() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        packets = [packet_of(pointer, STRONG) for _ in range(7)]
        more = pyorpc.marshal_interface(pointer, IProbeMore, MSHCTX.LOCAL, STRONG)
        assert pyorpc.release(pointer) == 0
        for packet in packets:
            assert add_and_give_up(packet) == 3
            pyorpc.release_marshal_data(packet)
        assert pyorpc.unmarshal_interface(more, IProbe).Add(1, 2) == 3
        pyorpc.release_marshal_data(more)
        assert failure_of_releasing(more) == HRESULT.CO_E_OBJNOTCONNECTED


def test_a_weak_packet_keeps_nothing_and_serves_while_the_object_is_there() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        packet = packet_of(pointer, WEAK)
        assert add_and_give_up(packet) == 3
        assert far.thread.run(pyorpc.unmarshal_interface, packet, IProbe) is far.probe
        assert far.references() > 0
        assert pyorpc.release(pointer) == 0
        assert far.references() == 0
        assert failure_of_taking(packet) == HRESULT.CO_E_OBJNOTREG
        pyorpc.release_marshal_data(packet)
        assert failure_of_releasing(packet) == HRESULT.CO_E_OBJNOTCONNECTED


def test_the_end_of_the_maker_is_the_end_of_what_its_packets_keep() -> None:
    with FarRuntime() as far:
        with in_apartment(STA):
            packet_of(far.pointer(), STRONG)
            assert far.references() > 0
        wait_until(lambda: far.references() == 0, "the maker's references are released")
