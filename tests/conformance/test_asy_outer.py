"""ASY: call objects that the caller aggregates, to be told when the reply has come."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    ICallFactory,
    ICancelMethodCalls,
    ISynchronize,
    IUnknown,
)
from tests.conformance.test_apt import code_of
from tests.conftest import Spawn
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
both = pytest.mark.parametrize("caller", [STA, MTA])


class Outer(ISynchronize, IProbeMore):
    """Blind: what it does not know itself, it has from the call object."""

    def __init__(self, pointer: IUnknown) -> None:
        self.signals: list[int] = []
        self.came = threading.Event()
        factory = pointer.QueryInterface(ICallFactory)
        self.inner: Any = None
        self.inner = factory.CreateCall(AsyncIProbe, self)
        self.call: AsyncIProbe = self.inner.QueryInterface(AsyncIProbe)

    def QueryInterface(self, iface: Any) -> Any:
        if iface in (IUnknown, ISynchronize, IProbeMore):
            return self
        return self.inner.QueryInterface(iface)

    def Signal(self) -> None:
        self.signals.append(threading.get_ident())
        self.came.set()

    def await_signal(self, caller: COINIT) -> None:
        def has_come() -> bool:
            if caller == STA:
                pyorpc.pump_waiting_messages()
            return self.came.is_set()

        wait_until(has_come, "Signal")
        self.came.clear()


@both
def test_ASY_11_queries_go_to_the_outer(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        outer = Outer(far.pointer())
        assert isinstance(outer.call, AsyncIProbe)
        assert not isinstance(outer.inner, AsyncIProbe)
        assert outer.inner.QueryInterface(IUnknown) is outer.inner
        assert outer.call.QueryInterface(IUnknown) is outer
        assert outer.call.QueryInterface(IProbeMore) is outer
        assert outer.call.QueryInterface(ISynchronize) is outer
        cancel = outer.call.QueryInterface(ICancelMethodCalls)
        assert isinstance(cancel, ICancelMethodCalls)
        assert cancel.QueryInterface(IUnknown) is outer
        own_event = outer.inner.QueryInterface(ISynchronize)
        assert own_event is not outer
        assert own_event.QueryInterface(IUnknown) is outer
        assert code_of(outer.call.QueryInterface, IProbe) == HRESULT.E_NOINTERFACE


@both
def test_ASY_11_the_outer_is_signalled_once_for_each_call(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        outer = Outer(far.pointer())
        for number in range(3):
            outer.call.Begin_Add(number, 1)
            outer.await_signal(caller)
            assert outer.inner.QueryInterface(ISynchronize).Wait(0, 0) == HRESULT.S_OK
            assert outer.call.Finish_Add() == number + 1
        if caller == STA:
            pyorpc.pump_waiting_messages()
            assert outer.signals == [threading.get_ident()] * 3
        else:
            assert len(outer.signals) == 3
            assert threading.get_ident() not in outer.signals  # none waited


@both
def test_ASY_11_it_was_signalled_when_finish_returns(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        outer = Outer(far.pointer())
        outer.call.Begin_Sleep(0.1)
        outer.call.Finish_Sleep()
        wait_until(lambda: len(outer.signals) == 1)
        if caller == STA:
            pyorpc.pump_waiting_messages()
        assert len(outer.signals) == 1


@both
def test_ASY_11_its_signal_may_finish_the_call_and_begin_another(caller: COINIT) -> None:
    class Chain(Outer):
        def __init__(self, pointer: IUnknown) -> None:
            self.sums: list[int] = []
            super().__init__(pointer)

        def Signal(self) -> None:
            self.sums.append(self.call.Finish_Add())
            if len(self.sums) < 5:
                self.call.Begin_Add(len(self.sums), 1)
            else:
                self.came.set()

    with FarRuntime() as far, in_apartment(caller):
        outer = Chain(far.pointer())
        outer.call.Begin_Add(0, 1)
        outer.await_signal(caller)
        assert outer.sums == [1, 2, 3, 4, 5]
        assert code_of(outer.call.Finish_Add) == HRESULT.RPC_E_CALL_COMPLETE


@both
def test_ASY_11_a_failure_signals_and_a_begin_that_sends_nothing_does_not(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(caller):
        outer: Any = Outer(pyorpc.unmarshal_interface(child.receive(), IProbe))
        assert HRESULT(code_of(outer.call.Begin_Add, "no number", 1)).failed
        outer.call.Begin_Sleep(25)
        assert code_of(outer.call.Begin_Sleep, 1) == HRESULT.RPC_S_CALLPENDING
        if caller == STA:
            pyorpc.pump_waiting_messages()
        assert outer.signals == []
        child.kill9()
        outer.await_signal(caller)
        assert HRESULT(code_of(outer.call.Finish_Sleep)).failed
        assert len(outer.signals) == 1


@both
def test_ASY_11_a_cancelled_call_signals_once(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        outer = Outer(far.pointer())
        outer.call.Begin_UntilCancelled(20)
        assert far.probe.started.wait(DEADLINE_S)
        assert outer.call.QueryInterface(ICancelMethodCalls).Cancel(0) == HRESULT.S_OK
        outer.await_signal(caller)
        assert code_of(outer.call.Finish_UntilCancelled) == HRESULT.RPC_E_CALL_CANCELED
        assert len(outer.signals) == 1


@both
def test_ASY_11_also_for_objects_of_the_same_process(caller: COINIT) -> None:
    with in_apartment(caller) as runtime, ProbeThread(runtime, STA) as far:
        outer = Outer(pyorpc.unmarshal_interface(far.packet, IProbe))
        outer.call.Begin_Add(1, 2)
        outer.await_signal(caller)
        assert outer.call.Finish_Add() == 3
        assert len(outer.signals) == 1
        assert (outer.signals == [threading.get_ident()]) == (caller == STA)


def test_ASY_11_also_for_another_context_of_the_same_thread() -> None:
    with in_apartment(STA):
        context = pyorpc.create_context()
        packet = context.run(
            lambda: pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.CROSSCTX)
        )
        outer = Outer(pyorpc.unmarshal_interface(packet, IProbe))
        outer.call.Begin_Add(1, 2)
        outer.await_signal(STA)
        assert outer.call.Finish_Add() == 3
        assert outer.signals == [threading.get_ident()]


def test_ASY_11_an_sta_that_waits_for_another_call_hears_it() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        outer = Outer(pointer)
        outer.call.Begin_Add(1, 2)
        pointer.Sleep(0.5)
        assert outer.signals == [threading.get_ident()]


@both
def test_ASY_11_what_its_signal_raises_harms_nobody(caller: COINIT) -> None:
    class Bad(Outer):
        def Signal(self) -> None:
            super().Signal()
            raise ValueError("in Signal")

    with FarRuntime() as far, in_apartment(caller):
        outer = Bad(far.pointer())
        outer.call.Begin_Add(1, 2)
        outer.await_signal(caller)
        assert outer.call.Finish_Add() == 3


@both
def test_ASY_11_an_outer_without_an_event_has_the_call_objects(caller: COINIT) -> None:
    class Plain(IUnknown):
        """Neither knows ISynchronize, nor asks the call object."""

    class Blind(Outer):
        def QueryInterface(self, iface: Any) -> Any:
            return self if iface is IUnknown else self.inner.QueryInterface(iface)

    with FarRuntime() as far, in_apartment(caller):
        factory = far.pointer().QueryInterface(ICallFactory)
        inner = factory.CreateCall(AsyncIProbe, Plain())
        assert inner is not None
        for call in (inner.QueryInterface(AsyncIProbe), Blind(far.pointer()).call):
            call.Begin_Add(1, 2)
            assert call.QueryInterface(ISynchronize).Wait(0, 10_000) == HRESULT.S_OK
            assert call.Finish_Add() == 3
            assert call.QueryInterface(ISynchronize).Wait(0, 0) == HRESULT.S_OK


@both
def test_ASY_11_an_abandoned_one_leaves_nothing(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller) as near:
        outer = Outer(far.pointer())
        sent = Probe()
        is_alive = weakref.ref(sent)
        outer.call.Begin_Same(sent)
        del outer, sent

        def is_clean() -> bool:
            if caller == STA:
                pyorpc.pump_waiting_messages()
            gc.collect()
            return far.references() == 0 and is_alive() is None and not near.table.outgoing

        wait_until(is_clean, "nothing is left")


@both
def test_ASY_16_container_of_call_objects(caller: COINIT) -> None:
    with FarRuntime() as far, in_apartment(caller):
        container = pyorpc.create_instance(
            pyorpc.CLSID_SynchronizeContainer, pyorpc.ISynchronizeContainer
        )
        calls: list[AsyncIProbe] = []
        events: list[ISynchronize] = []
        for seconds in (0.5, 0.1, 0.3):
            call = pyorpc.create_call(far.pointer(), AsyncIProbe)
            call.Begin_Sleep(seconds)
            events.append(call.QueryInterface(ISynchronize))
            container.AddSynchronize(events[-1])
            calls.append(call)
        found = [container.WaitMultiple(0, 10_000) for _ in events]
        assert found == [events[1], events[2], events[0]]
        for call in calls:
            call.Finish_Sleep()
