"""Proxy/stub factories, and the table of them."""

from __future__ import annotations

from typing import Any

import pytest

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, MSHCTX, ComError, Guid, IPSFactoryBuffer, Runtime
from pyorpc.remoting.proxy import proxy_class_for
from pyorpc.remoting.proxy_stub_classes import ProxyStubClasses
from pyorpc.remoting.stub import stub_class_for
from pyorpc.unknown import IUnknown, iid_of
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe, IProbeProxy, IProbeStub

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CLSID = Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1701")


class TracingProxy(IProbeProxy):
    """Adds one to what comes back."""

    def Add(self, a: int, b: int) -> int:
        return super().Add(a, b) + 1


class TracingStub(IProbeStub):
    """Is told of its object like any other."""


class Factory(IPSFactoryBuffer):
    """Has classes for IProbe; `proxy` and `stub` are what it answers."""

    def __init__(self, proxy: Any = TracingProxy, stub: Any = TracingStub) -> None:
        self.proxy = proxy
        self.stub = stub
        self.asked: list[Any] = []

    def CreateProxy(self, outer: IUnknown | None, riid: Any) -> Any:
        self.asked.append((outer, riid))
        return self.proxy

    def CreateStub(self, riid: Any, server: IUnknown) -> Any:
        self.asked.append((riid, server))
        return self.stub


def offer(factory: Factory) -> None:
    pyorpc.register_class_object(CLSID, factory, CLSCTX.INPROC_SERVER)
    pyorpc.register_ps_clsid(IProbe, CLSID)


def test_a_factory_has_the_classes_of_proxies_and_stubs() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        there, here = Factory(), Factory()
        a.run(offer, there)
        b.run(pyorpc.register_class_object, CLSID, here, CLSCTX.INPROC_SERVER)
        probe = Probe()
        packet = a.run(pyorpc.marshal_interface, probe, IProbe, MSHCTX.INPROC)
        pointer = b.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert isinstance(pointer, TracingProxy)
        assert b.run(pointer.Add, 1, 2) == 4
        assert there.asked == [(IProbe, probe)]
        assert here.asked == [(None, IProbe)]


def test_null_means_the_generated_class_and_what_is_no_class_is_refused() -> None:
    with FarRuntime() as far, in_apartment(STA):
        factory = Factory(None, None)
        offer(factory)
        pointer = far.pointer()
        assert type(pointer) is IProbeProxy
        assert pointer.Same(Probe()) is not None  # so it was marshaled
        for refused in (Probe, "text"):
            factory.stub = refused
            with pytest.raises(ComError) as error:
                pyorpc.marshal_interface(Probe(), IProbe)
            assert error.value.hresult == HRESULT.E_INVALIDARG


def test_a_factory_that_makes_no_proxy_fails_the_unmarshal_and_keeps_nothing() -> None:
    class NoProxies(Factory):
        def CreateProxy(self, outer: IUnknown | None, riid: Any) -> Any:
            raise ComError(HRESULT.E_OUTOFMEMORY, "no proxies today")

    with FarRuntime() as far, in_apartment(STA):
        offer(NoProxies())
        with pytest.raises(ComError) as error:
            far.pointer()
        assert error.value.hresult == HRESULT.E_OUTOFMEMORY


def test_a_class_that_derives_from_a_generated_one_does_not_take_its_place() -> None:
    assert stub_class_for(IProbe) is IProbeStub
    assert proxy_class_for(IProbe) is IProbeProxy


def test_the_last_entry_counts_and_clear_forgets_all() -> None:
    table = ProxyStubClasses()
    iid = iid_of(Guid.new())
    for clsid in (Guid.new(), CLSID):
        table.register(iid, clsid)
    assert table.clsid_of(iid) == CLSID
    table.clear()
    with pytest.raises(ComError) as error:
        table.clsid_of(iid)
    assert error.value.hresult == HRESULT.REGDB_E_IIDNOTREG
    assert table.clsid_of(IProbe.IID) == IProbe.IID
