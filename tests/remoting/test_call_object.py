"""Call objects that are abandoned, reused, and used wrongly."""

from __future__ import annotations

import gc

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.interfaces.call_idl import ICallFactory
from pyorpc.remoting.call_object import CallObject, make_call_object
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Slow(Probe):
    """Its Make waits at the gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate("in Make")

    def Make(self) -> IProbe | None:
        self.gate.stop_here()
        return Probe()


def test_a_call_object_is_found_by_the_async_interface_and_by_its_iid() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        pointer = far.pointer()
        assert isinstance(pointer, InterfaceProxy)
        for name in (AsyncIProbe, AsyncIProbe.IID):
            call = make_call_object(pointer, name)
            assert isinstance(call, AsyncIProbe)
            assert call.pending is None
        with pytest.raises(ComError) as refused:
            make_call_object(pointer, IProbe)
        assert refused.value.hresult == HRESULT.E_NOINTERFACE
        assert "async_uuid" in refused.value.description


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.parametrize("is_answered", [False, True])
def test_an_abandoned_call_to_another_process_leaves_no_reference(
    coinit: COINIT, *, is_answered: bool
) -> None:
    """Its reply holds a pointer that nobody will take, whether it comes before or after."""
    slow = Slow()
    with FarRuntime(MTA, slow) as far, in_apartment(coinit) as near:
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Make()
        slow.gate.wait_until_reached()
        if is_answered:
            slow.gate.open()
            assert isinstance(call, CallObject)
            pending = call.pending
            assert pending is not None

            def is_done() -> bool:
                if coinit == STA:
                    pyorpc.pump_waiting_messages()
                return pending.is_done

            wait_until(is_done, "the reply is here")
            del pending
        del call
        gc.collect()
        slow.gate.open()
        wait_until(lambda: near.table.outgoing == {}, "the call is given up")

        def is_clean() -> bool:
            if coinit == STA:
                pyorpc.pump_waiting_messages()
            return far.objects() == 0 and near.table.abandoned == {}

        wait_until(is_clean, "the object that it made is released")


@pytest.mark.parametrize("is_answered", [False, True])
def test_an_abandoned_call_inside_the_process_leaves_no_reference(*, is_answered: bool) -> None:
    slow = Slow()
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA, slow) as far:
        call = pyorpc.create_call(pyorpc.unmarshal_interface(far.packet, IProbe), AsyncIProbe)
        call.Begin_Make()
        slow.gate.wait_until_reached()
        if is_answered:
            slow.gate.open()
            wait_until(lambda: runtime.table.outgoing == {}, "the reply is here")
        del call
        gc.collect()
        slow.gate.open()
        wait_until(lambda: runtime.exporter.managers() == [], "all is released")


def test_an_abandoned_call_does_not_keep_its_proxy() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Echo("abandoned")
        del call
        wait_until(lambda: far.references() == 0, "the proxy's references go back")
        assert far.probe.log == ["abandoned"]


def test_a_finished_call_object_can_be_used_again_after_a_failure() -> None:
    with FarRuntime() as far, in_apartment(STA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Raise("oops")
        with pytest.raises(ComError):
            call.Finish_Raise()
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3
        with pytest.raises(ComError) as twice:
            call.Finish_Add()
        assert twice.value.hresult == HRESULT.RPC_E_CALL_COMPLETE


def test_a_call_object_is_used_in_its_proxys_context_only() -> None:
    with FarRuntime() as far, in_apartment(STA):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        with pytest.raises(ComError) as refused:
            pyorpc.create_context().run(call.Begin_Add, 1, 2)
        assert refused.value.hresult == HRESULT.RPC_E_WRONG_THREAD


def test_a_begun_call_sets_the_success_code_at_its_finish() -> None:
    class Partial(Probe):
        def Add(self, a: int, b: int) -> int:
            return pyorpc.Success(HRESULT.S_FALSE, a + b)

    with FarRuntime(MTA, Partial()) as far, in_apartment(STA):
        call = far.pointer().QueryInterface(ICallFactory).CreateCall(AsyncIProbe, None)
        assert call is not None
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3
        assert pyorpc.last_hresult() == HRESULT.S_FALSE


def test_a_call_object_uses_its_proxy_as_long_as_it_lives() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        calls = [pyorpc.create_call(pointer, AsyncIProbe) for _ in range(2)]
        with pytest.raises(ComError):
            pyorpc.create_call(pointer, IProbe)
        assert pyorpc.release(pointer) == 2  # the users' own is given up, theirs not
        calls[0].Begin_Add(1, 2)
        assert calls[0].Finish_Add() == 3
        again = far.pointer()
        assert again is pointer
        calls.clear()
        assert pyorpc.release(again) == 0
        wait_until(lambda: far.objects() == 0, "no reference is left")
