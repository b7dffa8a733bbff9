"""Proxies as Python objects: equality, release, `with`, and what they answer by themselves."""

from __future__ import annotations

from typing import cast

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, IUnknown
from pyorpc.remoting.marshaler import Marshaler
from pyorpc.remoting.proxy import InterfaceProxy, UnknownProxy, proxy_class_for
from pyorpc.remoting.proxy_manager import ProxyManager
from tests.support.far_runtime import FarRuntime, two_threads_near
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore, IProbeProxy

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def test_a_generated_proxy_class_is_found_by_its_interface() -> None:
    class Local(IUnknown):
        pass

    assert proxy_class_for(IProbe) is IProbeProxy
    assert proxy_class_for(IUnknown) is UnknownProxy
    assert proxy_class_for(IProbe.IID) is UnknownProxy
    assert proxy_class_for(Local) is None


def test_proxies_of_one_object_are_equal_and_hash_alike() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe, again = far.pointer(), far.pointer()
        other = probe.Make()
        more = probe.QueryInterface(IProbeMore)
        assert again is probe
        assert more == cast(object, probe)
        assert hash(more) == hash(probe)
        assert other != probe
        assert probe != cast(object, "a proxy")
        assert {probe: 1}[more] == 1  # type: ignore[index]
        assert pyorpc.is_same_object(probe, more)
        assert not pyorpc.is_same_object(probe, Probe())


def test_a_proxy_shows_its_interface_and_its_object() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        probe = far.pointer()
        manager = far.runtime.exporter.manager_of(far.probe)
        assert manager is not None
        assert repr(probe).startswith("<IProbe ")
        assert f"{manager.oid:016x}" in repr(probe)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_with_releases_at_the_end_of_the_block(coinit: COINIT) -> None:
    with FarRuntime() as far, in_apartment(coinit):
        pointer = far.pointer()
        assert isinstance(pointer, InterfaceProxy)
        with pointer as probe:
            assert probe is pointer
            assert pointer.Add(1, 2) == 3
        assert far.references() == 0
        with pytest.raises(pyorpc.DisconnectedError) as released:
            pointer.Add(1, 2)
        assert released.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        assert released.value.executed == "no"
        assert "released" in released.value.description


def test_with_releases_also_when_the_block_raises() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        assert isinstance(pointer, InterfaceProxy)
        with pytest.raises(ZeroDivisionError), pointer:
            raise ZeroDivisionError
        assert far.references() == 0


def test_each_pointer_is_released_once_and_more_does_no_harm() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointers = [far.pointer() for _ in range(3)]
        assert [pyorpc.release(pointer) for pointer in pointers] == [2, 1, 0]
        assert far.references() == 0
        assert pyorpc.release(pointers[0]) == 0
        assert far.pointer().Add(1, 1) == 2


def test_the_last_pointer_of_any_interface_gives_the_references_back() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe = far.pointer()
        more = probe.QueryInterface(IProbeMore)
        assert pyorpc.release(probe) == 0
        assert far.references() > 0
        assert more.Log() == ""
        assert pyorpc.release(more) == 0
        assert far.references() == 0


def test_a_released_proxy_is_not_handed_out_again() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        first = far.pointer()
        assert pyorpc.release(first) == 0
        second = far.pointer()
        assert second is not first
        assert second.Add(1, 2) == 3


def test_an_interface_that_the_object_lacks_is_refused_and_takes_nothing() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        probe = far.pointer()
        before = far.references()
        for _ in range(3):
            with pytest.raises(ComError) as refused:
                probe.QueryInterface(INobody)
            assert refused.value.hresult == HRESULT.E_NOINTERFACE
        assert far.references() == before


def test_query_interface_on_a_released_proxy_is_refused() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        pyorpc.release(probe)
        with pytest.raises(pyorpc.DisconnectedError):
            probe.QueryInterface(IProbeMore)


def test_a_pointer_that_arrives_while_the_last_one_is_released_is_usable() -> None:
    """Two threads of the MTA share proxies: one gives up the last pointer, one gets a new one."""
    with two_threads_near() as (far, other):
        first = far.pointer()
        packet = far.packet()
        with Gate.before(ProxyManager, "proxy") as gate:
            arriving = other.begin(pyorpc.unmarshal_interface, packet, IProbe)
            gate.wait_until_reached()  # 1. its references are here, not yet the proxy
            assert pyorpc.release(first) == 0  # 2. the only proxy is released
            gate.open()  # 3. the new pointer is made
            second = arriving.join()
        assert second.Add(1, 2) == 3
        assert pyorpc.release(second) == 0
        assert far.references() == 0


def test_a_proxy_that_is_being_released_is_not_what_a_new_pointer_becomes() -> None:
    with two_threads_near() as (far, other):
        first = far.pointer()
        packet = far.packet()
        with Gate.before(Marshaler, "released") as gate:
            releasing = other.begin(pyorpc.release, first)
            gate.wait_until_reached()  # 1. given up, its references not yet
            second = pyorpc.unmarshal_interface(packet, IProbe)  # 2. a new pointer comes
            gate.open()  # 3. the release goes on
            releasing.join()
        assert second.Add(1, 2) == 3
        assert pyorpc.release(second) == 0
        assert far.references() == 0
