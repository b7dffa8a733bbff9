"""ASY: calls as objects, from the caller's side."""

from __future__ import annotations

import gc
import inspect
import re
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
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
)
from tests.conformance.test_apt import code_of
from tests.conformance.test_cal_failures import DIED, has_started
from tests.conftest import Spawn
from tests.midl.good.async_interfaces_idl import AsyncIJob, IJob
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
COMPLETE = HRESULT.RPC_E_CALL_COMPLETE
both = pytest.mark.parametrize("caller", [STA, MTA])


def call_of(pointer: IUnknown) -> AsyncIProbe:
    return pointer.QueryInterface(ICallFactory).CreateCall(AsyncIProbe)  # type: ignore[return-value]


def own_threads() -> set[threading.Thread]:
    """The threads that are not of a pool, which grows to its size as it likes."""
    return {each for each in threading.enumerate() if not each.name.startswith("pyorpc-mta")}


def pump(caller: COINIT) -> None:
    if caller == STA:
        pyorpc.pump_waiting_messages()


def test_ASY_01_generated_asynchronous_interface() -> None:
    assert AsyncIJob.__bases__ == (IUnknown,)
    assert AsyncIJob.IID != IJob.IID
    begin, finish = (inspect.signature(getattr(AsyncIJob, f"{v}_Run")) for v in ("Begin", "Finish"))
    assert list(begin.parameters) == ["self", "name", "progress"]
    assert list(finish.parameters) == ["self"]
    assert finish.return_annotation == "tuple[int, str]"  # [in, out], then [retval]
    methods = {
        f"{verb}_{n}"
        for n in ("Run", "Watch", "Find", "Read", "Stop")
        for verb in ("Begin", "Finish")
    }
    assert {name for name in vars(AsyncIJob) if name[0] in "BF"} == methods


def test_ASY_02_async_uuid_on_a_dispatch_interface(tmp_path: Path) -> None:
    source = tmp_path / "late.idl"
    source.write_text(
        'import "oaidl.idl";\n'
        "[object, uuid(7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e0f01),\n"
        " async_uuid(7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e0f02)]\n"
        "interface ILate : IDispatch { HRESULT F(); }\n"
    )
    command = [sys.executable, "-m", "pyorpc", "idl", "compile", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert re.search(r"late\.idl:[234]:\d+: error ORPC\d{4}: ", done.stdout + done.stderr)
    assert not (tmp_path / "late_idl.py").exists()


@both
def test_ASY_03_making_a_call_object(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        pointer = far.pointer()
        factory = pointer.QueryInterface(ICallFactory)
        assert isinstance(factory.CreateCall(AsyncIProbe.IID), AsyncIProbe)
        for wrong in (IProbe, IProbe.IID, IProbeMore, INobody):
            assert code_of(factory.CreateCall, wrong) == HRESULT.E_NOINTERFACE
        assert code_of(factory.CreateCall, None) == HRESULT.E_INVALIDARG
        more = pointer.QueryInterface(IProbeMore)  # the object has AsyncIProbe all the same
        assert isinstance(more.QueryInterface(ICallFactory), ICallFactory)


@both
def test_ASY_03_the_call_object_has_four_interfaces_and_one_identity(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        call = call_of(far.pointer())
        pointers = [call.QueryInterface(i) for i in (AsyncIProbe, ISynchronize, ICancelMethodCalls)]
        for pointer, iface in zip(
            pointers, (AsyncIProbe, ISynchronize, ICancelMethodCalls), strict=True
        ):
            assert isinstance(pointer, iface)
            assert pointer.QueryInterface(IUnknown) is call.QueryInterface(IUnknown)
            assert pointer.QueryInterface(AsyncIProbe) is call
            assert pointer.QueryInterface(ISynchronize) == call.QueryInterface(ISynchronize.IID)
            assert pyorpc.is_same_object(pointer, call)
            assert code_of(pointer.QueryInterface, IProbe) == HRESULT.E_NOINTERFACE
        assert not pyorpc.is_same_object(call, call_of(far.pointer()))


@both
def test_ASY_04_begin_returns_before_the_method_does(caller: COINIT) -> None:
    class Slow(Probe):
        gate = Gate("in Echo")

        def Echo(self, text: str) -> str:
            self.gate.stop_here()
            return text

    with FarRuntime(MTA, Slow()) as far, in_apartment(caller):
        call = call_of(far.pointer())
        call.Begin_Echo("later")
        Slow.gate.wait_until_reached()
        synchronize = call.QueryInterface(ISynchronize)
        assert synchronize.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING
        Slow.gate.open()
        assert synchronize.Wait(0, 10_000) == HRESULT.S_OK
        assert call.Finish_Echo() == "later"


@both
def test_ASY_05_ab_where_errors_surface(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        call: Any = call_of(far.pointer())
        assert HRESULT(code_of(call.Begin_Add, "no number", 1)).failed
        assert code_of(call.Finish_Add) == COMPLETE
        call.Begin_Fail(HRESULT.E_ACCESSDENIED - (1 << 32), "not you")
        with pytest.raises(ComError, match="not you") as failed:
            call.Finish_Fail()
        assert failed.value.hresult == HRESULT.E_ACCESSDENIED
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3


@both
def test_ASY_05_c_the_server_is_killed_after_begin(spawn: Spawn, caller: COINIT) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(caller):
        call = call_of(pyorpc.unmarshal_interface(child.receive(), IProbe))
        call.Begin_Sleep(25)
        wait_until(lambda: has_started(child), "the method runs")
        child.kill9()
        assert call.QueryInterface(ISynchronize).Wait(0, 10_000) == HRESULT.S_OK
        assert code_of(call.Finish_Sleep) in DIED
        assert code_of(call.Finish_Sleep) == COMPLETE


@both
def test_ASY_06_begin_while_a_call_is_pending(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        call = call_of(far.pointer())
        call.Begin_Add(1, 2)
        assert code_of(call.Begin_Add, 3, 4) == HRESULT.RPC_S_CALLPENDING
        assert code_of(call.Begin_Echo, "x") == HRESULT.RPC_S_CALLPENDING
        not_sent = Probe()
        is_alive = weakref.ref(not_sent)
        assert code_of(call.Begin_Hold, not_sent) == HRESULT.RPC_S_CALLPENDING
        del not_sent
        assert call.Finish_Add() == 3

        def is_free() -> bool:
            pump(caller)
            gc.collect()
            return is_alive() is None

        wait_until(is_free, "what was not sent is free")


@both
def test_ASY_07_finish_with_no_call(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        call = call_of(far.pointer())
        assert code_of(call.Finish_Add) == COMPLETE
        call.Begin_Add(1, 2)
        assert code_of(call.Finish_Echo) == COMPLETE
        assert call.Finish_Add() == 3
        assert code_of(call.Finish_Add) == COMPLETE


@both
def test_ASY_08_the_event_of_a_call_object(caller: COINIT) -> None:
    """Not set before a call, set by its end until the next Begin; of manual reset."""
    with FarRuntime() as far, in_apartment(caller):
        call = call_of(far.pointer())
        event = call.QueryInterface(ISynchronize)
        begun = time.monotonic()
        assert event.Wait(0, 200) == HRESULT.RPC_S_CALLPENDING
        assert 0.15 < time.monotonic() - begun < 2
        call.Begin_Add(1, 2)
        assert event.Wait(0, pyorpc.INFINITE) == event.Wait(0, 0) == HRESULT.S_OK
        event.Reset()
        assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING
        event.Signal()
        assert event.Wait(0, 0) == HRESULT.S_OK
        assert call.Finish_Add() == 3
        assert call.QueryInterface(ISynchronize).Wait(0, 0) == HRESULT.S_OK
        call.Begin_Sleep(0.2)
        assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING
        event.Signal()  # ends waits, not the call
        assert event.Wait(0, 0) == HRESULT.S_OK
        call.Finish_Sleep()


@both
def test_ASY_09_finish_before_the_reply(caller: COINIT) -> None:
    class CallsBack(Probe):
        def CallBack(self, other: IProbe | None) -> int:
            time.sleep(0.5)
            return super().CallBack(other)

    with FarRuntime(MTA, CallsBack()) as far, in_apartment(caller):
        call = call_of(far.pointer())
        begun = time.monotonic()
        call.Begin_CallBack(Probe())
        ran_on = call.Finish_CallBack()
        assert time.monotonic() - begun > 0.45
        assert (ran_on == threading.get_ident()) == (caller == STA)


def test_ASY_09_an_sta_in_wait_serves_calls() -> None:
    with FarRuntime(MTA) as far, in_apartment(STA):
        call = call_of(far.pointer())
        call.Begin_CallBack(Probe())
        assert call.QueryInterface(ISynchronize).Wait(0, 10_000) == HRESULT.S_OK
        assert call.Finish_CallBack() == threading.get_ident()


@both
def test_ASY_10_reusable_and_may_be_abandoned(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller) as near:
        pointer = far.pointer()
        call = call_of(pointer)
        for number in range(10):
            call.Begin_Add(number, 1)
            assert call.Finish_Add() == number + 1
        threads = own_threads()
        sent = Probe()
        is_alive = weakref.ref(sent)
        call.Begin_Same(sent)
        call.QueryInterface(ISynchronize).Wait(0, 10_000)
        call2 = call_of(pointer)
        call2.Begin_Echo("it runs all the same")
        del call, call2, pointer, sent

        def is_clean() -> bool:
            pump(caller)
            gc.collect()
            return far.references() == 0 and is_alive() is None and not near.table.outgoing

        wait_until(is_clean, "nothing is left")
        assert far.probe.log == ["it runs all the same"]
        assert own_threads() == threads


@both
def test_ASY_10_a_pending_call_is_abandoned_together_with_its_faces(caller: COINIT) -> None:
    class Slow(Probe):
        gate = Gate("in Make")

        def Make(self) -> IProbe | None:
            self.gate.stop_here()
            return Probe()

    with FarRuntime(MTA, Slow()) as far, in_apartment(caller) as near:
        call = call_of(far.pointer())
        event = call.QueryInterface(ISynchronize)
        call.Begin_Make()
        Slow.gate.wait_until_reached()
        assert event.Wait(0, 10) == HRESULT.RPC_S_CALLPENDING
        del call, event
        Slow.gate.open()

        def is_clean() -> bool:
            pump(caller)
            gc.collect()
            return far.objects() == 0 and not near.table.outgoing

        wait_until(is_clean, "nothing is left")


@both
def test_ASY_17_the_call_object_cancels_its_call(caller: COINIT) -> None:
    """Without any enabling; the call object can be used again."""
    with FarRuntime() as far, in_apartment(caller):
        call = call_of(far.pointer())
        cancel = call.QueryInterface(ICancelMethodCalls)
        assert cancel.Cancel(0) == cancel.TestCancel() == COMPLETE
        call.Begin_UntilCancelled(20)
        assert far.probe.started.wait(10)
        assert cancel.TestCancel() == HRESULT.RPC_S_CALLPENDING
        assert cancel.Cancel(0) == HRESULT.S_OK
        assert cancel.TestCancel() == cancel.Cancel(0) == HRESULT.RPC_E_CALL_CANCELED
        assert call.QueryInterface(ISynchronize).Wait(0, 5000) == HRESULT.S_OK
        assert code_of(call.Finish_UntilCancelled) == HRESULT.RPC_E_CALL_CANCELED
        assert cancel.Cancel(0) == cancel.TestCancel() == COMPLETE
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3


@pytest.mark.parametrize("callee", [STA, MTA])
@both
def test_ASY_objects_of_the_same_process(caller: COINIT, callee: COINIT) -> None:
    with in_apartment(caller) as runtime:
        if caller == callee == MTA:
            pytest.skip("one apartment")
        with ProbeThread(runtime, callee) as far:
            call = call_of(pyorpc.unmarshal_interface(far.packet, IProbe))
            event = call.QueryInterface(ISynchronize)
            call.Begin_ThreadId()
            assert event.Wait(0, 10_000) == HRESULT.S_OK
            assert call.Finish_ThreadId() != threading.get_ident()
            call.Begin_CallBack(Probe())
            assert (call.Finish_CallBack() == threading.get_ident()) == (caller == STA)


def test_ASY_another_context_of_the_same_thread() -> None:
    with in_apartment(STA):
        context = pyorpc.create_context()
        packet = context.run(
            lambda: pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.CROSSCTX)
        )
        call = call_of(pyorpc.unmarshal_interface(packet, IProbe))
        call.Begin_ThreadId()
        assert call.QueryInterface(ISynchronize).Wait(0, 0) == HRESULT.S_OK
        assert call.Finish_ThreadId() == threading.get_ident()


def test_ASY_threads_of_the_mta_share_a_call_object() -> None:
    with FarRuntime() as far, in_apartment(MTA) as near, ApartmentThread(near, MTA) as other:
        call = call_of(far.pointer())
        event = call.QueryInterface(ISynchronize)
        waiting = other.begin(event.Wait, 0, 20_000)
        call.Begin_Add(1, 2)
        assert waiting.join() == HRESULT.S_OK
        assert other.run(call.Finish_Add) == 3
        assert code_of(call.Finish_Add) == COMPLETE
