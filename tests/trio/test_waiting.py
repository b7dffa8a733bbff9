from __future__ import annotations

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
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


async def test_what_never_signals_is_refused() -> None:
    async with in_trio_apartment():
        with pytest.raises(ComError) as caught:
            await wait("nothing")
        assert caught.value.hresult == HRESULT.E_INVALIDARG


async def test_outside_a_trio_apartment_it_says_so() -> None:
    with pytest.raises(ComError, match="open_apartment"):
        await wait("nothing")
