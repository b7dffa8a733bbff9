# The interface class says what callers get, so an `async def` method is no proper override of it.
# mypy: disable-error-code="override"
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import threading

import pytest
import trio

import pyorpc
from pyorpc import COINIT, Guid, Runtime
from pyorpc.context.thread_state import ThreadState, thread_state
from tests.support.async_probe import AsyncProbe, in_trio_apartment
from tests.support.probe import Probe, ProbeThread
from tests.support.probe_idl import IProbe, IProbeAwaitable

MTA = COINIT.MULTITHREADED


class Nosy(AsyncProbe):
    """Looks at the state of its task, before and after an await, and in a child task."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Guid, int, object]] = []

    async def Sleep(self, seconds: float) -> None:
        self._look()
        await trio.sleep(seconds)
        self._look()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._child)

    async def _child(self) -> None:
        await trio.sleep(0.01)
        self._look()

    def _look(self) -> None:
        state = thread_state()
        self.seen.append(
            (
                pyorpc.get_current_logical_thread_id(),
                pyorpc.get_context_token(),
                state.incoming,
            )
        )


async def test_tasks_of_one_program_are_logical_threads_of_their_own() -> None:
    found: list[Guid] = []

    async def look() -> None:
        first = pyorpc.get_current_logical_thread_id()
        await trio.sleep(0.01)
        assert pyorpc.get_current_logical_thread_id() == first
        found.append(first)

    async with in_trio_apartment(), trio.open_nursery() as nursery:
        found.append(pyorpc.get_current_logical_thread_id())
        nursery.start_soon(look)
        nursery.start_soon(look)
    assert len(set(found)) == 3


async def test_error_information_is_of_the_task_that_set_it() -> None:
    async def fail() -> None:
        info = pyorpc.ErrorInfo(description="mine")
        pyorpc.set_error_info(info)
        await trio.sleep(0.01)
        assert pyorpc.get_error_info() is not None

    async with in_trio_apartment(), trio.open_nursery() as nursery:
        nursery.start_soon(fail)
        await trio.sleep(0.005)
        assert pyorpc.get_error_info() is None


async def test_a_method_keeps_its_call_its_context_and_its_causality_over_awaits() -> None:
    async with in_trio_apartment() as runtime:
        outside = pyorpc.get_context_token()
        context = pyorpc.create_context()
        probes = [Nosy(), Nosy()]
        packets = [
            context.run(pyorpc.marshal_interface, each, IProbe, pyorpc.MSHCTX.INPROC)
            for each in probes
        ]

        def call(packet: bytes) -> Guid:
            with runtime.enter_apartment(MTA):
                pyorpc.unmarshal_interface(packet, IProbe).Sleep(0.05)
                return pyorpc.get_current_logical_thread_id()

        callers: dict[int, Guid] = {}

        async def ask(number: int) -> None:
            callers[number] = await trio.to_thread.run_sync(call, packets[number])

        async with trio.open_nursery() as nursery:
            for number in (0, 1):
                nursery.start_soon(ask, number)
        for number, probe in enumerate(probes):
            assert len(set(probe.seen)) == 1
            assert len(probe.seen) == 3
            causality, token, incoming = probe.seen[0]
            assert causality == callers[number]
            assert token != outside
            assert incoming is not None
        assert pyorpc.get_context_token() == outside
        assert thread_state().incoming is None


async def test_test_cancel_asks_for_the_task_s_own_call() -> None:
    class Asking(AsyncProbe):
        async def UntilCancelled(self, seconds: float) -> bool:
            await trio.sleep(seconds)
            return pyorpc.test_cancel() == pyorpc.HRESULT.RPC_S_CALLPENDING

    async with in_trio_apartment() as runtime:
        packet = pyorpc.marshal_interface(Asking(), IProbe, pyorpc.MSHCTX.INPROC)

        def call() -> bool:
            with runtime.enter_apartment(MTA):
                return pyorpc.unmarshal_interface(packet, IProbe).UntilCancelled(0.01)

        assert await trio.to_thread.run_sync(call)
        assert pyorpc.test_cancel() == pyorpc.HRESULT.RPC_E_CALL_COMPLETE


async def test_after_the_block_the_thread_is_one_like_others() -> None:
    async with in_trio_apartment():
        assert type(thread_state()) is not ThreadState
    assert type(thread_state()) is ThreadState
    with (
        Runtime() as runtime,
        runtime.enter_apartment(MTA),
        ProbeThread(runtime, COINIT.APARTMENTTHREADED) as thread,
    ):
        assert pyorpc.unmarshal_interface(thread.packet, IProbe).Add(1, 2) == 3


async def test_an_activation_waits_also_here() -> None:
    async with in_trio_apartment():
        with pytest.raises(pyorpc.ComError) as caught:
            pyorpc.create_instance(Guid("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1fff"), IProbe)
        assert caught.value.hresult == pyorpc.HRESULT.REGDB_E_CLASSNOTREG


async def test_a_callback_has_the_causality_of_the_task_that_awaits() -> None:
    class Listening(Probe):
        def ThreadId(self) -> int:
            seen.append(pyorpc.get_current_logical_thread_id())
            return threading.get_ident()

    seen: list[Guid] = []
    async with in_trio_apartment() as runtime:
        with ProbeThread(runtime, MTA) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            await near.CallBack(Listening())
            assert seen == [pyorpc.get_current_logical_thread_id()]
