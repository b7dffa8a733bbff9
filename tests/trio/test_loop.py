from __future__ import annotations

import threading
import time

import pytest
import trio

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    CallCanceledError,
    ComError,
    ErrorInfo,
    ISupportErrorInfo,
    Runtime,
)
from pyorpc.functions.calls import cancel_object_of
from pyorpc.remoting.call_object import CallObject
from pyorpc.trio import open_apartment
from pyorpc.trio.waiting import own_loop
from tests.conftest import Spawn
from tests.support.async_probe import AsyncProbe, in_trio_apartment, serve_async_probe
from tests.support.child import Child
from tests.support.probe import Probe, ProbeThread, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeAwaitable
from tests.support.waiting import wait_until

STA = COINIT.APARTMENTTHREADED
MTA = COINIT.MULTITHREADED


def pointer_from(child: Child) -> IProbe:
    return pyorpc.unmarshal_interface(child.receive(), IProbe)


def asked(child: Child, what: str) -> object:
    child.send(what)
    return child.receive()


async def cancelled_after(seconds: float, call: object) -> trio.Cancelled:
    """Cancel the scope of a call, and give the exception that passed."""
    passed: list[trio.Cancelled] = []
    with trio.move_on_after(seconds):
        try:
            await call  # type: ignore[misc]
        except trio.Cancelled as cancelled:
            passed.append(cancelled)
            raise
    assert passed, "the call was not cancelled"
    return passed[0]


def give_up_after(grace_s: float) -> None:
    """Wait so long for cancelled calls; the setting is for the end of the Runtime, too."""
    own_loop()._grace_s = grace_s


async def test_a_cancelled_scope_cancels_the_task_in_the_other_process(spawn: Spawn) -> None:
    child = spawn(serve_async_probe, False, {})
    async with in_trio_apartment(grace_s=10):
        far = IProbeAwaitable(pointer_from(child))
        started = time.monotonic()
        cancelled = await cancelled_after(0.1, far.Sleep(20))
        assert time.monotonic() - started < 5
        assert cancelled.__notes__ == ["IProbe.Sleep: stopped"]
        assert isinstance(cancelled.__cause__, CallCanceledError)
        assert cancelled.__cause__.outcome == "stopped"
        assert asked(child, "ended") == ["cancelled"]
        assert await far.Add(1, 2) == 3
    child.send("stop")


@pytest.mark.parametrize("coinit", [STA, MTA])
async def test_a_method_that_polls_sees_the_cancel(spawn: Spawn, coinit: COINIT) -> None:
    child = spawn(serve_probe, int(coinit), {})
    async with in_trio_apartment(grace_s=10):
        far = IProbeAwaitable(pointer_from(child))
        cancelled = await cancelled_after(0.1, far.UntilCancelled(20))
        assert cancelled.__notes__ == ["IProbe.UntilCancelled: finished anyway"]
    child.send("stop")


async def test_the_wait_for_a_method_that_goes_on_ends_with_the_grace_time(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    async with in_trio_apartment():
        give_up_after(0.3)
        far = IProbeAwaitable(pointer_from(child))
        started = time.monotonic()
        cancelled = await cancelled_after(0.1, far.Sleep(1.5))
        assert 0.3 < time.monotonic() - started < 1.2
        assert cancelled.__notes__ == ["IProbe.Sleep: unknown"]
        assert await far.Add(1, 2) == 3
    child.send("stop")


async def test_a_call_that_has_not_started_never_does(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    async with in_trio_apartment(grace_s=10):
        far = IProbeAwaitable(pointer_from(child))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(far.Sleep, 1.0)
            await trio.sleep(0.05)
            cancelled = await cancelled_after(0.1, far.Echo("never"))
            assert cancelled.__notes__ == ["IProbe.Echo: not started"]
        assert asked(child, "log") == []
    child.send("stop")


async def test_a_cancelled_scope_sends_nothing(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    async with in_trio_apartment() as runtime:
        far = IProbeAwaitable(pointer_from(child))
        mine = Probe()
        before = runtime.table.requests_sent
        with trio.CancelScope() as scope:
            scope.cancel()
            await far.Hold(mine)
        assert scope.cancelled_caught
        assert runtime.table.requests_sent == before
        await trio.to_thread.run_sync(wait_until, lambda: runtime.exporter.manager_of(mine) is None)
    child.send("stop")


async def test_the_callee_s_end_ends_the_awaited_call(spawn: Spawn) -> None:
    child = spawn(serve_async_probe, False, {})
    async with in_trio_apartment():
        far = IProbeAwaitable(pointer_from(child))
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(kill_when_begun, child)
                with pytest.raises(ComError) as caught:
                    await far.Sleep(30)
        assert caught.value.hresult in (HRESULT.RPC_S_CALL_FAILED, HRESULT.RPC_E_SERVER_DIED)


async def kill_when_begun(child: Child) -> None:
    while not asked(child, "begun"):
        await trio.sleep(0.02)
    child.kill9()


async def test_another_apartment_s_call_is_cancelled_too() -> None:
    probe = Probe()
    async with in_trio_apartment(grace_s=10) as runtime:
        with ProbeThread(runtime, STA, probe) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            cancelled = await cancelled_after(0.1, near.UntilCancelled(20))
            assert cancelled.__notes__ == ["IProbe.UntilCancelled: finished anyway"]


async def test_a_thread_cancels_an_async_method_with_its_call_object() -> None:
    probe = AsyncProbe()
    async with in_trio_apartment() as runtime:
        packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)

        def begin_and_cancel() -> HRESULT:
            with runtime.enter_apartment(MTA):
                pointer = pyorpc.unmarshal_interface(packet, IProbe)
                call = pyorpc.create_call(pointer, AsyncIProbe)
                call.Begin_Sleep(30)
                trio.from_thread.run(probe.begun.wait)
                assert isinstance(call, CallObject)
                outcome = cancel_object_of(call).Cancel(5)
                with pytest.raises(CallCanceledError):
                    call.Finish_Sleep()
                return outcome

        assert await trio.to_thread.run_sync(begin_and_cancel) == HRESULT.S_OK
        assert probe.ended == ["cancelled"]


def packet_of(probe: IProbe) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)


async def test_leaving_gives_methods_the_grace_time_and_answers_them() -> None:
    probe = AsyncProbe()
    answers: list[object] = []

    def call(packet: bytes, runtime: pyorpc.Runtime, seconds: float) -> None:
        with runtime.enter_apartment(MTA):
            try:
                pyorpc.unmarshal_interface(packet, IProbe).Sleep(seconds)
                answers.append(None)
            except ComError as error:
                answers.append(error.hresult)

    with Runtime(grace_s=0.5) as runtime, runtime.enter_apartment(STA):
        async with open_apartment():
            threads = [
                threading.Thread(target=call, args=(packet_of(probe), runtime, seconds))
                for seconds in (0.3, 30.0)
            ]
            for thread in threads:
                thread.start()
            while runtime.exporter.managers()[0].running < 2:
                await trio.sleep(0.01)
        for thread in threads:
            await trio.to_thread.run_sync(thread.join)
    assert answers == [None, HRESULT.RPC_E_CALL_CANCELED]
    assert probe.ended == ["slept", "cancelled"]


async def test_what_a_cancelled_call_returns_is_released(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    async with in_trio_apartment():
        give_up_after(0)
        far = IProbeAwaitable(pointer_from(child))
        for _ in range(5):
            with trio.move_on_after(0) as scope:
                await far.Make()
            assert scope.cancelled_caught
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(far.Make)
                    await trio.lowlevel.checkpoint()
                    scope.cancel()
        await trio.to_thread.run_sync(
            wait_until, lambda: asked(child, "alive") == 1, "made objects die"
        )
    child.send("stop")


# ---- error information ---------------------------------------------------------------------


class Telling(AsyncProbe, ISupportErrorInfo):
    """Its methods tell more than a code, with other tasks between."""

    def InterfaceSupportsErrorInfo(self, riid: object) -> None:
        """Every one."""

    async def Fail(self, hresult: int, text: str) -> None:  # type: ignore[override]
        pyorpc.set_error_info(ErrorInfo(text))
        await trio.sleep(0.01)
        raise ComError(HRESULT(hresult & 0xFFFFFFFF))


async def test_what_each_async_method_sets_reaches_its_own_caller() -> None:
    found: dict[str, str | None] = {}

    async def call(far: IProbeAwaitable, text: str) -> None:
        with pytest.raises(ComError) as raised:
            await far.Fail(HRESULT.E_ABORT - (1 << 32), text)
        info = pyorpc.get_error_info()
        assert raised.value.error_info is not None
        found[raised.value.error_info.description] = None if info is None else info.description

    async with in_trio_apartment():
        context = pyorpc.create_context()
        packet = context.run(pyorpc.marshal_interface, Telling(), IProbe, pyorpc.MSHCTX.CROSSCTX)
        far = IProbeAwaitable(pyorpc.unmarshal_interface(packet, IProbe))
        async with trio.open_nursery() as nursery:
            for text in ("first", "second", "third"):
                nursery.start_soon(call, far, text)
        assert found == {text: text for text in ("first", "second", "third")}
        assert await far.Add(1, 2) == 3
        assert pyorpc.get_error_info() is None
