"""ASY: objects that make call objects, and so free the thread that a call came on."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    ComError,
    ICallFactory,
    ICancelMethodCalls,
    ISynchronize,
    IUnknown,
    Runtime,
)
from tests.conformance.test_apt import code_of
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.call_factory import AsyncProbe, ProbeCall, serve_async_probe
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
both = pytest.mark.parametrize("callee", [STA, MTA])


def test_ASY_12_in_the_same_apartment() -> None:
    class Outer(ISynchronize):
        signals = 0

        def Signal(self) -> None:
            self.signals += 1

    with in_apartment(STA):
        assert code_of(Probe().QueryInterface, ICallFactory) == HRESULT.E_NOINTERFACE
        assert code_of(pyorpc.create_call, Probe(), AsyncIProbe) == HRESULT.E_NOINTERFACE
        probe, outer = AsyncProbe(), Outer()
        factory = probe.QueryInterface(ICallFactory)
        assert factory is probe  # no proxy
        call: Any = factory.CreateCall(AsyncIProbe, outer)
        assert isinstance(call, ProbeCall)
        call.Begin_Add(1, 2)
        assert outer.signals == 1
        assert call.Finish_Add() == 3


@pytest.mark.parametrize("caller", [STA, MTA])
def test_ASY_13_server_side_asynchronous_processing(spawn: Spawn, caller: COINIT) -> None:
    """Ten calls of 300 ms with two workers take 1.5 s; the pool's one thread serves others."""
    child = spawn(serve_async_probe)
    slow, plain = child.receive(), child.receive()
    with Runtime() as near:
        clients = [ApartmentThread(near, caller) for _ in range(10)]
        pointers = [each.run(pyorpc.unmarshal_interface, slow, IProbe) for each in clients[:1]]
        for each in clients[1:]:
            packet = clients[0].run(pyorpc.marshal_interface, pointers[0], IProbe)
            pointers.append(each.run(pyorpc.unmarshal_interface, packet, IProbe))
        with near.enter_apartment(MTA):
            other = pyorpc.unmarshal_interface(plain, IProbe)
            other.Add(0, 0)
            begun = time.monotonic()
            pairs = zip(clients, pointers, strict=True)
            tasks = [client.begin(pointer.Sleep, 0.3) for client, pointer in pairs]
            wait_until(lambda: counts(child)[0] == 10, "all ten were begun")
            asked = time.monotonic()
            assert other.Add(1, 2) == 3
            assert time.monotonic() - asked < 0.2
            for task in tasks:
                task.join()
            assert 1.3 < time.monotonic() - begun < 3
            assert counts(child) == [10, 10]
        for each in clients:
            each.close()


def counts(child: Any) -> list[int]:
    child.send("counts")
    made: list[int] = child.receive()
    return made


@both
def test_ASY_13_finish_runs_once_in_the_objects_apartment(callee: COINIT) -> None:
    class WithFinish(ProbeCall):
        finished_on = 0

        def Finish_Echo(self) -> str:
            self.finished_on = threading.get_ident()
            return super().Finish_Echo()

    class Factory(AsyncProbe):
        call_class = WithFinish

    probe = Factory()
    with FarRuntime(callee, probe) as far, Runtime() as near, ApartmentThread(near, MTA) as client:
        pointer = client.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
        task = client.begin(pointer.Echo, "x")
        call: Any = probe.next_call()
        outer = call.outer
        event, cancel = outer.QueryInterface(ISynchronize), outer.QueryInterface(ICancelMethodCalls)
        assert event.QueryInterface(IUnknown) is outer.QueryInterface(IUnknown)
        assert outer.QueryInterface(AsyncIProbe) is call
        assert cancel.TestCancel() == HRESULT.RPC_S_CALLPENDING
        assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING
        assert far.thread.run(lambda: 7) == 7  # the STA is free
        for _ in range(3):
            event.Signal()
        assert task.join() == "x"
        assert event.Wait(0, 0) == HRESULT.S_OK
        event.Signal()
        assert probe.finished == [call]
        assert cancel.TestCancel() == HRESULT.RPC_E_CALL_COMPLETE
        if callee == STA:
            assert call.finished_on == call.began_on == far.thread.ident


@both
@pytest.mark.parametrize("processes", [1, 2])
def test_ASY_13_signal_inside_begin_and_pointers_both_ways(callee: COINIT, processes: int) -> None:
    probe = AsyncProbe()
    with Runtime() as runtime, Runtime() as other:
        server = ProbeThread(other if processes == 2 else runtime, callee, probe)
        with runtime.enter_apartment(STA):
            packet = server.packet
            if processes == 2:
                near = ApartmentThread(other, MTA)
                packet = near.run(repacked, packet)
                near.close()
            pointer = pyorpc.unmarshal_interface(packet, IProbe)
            assert pointer.Add(1, 2) == 3
            assert pointer.Squares(4) == (4, [0, 1, 4, 9])
            assert isinstance(pointer.Make(), IProbe)
            held = Probe()
            pointer.Hold(held)
            assert probe.held is not None
            assert len(probe.finished) == 4
            del pointer, held
        server.close()


def repacked(packet: bytes) -> bytes:
    pointer = pyorpc.unmarshal_interface(packet, IProbe)
    return pyorpc.marshal_interface(pointer, IProbe)


@both
def test_ASY_14_both_sides_choose_independently(callee: COINIT) -> None:
    probe = AsyncProbe()
    with FarRuntime(callee, probe) as far, in_apartment(STA):
        call: Any = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Echo("both")
        event = call.QueryInterface(ISynchronize)
        assert event.Wait(0, 100) == HRESULT.RPC_S_CALLPENDING
        probe.next_call().signal()
        assert event.Wait(0, 10_000) == HRESULT.S_OK
        assert call.Finish_Echo() == "both"


def test_ASY_14_into_another_context_of_the_callers_thread() -> None:
    probe = AsyncProbe()
    with in_apartment(STA):
        context = pyorpc.create_context()
        packet = context.run(
            lambda: pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
        )
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        assert pointer.Add(1, 2) == 3
        pointer.Sleep(0.1)
        call = pyorpc.create_call(pointer, AsyncIProbe)
        call.Begin_Sleep(0.1)
        assert call.QueryInterface(ISynchronize).Wait(0, 10_000) == HRESULT.S_OK
        call.Finish_Sleep()
        assert len(probe.finished) == 3
    probe.pool.shutdown()


@both
def test_ASY_15_a_the_factory_refuses_and_the_method_runs(callee: COINIT) -> None:
    probe = AsyncProbe()
    probe.refusal = ComError(HRESULT.E_NOINTERFACE, "not today")
    with FarRuntime(callee, probe) as far, in_apartment(STA):
        pointer = far.pointer()
        assert pointer.Echo("blocking") == "blocking"
        assert probe.log == ["blocking"]
        other = Probe()
        pointer.Hold(other)
        assert pointer.CallHeld(1, 2) == 3
        assert probe.calls == []


@both
def test_ASY_15_b_begin_fails_and_finish_is_not_called(callee: COINIT) -> None:
    probe = AsyncProbe()
    with FarRuntime(callee, probe) as far, in_apartment(STA):
        pointer = far.pointer()
        with pytest.raises(ComError, match="in Begin") as failed:
            pointer.Fail(HRESULT.E_FAIL - (1 << 32), "in Begin")
        assert failed.value.hresult == HRESULT.E_FAIL
        # Also where it has signalled before; and a late Signal is nothing.
        assert code_of(pointer.Raise, "after Signal") == HRESULT.RPC_E_SERVERFAULT
        for call in probe.calls:
            call.signal()
        assert pointer.Add(1, 2) == 3
        assert len(probe.finished) == 1


@both
def test_ASY_15_another_refusal_of_the_factory_is_the_callers_error(callee: COINIT) -> None:
    probe = AsyncProbe()
    probe.refusal = ComError(HRESULT.E_OUTOFMEMORY, "no memory")
    with FarRuntime(callee, probe) as far, in_apartment(STA):
        pointer = far.pointer()
        with pytest.raises(ComError) as failed:
            pointer.Echo("x")
        assert (failed.value.hresult, failed.value.executed) == (HRESULT.E_OUTOFMEMORY, "no")
        sent = Probe()
        is_alive = weakref.ref(sent)
        assert code_of(pointer.Hold, sent) == HRESULT.E_OUTOFMEMORY
        del sent

        def is_free() -> bool:
            pyorpc.pump_waiting_messages()
            gc.collect()
            return is_alive() is None

        wait_until(is_free, "what was sent along is free")


@both
def test_ASY_an_error_of_finish_is_the_callers(callee: COINIT) -> None:
    probe = AsyncProbe()
    with FarRuntime(callee, probe) as far, Runtime() as near, ApartmentThread(near, MTA) as client:
        pointer = client.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
        task = client.begin(code_of, pointer.Echo, "x")
        call = probe.next_call()
        call.result = ComError(HRESULT.E_ACCESSDENIED, "in Finish")
        call.signal()
        assert task.join() == HRESULT.E_ACCESSDENIED


@both
@pytest.mark.parametrize("processes", [1, 2])
def test_ASY_the_outer_says_that_the_caller_has_cancelled(callee: COINIT, processes: int) -> None:
    probe = AsyncProbe()
    with Runtime() as near, Runtime() as far:
        server = ApartmentThread(near if processes == 1 else far, callee)
        client = ApartmentThread(near, STA)
        packet = server.run(pyorpc.marshal_interface, probe, IProbe)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        call: Any = client.run(pyorpc.create_call, pointer, AsyncIProbe)
        client.run(call.Begin_Echo, "x")
        outer: Any = probe.next_call().outer
        assert outer.TestCancel() == HRESULT.RPC_S_CALLPENDING
        assert client.run(call.QueryInterface(ICancelMethodCalls).Cancel, 0) == HRESULT.S_OK
        wait_until(lambda: outer.TestCancel() == HRESULT.RPC_E_CALL_CANCELED)
        assert client.run(code_of, call.Finish_Echo) == HRESULT.RPC_E_CALL_CANCELED
        probe.calls[-1].signal()
        wait_until(lambda: len(probe.finished) == 1, "it ends as it likes")
        client.close()
        server.close()


@both
@pytest.mark.parametrize("processes", [1, 2])
def test_ASY_the_end_of_the_apartment_answers_open_calls(callee: COINIT, processes: int) -> None:
    probe = AsyncProbe()
    with Runtime() as near, Runtime() as far:
        server = ApartmentThread(near if processes == 1 else far, callee)
        client = ApartmentThread(near, STA)
        packet = server.run(pyorpc.marshal_interface, probe, IProbe)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        task = client.begin(code_of, pointer.Echo, "x")
        call = probe.next_call()
        server.close()
        if processes == 2:
            far.close()
        assert HRESULT(task.join()).failed
        call.signal()
        assert probe.finished == []
        client.close()


@both
def test_ASY_a_caller_that_is_killed_leaves_an_open_call_that_ends(
    spawn: Spawn, callee: COINIT
) -> None:
    probe = AsyncProbe()
    with FarRuntime(callee, probe) as far:
        child = spawn(echo_for_ever, far.packet())
        call = probe.next_call()
        child.kill9()
        wait_until(lambda: far.runtime.resolver.peers == {}, "the caller's death")
        call.signal()
        wait_until(lambda: far.runtime.table.incoming == {}, "nothing is left of the call")
        wait_until(lambda: far.objects() == 0, "nothing is left of its references")
        assert len(probe.finished) <= 1


def echo_for_ever(test: Parent, packet: bytes) -> None:
    with in_apartment(MTA):
        pyorpc.unmarshal_interface(packet, IProbe).Echo("never answered")


@both
def test_ASY_a_disconnect_waits_for_open_calls(callee: COINIT) -> None:
    probe = AsyncProbe()
    with FarRuntime(callee, probe) as far, Runtime() as near, ApartmentThread(near, MTA) as client:
        pointer = client.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
        task = client.begin(pointer.Echo, "its own result")
        call = probe.next_call()
        far.thread.run(pyorpc.disconnect_object, probe)
        call.signal()
        assert task.join() == "its own result"


def test_ASY_an_open_call_keeps_its_outer_although_nobody_else_does() -> None:
    class Forgetful(AsyncProbe):
        """Signals from a timer that knows the interface alone."""

        def CreateCall(self, riid: Any, outer: IUnknown | None = None) -> Any:
            call = super().CreateCall(riid, outer)
            assert outer is not None
            threading.Timer(0.2, outer.QueryInterface(ISynchronize).Signal).start()
            self.calls.clear()
            return call

    with FarRuntime(MTA, Forgetful()) as far, in_apartment(STA):
        assert far.pointer().Echo("kept") == "kept"
