"""IMarshal of proxies, and the standard marshaler that objects fall back on."""

from __future__ import annotations

from typing import Any

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, CLSID_StdMarshal, IMarshal, Runtime
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, alive, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_imarshal_of_a_proxy_writes_and_reads_packets_of_its_object() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        marshal = pointer.QueryInterface(IMarshal)
        how = MSHCTX.LOCAL, MSHLFLAGS.NORMAL
        assert marshal.GetUnmarshalClass(IProbe, *how) == CLSID_StdMarshal
        packet = marshal.MarshalInterface(IProbeMore, *how)
        assert unpack(packet).oid == unpack(far.packet()).oid
        assert marshal.UnmarshalInterface(packet, IProbe) is pointer
        marshal.ReleaseMarshalData(marshal.MarshalInterface(IProbe, *how))
        assert failure_of(marshal.MarshalInterface, INobody, *how) == HRESULT.E_NOINTERFACE
        marshal.DisconnectObject()
        assert pointer.Add(1, 2) == 3


def test_get_standard_marshal_gives_the_packets_of_marshal_interface() -> None:
    with in_apartment(STA):
        before = alive()
        probes = [Probe()]
        marshal = pyorpc.get_standard_marshal(IProbe, probes[0], MSHCTX.INPROC, MSHLFLAGS.NORMAL)
        assert marshal.GetUnmarshalClass(IProbe, MSHCTX.INPROC, 0) == CLSID_StdMarshal
        packet = marshal.MarshalInterface(IProbe, MSHCTX.INPROC, MSHLFLAGS.NORMAL)
        assert unpack(packet)[:3] == (IProbe.IID, 0, 5)
        assert unpack(packet).bindings == ()
        assert pyorpc.unmarshal_interface(packet, IProbe) is probes[0]
        packet = marshal.MarshalInterface(IProbe, MSHCTX.INPROC, MSHLFLAGS.NORMAL)
        assert marshal.UnmarshalInterface(packet, IProbe) is probes[0]
        again = failure_of(marshal.UnmarshalInterface, packet, IProbe)
        assert again == HRESULT.CO_E_OBJNOTCONNECTED
        packet = marshal.MarshalInterface(IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLESTRONG)
        del marshal
        probes.clear()
        assert alive() == before + 1
        reads_only = pyorpc.get_standard_marshal(IProbe, None, MSHCTX.INPROC, 0)
        reads_only.ReleaseMarshalData(packet)
        assert alive() == before
        assert failure_of(reads_only.MarshalInterface, IProbe, 3, 0) == HRESULT.E_INVALIDARG


def test_disconnect_object_takes_the_object_from_its_clients() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as host,
        ApartmentThread(runtime, MTA) as client,
    ):
        probe = Probe()
        marshal = host.run(pyorpc.get_standard_marshal, IProbe, probe, MSHCTX.INPROC, 0)
        packet = host.run(marshal.MarshalInterface, IProbe, MSHCTX.INPROC, 0)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        host.run(marshal.DisconnectObject)
        assert client.run(failure_of, pointer.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED


def test_get_standard_marshal_needs_an_interface_and_an_apartment() -> None:
    null: Any = None
    outside = failure_of(pyorpc.get_standard_marshal, IProbe, Probe(), MSHCTX.INPROC, 0)
    assert outside == HRESULT.CO_E_NOTINITIALIZED
    with in_apartment(STA):
        assert failure_of(pyorpc.get_standard_marshal, null, Probe()) == HRESULT.E_INVALIDARG
