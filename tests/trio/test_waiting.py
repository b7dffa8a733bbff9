from __future__ import annotations

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Event
from pyorpc.trio import wait
from tests.conftest import Spawn
from tests.support.async_probe import in_trio_apartment
from tests.support.probe import ProbeThread, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe


async def test_a_call_object_is_awaited_before_finish(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(COINIT.MULTITHREADED), {})
    async with in_trio_apartment():
        far = pyorpc.unmarshal_interface(child.receive(), IProbe)
        call = pyorpc.create_call(far, AsyncIProbe)
        with pytest.raises(ComError) as caught:
            await wait(call)
        assert caught.value.hresult == HRESULT.RPC_E_CALL_COMPLETE
        call.Begin_Sleep(0.2)
        with pytest.raises(ComError) as caught:
            call.Finish_Sleep()
        assert caught.value.hresult == HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL
        await wait(call)
        call.Finish_Sleep()
    child.send("stop")


async def test_a_cancelled_scope_ends_the_wait_and_not_the_call() -> None:
    async with in_trio_apartment() as runtime:
        with ProbeThread(runtime, COINIT.APARTMENTTHREADED) as thread:
            near = pyorpc.unmarshal_interface(thread.packet, IProbe)
            call = pyorpc.create_call(near, AsyncIProbe)
            call.Begin_UntilCancelled(0.3)
            with trio.move_on_after(0.05) as scope:
                await wait(call)
            assert scope.cancelled_caught
            await wait(call)
            assert call.Finish_UntilCancelled() is False


async def test_an_event_that_a_thread_sets_ends_one_wait() -> None:
    async with in_trio_apartment():
        event = Event()
        ended: list[int] = []

        async def await_it(number: int) -> None:
            await wait(event)
            ended.append(number)

        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for number in (1, 2):
                    nursery.start_soon(await_it, number)
                await trio.to_thread.run_sync(event.set)
                while not ended:
                    await trio.sleep(0.01)
                assert len(ended) == 1
                event.set()
        assert sorted(ended) == [1, 2]


async def test_a_cancelled_wait_takes_nothing() -> None:
    async with in_trio_apartment():
        event = Event(initial=True)
        with trio.CancelScope() as scope:
            scope.cancel()
            await wait(event)
        assert scope.cancelled_caught
        with trio.fail_after(10):
            await wait(event)


async def test_what_never_signals_is_refused() -> None:
    async with in_trio_apartment():
        with pytest.raises(ComError) as caught:
            await wait("nothing")
        assert caught.value.hresult == HRESULT.E_INVALIDARG


async def test_outside_a_trio_apartment_it_says_so() -> None:
    with pytest.raises(ComError, match="open_apartment"):
        await wait("nothing")
