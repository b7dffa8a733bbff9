"""Packets made by hand, and locks."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, ComError, Runtime
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def packet_of(probe: IProbe, flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, flags)


def test_an_object_is_held_until_its_second_lock_is_undone() -> None:
    with in_apartment(STA) as runtime:
        before = alive()
        probe: Any = Probe()
        for _ in range(2):
            assert pyorpc.lock_object_external(probe, True) == HRESULT.S_OK
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        pyorpc.lock_object_external(probe, False)
        assert runtime.exporter.manager_of(probe) is manager
        pyorpc.lock_object_external(probe, False)
        assert runtime.exporter.manager_of(probe) is None
        pyorpc.lock_object_external(probe, False)  # one too many does no harm
        del probe, manager
        assert alive() == before


def test_a_lock_alone_keeps_an_object_and_a_disconnection_undoes_it() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as home:
        probe = Probe()
        home.run(pyorpc.lock_object_external, probe, True)
        assert len(runtime.exporter.managers()) == 1
        home.run(pyorpc.disconnect_object, probe)
        assert runtime.exporter.managers() == []


@pytest.mark.parametrize("releases", [False, True])
def test_the_last_unlock_leaves_weak_packets_unless_it_is_told(releases: bool) -> None:
    with in_apartment(STA):
        probe = Probe()
        packet = packet_of(probe, MSHLFLAGS.TABLEWEAK)
        pyorpc.lock_object_external(probe, True)
        pyorpc.lock_object_external(probe, False, releases)
        if releases:
            with pytest.raises(ComError) as gone:
                pyorpc.unmarshal_interface(packet, IProbe)
            assert gone.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        else:
            assert pyorpc.unmarshal_interface(packet, IProbe) is probe


def test_null_and_proxies_cannot_be_locked() -> None:
    null: Any = None
    with FarRuntime() as far, in_apartment(MTA):
        for refused in (null, far.pointer()):
            with pytest.raises(ComError) as error:
                pyorpc.lock_object_external(refused, True)
            assert error.value.hresult == HRESULT.E_INVALIDARG


def test_a_packet_of_no_kind_is_refused_and_keeps_nothing() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        for refused in (pointer, Probe()):
            with pytest.raises(ComError) as both:
                packet_of(refused, MSHLFLAGS.TABLESTRONG | MSHLFLAGS.TABLEWEAK)
            assert both.value.hresult == HRESULT.E_INVALIDARG
        assert pyorpc.release(pointer) == 0
        wait_until(lambda: far.references() == 0, "the refused packet's references are back")


def test_a_packet_that_a_client_passed_on_is_good_at_the_objects_home() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        packet = pyorpc.marshal_interface(far.pointer(), IProbe)
        assert far.thread.run(pyorpc.unmarshal_interface, packet, IProbe) is far.probe


def test_a_normal_packet_has_no_flags_and_a_table_packet_no_references() -> None:
    with in_apartment(MTA):
        probe = Probe()
        assert unpack(packet_of(probe))[1:3] == (0, 5)
        strong = unpack(packet_of(probe, MSHLFLAGS.TABLESTRONG))
        assert strong.flags != 0
        assert strong.public_refs == 0
