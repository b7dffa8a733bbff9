"""Pipes of tasks: callers and callees that are trio programs, beside those that are threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
import trio

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Pipe, PipeAwaitable
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.async_piper import serve_async_piper
from tests.support.async_probe import in_trio_apartment
from tests.support.piper import BLOCK, Piper, serve_piper
from tests.support.piper_idl import AsyncIPiper, IPiper, IPiperAwaitable
from tests.support.probe import in_apartment

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CREDIT = 1024 * 1024


def pointer_in(runtime: pyorpc.Runtime, home: ApartmentThread, piper: Piper) -> IPiper:
    """A pointer to a piper of another apartment of this process."""
    packet = home.run(pyorpc.marshal_interface, piper, IPiper, pyorpc.MSHCTX.INPROC)
    with runtime.enter_apartment(STA):
        return pyorpc.unmarshal_interface(packet, IPiper)


async def all_of(pipe: Pipe[list[int]]) -> list[list[int]]:
    return [chunk async for chunk in pipe]


async def ones(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        await trio.lowlevel.checkpoint()
        yield BLOCK


@pytest.fixture(params=["thread", "trio"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pointer_from(spawn: Spawn, server: str) -> tuple[IPiper, object]:
    child = (
        spawn(serve_piper, int(STA), {})
        if server == "thread"
        else spawn(serve_async_piper, False, {})
    )
    return pyorpc.unmarshal_interface(child.receive(), IPiper), child


async def test_a_task_reads_and_writes_the_pipes_of_another_process(
    spawn: Spawn, server: str
) -> None:
    async with in_trio_apartment():
        pointer, child = pointer_from(spawn, server)
        piper = IPiperAwaitable(pointer)
        assert (await piper.Sum(Pipe(ones(40))))[0] == 40 * len(BLOCK)
        assert (await piper.Sum(Pipe([b"ab", b"c"])))[0] == 3
        numbers = PipeAwaitable(await piper.Count(5, 2))
        assert [await numbers.Pull(1), await numbers.Pull(9)] == [[0], [1]]
        assert [chunk async for chunk in numbers] == [[2, 3], [4]]
        assert await numbers.Pull(1) == []
        flood = await piper.Flood(3_000_000, 100_000)
        assert sum([len(chunk) async for chunk in flood]) == 3_000_000
        child.send("stop")  # type: ignore[attr-defined]


async def test_a_task_pushes_while_another_awaits_the_call(spawn: Spawn, server: str) -> None:
    async with in_trio_apartment():
        pointer, child = pointer_from(spawn, server)
        pushed = PipeAwaitable[bytes]()
        taken: list[int] = []

        async def call() -> None:
            taken.append((await IPiperAwaitable(pointer).Sum(pushed.pipe))[0])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call)
            for _ in range(60):  # several times what may wait to be pulled
                await pushed.Push(BLOCK)
            await pushed.Push(b"")
        assert taken == [60 * len(BLOCK)]
        with pytest.raises(ComError) as raised:
            await pushed.Push(b"late")
        assert raised.value.hresult == HRESULT.RPC_X_PIPE_CLOSED
        child.send("stop")  # type: ignore[attr-defined]


async def test_calls_of_other_tasks_go_on_while_one_waits_for_a_chunk(
    spawn: Spawn, server: str
) -> None:
    async with in_trio_apartment():
        pointer, child = pointer_from(spawn, server)
        piper = IPiperAwaitable(pointer)
        pushed = PipeAwaitable[list[int]]()
        scaled = PipeAwaitable(await piper.Scale(pushed.pipe, 3))
        found: list[list[int]] = []

        async def pull() -> None:
            found.append(await scaled.Pull(9))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(pull)
            if server == "trio":  # an STA thread that reads its [in] pipe serves no others
                assert await piper.Ping(7) == 7
            assert found == []
            await pushed.Push([1, 2])
        assert found == [[3, 6]]
        scaled.close()
        child.send("stop")  # type: ignore[attr-defined]


async def test_a_begun_call_has_its_pipes_before_it_is_finished(spawn: Spawn, server: str) -> None:
    async with in_trio_apartment():
        pointer, child = pointer_from(spawn, server)
        call = pyorpc.create_call(pointer, AsyncIPiper)
        source = PipeAwaitable[list[int]]()
        scaled = PipeAwaitable(call.Begin_Scale(source.pipe, 2))
        for number in range(20):
            await source.Push([number])
            assert await scaled.Pull(9) == [2 * number]
        await source.Push([])
        assert await scaled.Pull(9) == []
        call.Finish_Scale()
        child.send("stop")  # type: ignore[attr-defined]


async def test_a_failure_is_raised_by_the_pull_that_meets_it(spawn: Spawn, server: str) -> None:
    async with in_trio_apartment():
        pointer, child = pointer_from(spawn, server)
        piper = IPiperAwaitable(pointer)
        pipe = PipeAwaitable(await piper.FailAfter(2, HRESULT.E_ABORT))
        assert [await pipe.Pull(3), await pipe.Pull(3)] == [[0], [1]]
        for _ in range(2):
            with pytest.raises(ComError, match="the producer fails") as raised:
                await pipe.Pull(3)
            assert raised.value.hresult == HRESULT.E_ABORT
        pushed = PipeAwaitable[bytes]()
        await pushed.Push(b"one")
        with pytest.raises(ComError) as raised:
            await piper.FailIn(pushed.pipe, HRESULT.E_FAIL)
        assert raised.value.hresult == HRESULT.E_FAIL
        with pytest.raises(ComError) as raised:
            await pushed.Push(b"two")
        assert raised.value.hresult == HRESULT.E_FAIL
        child.send("stop")  # type: ignore[attr-defined]


async def test_a_cancelled_scope_ends_a_wait_and_takes_nothing() -> None:
    async with in_trio_apartment() as runtime:
        with ApartmentThread(runtime, MTA) as home:
            piper = IPiperAwaitable(pointer_in(runtime, home, Piper()))
            pushed = PipeAwaitable[list[int]]()
            scaled = PipeAwaitable(await piper.Scale(pushed.pipe, 2))
            with trio.move_on_after(0.05) as scope:
                await scaled.Pull(1)
            assert scope.cancelled_caught
            await pushed.Push([4, 5])
            assert await scaled.Pull(9) == [8, 10]
            scaled.close()


async def test_a_blocking_pull_or_push_names_the_awaited_one() -> None:
    async with in_trio_apartment() as runtime:
        with ApartmentThread(runtime, MTA) as home:
            pushed: Pipe[list[int]] = Pipe()
            pulled = await IPiperAwaitable(pointer_in(runtime, home, Piper())).Scale(pushed, 2)
            full: Pipe[bytes] = Pipe()
            full.Push(bytes(CREDIT))
            own: Pipe[bytes] = Pipe()
            blocking_ones: list[Callable[[], object]] = [
                partial(pulled.Pull, 1),
                partial(full.Push, b"x"),
                partial(own.Pull, 1),
            ]
            for blocking in blocking_ones:
                with pytest.raises(ComError, match="PipeAwaitable") as raised:
                    blocking()
                assert raised.value.hresult == HRESULT.RPC_E_CANTCALLOUT_INASYNCCALL
            pushed.Push([1])
            assert await PipeAwaitable(pulled).Pull(1) == [2]  # it is not harmed
            pulled.close()


def test_outside_a_trio_apartment_it_says_where_it_belongs() -> None:
    with in_apartment(STA):
        for awaited in (PipeAwaitable[bytes]().Pull(1), PipeAwaitable[bytes]().Push(b"")):
            with pytest.raises(ComError, match="open_apartment") as raised:
                awaited.send(None)
            assert raised.value.hresult == HRESULT.CO_E_NOT_SUPPORTED
        with pytest.raises(ComError, match="open_apartment"):
            Pipe(ones(1))
