from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
import trio

import pyorpc
from pyorpc import COINIT, CallCanceledError, ComError, Pipe, PipeAwaitable, Runtime
from pyorpc.remoting.chunk_queue import CREDIT
from pyorpc.trio import open_apartment
from tests.conftest import Spawn
from tests.support.async_piper import serve_async_piper
from tests.support.async_probe import in_trio_apartment
from tests.support.piper_idl import IPiper, IPiperAwaitable
from tests.support.probe import in_apartment
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CHUNK = 64 * 1024


@pytest.fixture(params=[STA, MTA])
def coinit(request: pytest.FixtureRequest) -> COINIT:
    return COINIT(request.param)


def test_the_consumer_bounds_the_producer_and_an_abandoned_pipe_closes_it(
    spawn: Spawn, coinit: COINIT
) -> None:
    child = spawn(serve_async_piper, False, {})
    with in_apartment(coinit):
        piper = pyorpc.unmarshal_interface(child.receive(), IPiper)
        pipe = piper.Flood(0, CHUNK)
        taken = 0
        for _ in range(50):
            taken += len(pipe.Pull(CHUNK))
            # What waits to be pulled at each side.
            assert piper.Produced()[0] - taken <= 2 * CREDIT + CHUNK
        assert not piper.Produced()[1]
        del pipe
        wait_until(lambda: piper.Produced()[1], "the producer is closed")
    child.send("stop")


async def test_the_end_of_the_apartment_ends_a_producer_and_tells_its_consumer() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"first"
        await trio.sleep_forever()

    with Runtime(grace_s=0) as runtime, runtime.enter_apartment(STA):
        async with open_apartment():
            pipe = PipeAwaitable(Pipe(stream()))
            assert await pipe.Pull(9) == b"first"
        with pytest.raises(CallCanceledError, match="its apartment ended"):
            pipe.pipe.Pull(9)


async def test_a_producer_whose_consumer_has_gone_is_cancelled_wherever_it_waits() -> None:
    cancelled = trio.Event()

    async def stream() -> AsyncIterator[bytes]:
        yield b"first"
        try:
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with in_trio_apartment():
        pipe = PipeAwaitable(Pipe(stream()))
        assert await pipe.Pull(9) == b"first"
        pipe.close()
        with trio.fail_after(10):
            await cancelled.wait()


async def test_a_failure_in_closing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    closed = trio.Event()

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await trio.sleep_forever()
        finally:
            closed.set()
            raise ValueError("on the way out")

    async with in_trio_apartment():
        pipe = PipeAwaitable(Pipe(stream()))
        assert await pipe.Pull(9) == b"first"
        with caplog.at_level(logging.ERROR, "pyorpc"):
            pipe.close()
            with trio.fail_after(10):
                await closed.wait()
                while not caplog.records:
                    await trio.lowlevel.checkpoint()
    assert "on the way out" in caplog.text


async def test_what_an_iterable_raises_its_consumer_raises() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"first"
        raise ValueError("oops")

    async with in_trio_apartment():
        pipe = PipeAwaitable(Pipe(failing()))
        assert await pipe.Pull(9) == b"first"
        with pytest.raises(ValueError, match="oops"):
            await pipe.Pull(9)


async def test_a_chunk_that_does_not_fit_is_the_failure_of_its_call(spawn: Spawn) -> None:
    async def wrong() -> AsyncIterator[list[int]]:
        yield [1]
        yield [2**40]

    child = spawn(serve_async_piper, False, {})
    async with in_trio_apartment():
        piper = IPiperAwaitable(pyorpc.unmarshal_interface(child.receive(), IPiper))
        scaled = PipeAwaitable(await piper.Scale(Pipe(wrong()), 1))
        assert await scaled.Pull(9) == [1]
        with pytest.raises(ComError, match="does not fit"):
            await scaled.Pull(9)
        scaled.close()
        child.send("stop")


# ---- the methods that have such pipes ------------------------------------------------------


async def test_a_cancelled_method_that_reads_its_pipe_is_cancelled_there(spawn: Spawn) -> None:
    child = spawn(serve_async_piper, False, {})
    async with in_trio_apartment(grace_s=10):
        piper = IPiperAwaitable(pyorpc.unmarshal_interface(child.receive(), IPiper))
        with trio.move_on_after(0.1):
            await piper.Sum(Pipe())  # nobody pushes
        child.send("ended")
        # Its scope is cancelled, or its Pull fails, whichever it hears of first.
        assert child.receive() in (["Cancelled"], ["CallCanceledError"])
        child.send("stop")


async def test_where_calls_are_serialized_the_pulls_of_the_method_go_on(spawn: Spawn) -> None:
    child = spawn(serve_async_piper, True, {})
    async with in_trio_apartment(serialize=True):
        piper = IPiperAwaitable(pyorpc.unmarshal_interface(child.receive(), IPiper))
        assert (await piper.Sum(Pipe([b"abc"] * 10)))[0] == 30
        assert sum([len(chunk) async for chunk in await piper.Flood(2 * CREDIT, CHUNK)])
        child.send("stop")
