"""Where a proxy may be used: every state that the channel refuses, before anything is sent."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def refusal_of(pointer: IProbe) -> ComError:
    with pytest.raises(ComError) as refused:
        pointer.Add(1, 2)
    assert refused.value.executed == "no"
    return refused.value


def test_a_released_proxy_is_refused_before_anything_else() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        pointer = pyorpc.unmarshal_interface(far.packet, IProbe)
        pyorpc.release(pointer)
        for error in (refusal_of(pointer), Running(refusal_of, pointer).join()):
            assert error.hresult == HRESULT.CO_E_OBJNOTCONNECTED
            assert "released" in error.description


def test_a_proxy_of_an_apartment_that_has_ended_is_refused_on_every_thread() -> None:
    """Ruling R-7: the proxy's own apartment is tested before the caller's thread."""
    with FarRuntime() as far, Runtime() as near, ApartmentThread(near, MTA) as other:
        with ApartmentThread(near, STA) as sta:
            pointer = sta.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
        for error in (refusal_of(pointer), other.run(refusal_of, pointer)):
            assert error.hresult == HRESULT.CO_E_OBJNOTCONNECTED
            assert "has ended" in error.description


def test_another_sta_the_mta_and_a_thread_outside_are_told_how_to_pass_it_on() -> None:
    with FarRuntime() as far, in_apartment(STA) as near:
        pointer = far.pointer()
        with ApartmentThread(near, STA) as sta, ApartmentThread(near, MTA) as mta:
            errors = [each.run(refusal_of, pointer) for each in (sta, mta)]
        errors.append(Running(refusal_of, pointer).join())
        wrong, outside = HRESULT.RPC_E_WRONG_THREAD, HRESULT.CO_E_NOTINITIALIZED
        assert [error.hresult for error in errors] == [wrong, wrong, outside]
        assert all("agile_reference" in error.description for error in errors)
        assert "initialize()" in errors[-1].description
        assert pointer.Add(1, 2) == 3


def test_a_private_context_of_the_same_thread_is_another_context() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        error = pyorpc.create_context().run(refusal_of, pointer)
        assert error.hresult == HRESULT.RPC_E_WRONG_THREAD


def test_a_refused_call_sends_nothing_and_enters_no_table() -> None:
    with FarRuntime() as far, in_apartment(STA) as near:
        pointer = far.pointer()
        call = pyorpc.create_call(pointer, AsyncIProbe)
        sent = near.table.requests_sent
        Running(refusal_of, pointer).join()
        with pytest.raises(ComError):
            Running(call.Begin_Add, 1, 2).join()
        assert (near.table.requests_sent, near.table.outgoing) == (sent, {})


def test_a_channel_knows_whether_its_object_is_in_another_process() -> None:
    with FarRuntime() as far, in_apartment(STA) as near, ProbeThread(near, MTA) as thread:
        remote, local = far.pointer(), pyorpc.unmarshal_interface(thread.packet, IProbe)
        assert isinstance(remote, InterfaceProxy)
        assert isinstance(local, InterfaceProxy)
        assert (remote.channel.is_remote, local.channel.is_remote) == (True, False)
