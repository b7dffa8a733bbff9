from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime, ThreadingModel, coclass
from pyorpc.trio import open_apartment
from tests.conftest import Spawn
from tests.support.async_probe import AsyncProbe, in_trio_apartment, serve_async_probe
from tests.support.child import Child
from tests.support.probe import Probe, ProbeThread, serve_probe
from tests.support.probe_idl import IProbe, IProbeAwaitable

STA = COINIT.APARTMENTTHREADED
MTA = COINIT.MULTITHREADED


def pointer_from(child: Child) -> IProbe:
    return pyorpc.unmarshal_interface(child.receive(), IProbe)


@pytest.mark.parametrize("coinit", [STA, MTA])
async def test_an_awaited_call_reaches_another_process(spawn: Spawn, coinit: COINIT) -> None:
    child = spawn(serve_probe, int(coinit), {})
    async with in_trio_apartment():
        far = IProbeAwaitable(pointer_from(child))
        assert await far.Add(1, 2) == 3
        assert await far.Squares(3) == (3, [0, 1, 4])
        made = await far.Make()
        assert made is not None
        assert await IProbeAwaitable(made).Echo("x") == "x"
    child.send("stop")


async def test_async_methods_of_another_process_answer_every_kind_of_result(spawn: Spawn) -> None:
    child = spawn(serve_async_probe, False, {})
    async with in_trio_apartment():
        far = IProbeAwaitable(pointer_from(child))
        assert await far.Add(1, 2) == 3
        assert await far.Squares(3) == (3, [0, 1, 4])
        made = await far.Make()
        assert pyorpc.last_hresult() == HRESULT.S_FALSE
        assert made is not None
        assert await IProbeAwaitable(made).Add(2, 2) == 4
        mine = Probe()
        assert await far.Same(mine) is mine
        assert await far.Many(2, [mine, None]) == 1
        assert await far.CallBack(mine) == threading.get_ident()
        with pytest.raises(ComError, match="no film") as caught:
            await far.Fail(-0x7FF8FFA9, "no film")
        assert caught.value.hresult == HRESULT.E_INVALIDARG
        assert caught.value.executed == "yes"
        with pytest.raises(ComError, match="ValueError: oh") as caught:
            await far.Raise("oh")
        assert caught.value.hresult == HRESULT.RPC_E_SERVERFAULT
    child.send("stop")


async def test_two_trio_programs_call_each_other_deep(spawn: Spawn) -> None:
    child = spawn(serve_async_probe, False, {})
    async with in_trio_apartment():
        far = IProbeAwaitable(pointer_from(child))
        assert await far.Descend(AsyncProbe(), 10) == 10
    child.send("stop")


async def test_threads_call_async_methods_as_any_other() -> None:
    async with in_trio_apartment() as runtime:
        packet = pyorpc.marshal_interface(AsyncProbe(), IProbe, pyorpc.MSHCTX.INPROC)

        def call() -> int:
            with runtime.enter_apartment(MTA):
                return pyorpc.unmarshal_interface(packet, IProbe).Add(1, 2)

        assert await trio.to_thread.run_sync(call) == 3


@pytest.mark.parametrize("coinit", [STA, MTA])
async def test_an_awaited_call_reaches_another_apartment_of_the_process(coinit: COINIT) -> None:
    async with in_trio_apartment() as runtime:
        with ProbeThread(runtime, coinit) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            assert await near.Add(1, 2) == 3
            assert await near.CallBack(Probe()) == threading.get_ident()
            assert await near.ThreadId() != threading.get_ident()


async def test_many_tasks_have_calls_under_way_over_one_link(spawn: Spawn) -> None:
    child = spawn(serve_async_probe, False, {})
    sums: list[int] = []
    async with in_trio_apartment():
        far = IProbeAwaitable(pointer_from(child))

        async def ask(number: int) -> None:
            await far.Sleep(0.05)
            sums.append(await far.Add(number, 1))

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(ask, number)
    assert sorted(sums) == list(range(1, 101))
    child.send("stop")


async def test_a_synchronous_call_out_is_refused_and_names_the_awaitable(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    async with in_trio_apartment():
        far = pointer_from(child)
        with pytest.raises(ComError, match=r"await IProbeAwaitable\(proxy\)\.Add") as caught:
            far.Add(1, 2)
        assert caught.value.hresult == HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL
        assert caught.value.executed == "no"
    child.send("stop")


async def test_what_would_stop_the_loop_is_refused_and_leaving_is_the_blocks_own() -> None:
    async with in_trio_apartment():
        event = pyorpc.create_instance(pyorpc.CLSID_ManualResetEvent, pyorpc.ISynchronize)
        stops: list[Callable[[], object]] = [
            lambda: pyorpc.wait_for_multiple_handles([pyorpc.Event()], 60_000),
            lambda: event.Wait(0, pyorpc.INFINITE),
        ]
        for stop in stops:
            with pytest.raises(ComError, match=r"await pyorpc\.trio\.wait") as refused:
                stop()
            assert refused.value.hresult == HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL
        assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING  # a look stops nothing
        event.Signal()
        assert event.Wait(0, pyorpc.INFINITE) == HRESULT.S_OK
        with pytest.raises(ComError, match="trio serves") as refused:
            pyorpc.pump_messages()
        assert refused.value.hresult == HRESULT.CO_E_NOT_SUPPORTED
        pyorpc.uninitialize()
        assert pyorpc.get_apartment_type()[0] in (pyorpc.APTTYPE.STA, pyorpc.APTTYPE.MAINSTA)
        pyorpc.initialize(STA)
        pyorpc.uninitialize()
        await trio.sleep(0)


async def test_a_call_into_another_context_of_the_thread_may_be_synchronous() -> None:
    async with in_trio_apartment():
        context = pyorpc.create_context()
        packets: list[bytes] = []

        def make() -> None:
            packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))
            packets.append(pyorpc.marshal_interface(AsyncProbe(), IProbe, pyorpc.MSHCTX.INPROC))

        context.run(make)
        plain, asynchronous = (pyorpc.unmarshal_interface(each, IProbe) for each in packets)
        assert plain.Add(1, 2) == 3
        assert await IProbeAwaitable(plain).Add(1, 2) == 3
        assert await IProbeAwaitable(asynchronous).Add(1, 2) == 3


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2201", None, ThreadingModel.NEUTRAL)
class Anywhere(Probe):
    """Lives in the neutral apartment."""


async def test_neutral_objects_are_awaited_on_the_task_s_own_thread() -> None:
    async with in_trio_apartment():
        far = pyorpc.create_instance(Anywhere, IProbe)
        assert await IProbeAwaitable(far).ThreadId() == threading.get_ident()
        assert far.ThreadId() == threading.get_ident()


async def test_objects_of_the_task_s_own_context_are_called_directly() -> None:
    async with in_trio_apartment():
        assert await IProbeAwaitable(Probe()).Add(1, 2) == 3
        assert await IProbeAwaitable(AsyncProbe()).Add(1, 2) == 3


async def test_plain_methods_enter_while_a_task_awaits_and_run_on_its_thread() -> None:
    async with in_trio_apartment() as runtime:
        with ProbeThread(runtime, MTA) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            mine = Probe()
            await near.Hold(mine)
            assert await near.CallHeld(1, 2) == 3


def test_an_async_method_outside_a_trio_apartment_says_what_it_needs() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA, AsyncProbe()) as thread,
        runtime.enter_apartment(MTA),
    ):
        pointer = pyorpc.unmarshal_interface(thread.packet, IProbe)
        with pytest.raises(ComError, match="open_apartment") as caught:
            pointer.Add(1, 2)
        assert caught.value.hresult == HRESULT.E_NOTIMPL


async def test_a_block_that_fails_raises_what_it_raised() -> None:
    with pytest.raises(LookupError):
        async with in_trio_apartment():
            raise LookupError


async def test_a_cancelled_block_is_left() -> None:
    with trio.move_on_after(0.05) as scope:
        async with in_trio_apartment():
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_it_nests_if_it_is_opened_alike() -> None:
    async with in_trio_apartment():
        async with open_apartment():
            assert pyorpc.get_apartment_type()[0] == pyorpc.APTTYPE.MAINSTA
        with pytest.raises(ComError) as caught:
            async with open_apartment(serialize=True):
                pass
        assert caught.value.hresult == HRESULT.RPC_E_CHANGED_MODE


async def test_work_posted_by_the_thread_itself_runs_at_the_next_await() -> None:
    async with in_trio_apartment():
        done = trio.Event()
        pyorpc.post_work(threading.get_ident(), done.set)
        with trio.fail_after(2):
            await done.wait()


async def test_the_loop_sleeps_while_nothing_happens() -> None:
    """A pump that finds something to do each time trio would wait never lets the thread rest."""
    rounds = 0

    class Counting(trio.abc.Instrument):
        def before_io_wait(self, timeout: float) -> None:
            nonlocal rounds
            rounds += 1

    async with in_trio_apartment():
        await IProbeAwaitable(Probe()).Add(1, 2)
        counting = Counting()
        trio.lowlevel.add_instrument(counting)
        await trio.sleep(0.3)
        trio.lowlevel.remove_instrument(counting)
    assert rounds < 10
