"""The free-threaded marshaler: IMarshal of agile objects."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    MSHCTX,
    MSHLFLAGS,
    CLSID_InProcFreeMarshaler,
    CLSID_StdMarshal,
    IMarshal,
    IUnknown,
    Runtime,
)
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_classes import ProbeAgile, ProbeBoth
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC, NORMAL = MSHCTX.INPROC, MSHLFLAGS.NORMAL


class Aggregating(Probe):
    """Aggregates it by hand, as one does in COM."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = pyorpc.create_free_threaded_marshaler(self)

    def QueryInterface(self, iface: Any) -> Any:
        if iface in (IMarshal, IMarshal.IID):
            return self.inner.QueryInterface(IMarshal)
        return super().QueryInterface(iface)


@pytest.mark.parametrize("agile", [ProbeAgile, Aggregating])
def test_an_agile_object_answers_imarshal_for_itself(agile: type[Probe]) -> None:
    with in_apartment(STA):
        probe = agile()
        marshal = probe.QueryInterface(IMarshal)
        assert pyorpc.is_same_object(marshal, probe)
        assert marshal.QueryInterface(IUnknown) is probe
        for dest, reader in (
            (MSHCTX.INPROC, CLSID_InProcFreeMarshaler),
            (MSHCTX.CROSSCTX, CLSID_InProcFreeMarshaler),
            (MSHCTX.LOCAL, CLSID_StdMarshal),
            (MSHCTX.DIFFERENTMACHINE, CLSID_StdMarshal),
        ):
            assert marshal.GetUnmarshalClass(IProbe, dest, NORMAL) == reader
        marshal.DisconnectObject()
        assert probe.Add(1, 2) == 3
    with in_apartment(STA):
        assert failure_of(ProbeBoth().QueryInterface, IMarshal) == HRESULT.E_NOINTERFACE


@pytest.mark.parametrize("agile", [ProbeAgile, Aggregating])
def test_its_packets_give_the_object_itself_in_every_apartment(agile: type[Probe]) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, MTA) as other,
    ):
        before = alive()
        probes: list[Any] = [home.run(agile)]
        marshal: Any = home.run(probes[0].QueryInterface, IMarshal)
        packet = home.run(marshal.MarshalInterface, IProbe, INPROC, NORMAL)
        assert other.run(marshal.UnmarshalInterface, packet, IProbe) is probes[0]
        strong = home.run(marshal.MarshalInterface, IProbe, INPROC, MSHLFLAGS.TABLESTRONG)
        del marshal
        probes.clear()
        for thread in (home, other):
            thread.run(int)
        assert alive() == before + 1
        found: list[Any] = []
        other.run(lambda: found.append(pyorpc.unmarshal_interface(strong, IProbe)))
        assert other.run(found[0].ThreadId) == other.ident
        found.clear()
        other.run(pyorpc.release_marshal_data, strong)
        for thread in (home, other):
            thread.run(int)
        assert alive() == before


def test_in_another_process_an_agile_object_is_a_proxy() -> None:
    with FarRuntime(STA, ProbeAgile()) as far, in_apartment(MTA):
        pointer = far.pointer()
        assert pointer.ThreadId() == far.thread.ident
        assert pyorpc.is_same_object(pointer.QueryInterface(IMarshal), pointer)


def test_a_free_threaded_marshaler_can_stand_alone_and_has_two_interfaces() -> None:
    with in_apartment(MTA):
        alone = pyorpc.create_free_threaded_marshaler(None)
        marshal = alone.QueryInterface(IMarshal.IID)
        assert isinstance(marshal, IMarshal)
        assert alone.QueryInterface(IUnknown) is alone
        assert failure_of(alone.QueryInterface, IProbe) == HRESULT.E_NOINTERFACE
        packet = marshal.MarshalInterface(IUnknown, INPROC, NORMAL)
        assert marshal.UnmarshalInterface(packet, IUnknown) is alone
        assert marshal.QueryInterface(IMarshal).QueryInterface(IUnknown) is alone


def test_it_does_not_keep_the_outer_object() -> None:
    with in_apartment(STA):
        before = alive()
        probe = Probe()
        inner = pyorpc.create_free_threaded_marshaler(probe)
        del probe
        assert alive() == before
        assert failure_of(inner.QueryInterface, IMarshal) == HRESULT.CO_E_OBJNOTCONNECTED


def test_proxies_and_threads_outside_com_are_refused() -> None:
    assert failure_of(pyorpc.create_free_threaded_marshaler, Probe()) == (
        HRESULT.CO_E_NOTINITIALIZED
    )
    with FarRuntime() as far, in_apartment(STA):
        for outer in (far.pointer(), far.pointer().QueryInterface(IMarshal)):
            refused = failure_of(pyorpc.create_free_threaded_marshaler, outer)
            assert refused == HRESULT.E_INVALIDARG
    assert failure_of(ProbeAgile().QueryInterface, IMarshal) == HRESULT.CO_E_NOTINITIALIZED
