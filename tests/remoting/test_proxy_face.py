"""What a proxy answers by itself is the proxy, as far as identity goes."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ICallFactory, IUnknown, Runtime
from pyorpc.unknown import IUnknown as Unknown
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import INobody, IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
FACES: list[type[Unknown]] = [
    ICallFactory,
    pyorpc.IClientSecurity,
    pyorpc.IMarshal,
    pyorpc.IMultiQI,
]


@pytest.mark.parametrize("iface", FACES)
def test_query_interface_leads_from_a_face_to_the_proxy_and_to_other_faces(iface: Any) -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        face = pointer.QueryInterface(iface)
        assert pointer.QueryInterface(iface.IID).QueryInterface(IProbe) is pointer
        assert face.QueryInterface(IUnknown) is pointer.QueryInterface(IUnknown)
        assert [isinstance(face.QueryInterface(other), other) for other in FACES] == [True] * 4
        assert failure_of(face.QueryInterface, INobody) == HRESULT.E_NOINTERFACE
        assert pyorpc.is_same_object(face, pointer)
        assert not pyorpc.is_same_object(face, Probe())
        assert not pyorpc.is_same_object(Probe(), face)


def test_a_face_that_is_passed_on_is_its_object() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        face: Any = pointer.QueryInterface(pyorpc.IMultiQI)
        assert pointer.Same(face) is pointer
        packet = pyorpc.marshal_interface(face, IProbe)
        assert far.thread.run(pyorpc.unmarshal_interface, packet, IProbe) is far.probe


def test_a_face_does_nothing_in_the_wrong_apartment_or_after_the_release() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA) as host,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        proxy = a.run(pyorpc.unmarshal_interface, host.packet, IProbe)
        many: Any = a.run(proxy.QueryInterface, pyorpc.IMultiQI)
        safe: Any = a.run(proxy.QueryInterface, pyorpc.IClientSecurity)
        packs: Any = a.run(proxy.QueryInterface, pyorpc.IMarshal)
        uses = [
            lambda: many.QueryMultipleInterfaces([IProbe]),
            lambda: many.QueryInterface(IProbe),
            lambda: safe.QueryBlanket(proxy),
            lambda: packs.MarshalInterface(IProbe, 3, 0),
        ]
        for use in uses:
            assert b.run(failure_of, use) == HRESULT.RPC_E_WRONG_THREAD
        assert a.run(pyorpc.release, proxy) == 0
        for use in uses:
            assert a.run(failure_of, use) == HRESULT.CO_E_OBJNOTCONNECTED
