from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
import trio

import pyorpc
from pyorpc import CLSCTX, COINIT, HRESULT, ComError, Runtime, ThreadingModel, coclass
from pyorpc.trio import open_apartment, serve
from tests.conftest import Spawn
from tests.support.async_probe import AsyncProbe, in_trio_apartment
from tests.support.child import Child, Parent
from tests.support.class_server import activations_end
from tests.support.probe import Probe
from tests.support.probe_idl import IProbe, IProbeAwaitable


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2101", "Trio.Probe", ThreadingModel.APARTMENT)
class Served(AsyncProbe):
    """With tasks."""


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e2102", "Trio.Plain", ThreadingModel.APARTMENT)
class ServedPlainly(Probe):
    """Without."""


def serve_both(test: Parent) -> None:
    """In a child: a trio program that serves until Ctrl-C."""

    async def main() -> None:
        async with serve(Served, ServedPlainly):
            test.send(os.getpid())
            try:
                await trio.sleep_forever()
            finally:
                test.send("ending")

    try:
        trio.run(main)
    except* KeyboardInterrupt:
        test.send("interrupted")


def ask_for_it(clsid: type) -> IProbe:
    return pyorpc.create_instance(clsid, IProbe, CLSCTX.LOCAL_SERVER)


@pytest.fixture(autouse=True)
def no_server_is_left(home: Path) -> Generator[None]:
    with activations_end(home):
        yield


async def test_a_trio_program_serves_trio_and_thread_clients_until_ctrl_c(spawn: Spawn) -> None:
    child = spawn(serve_both)
    child.receive()

    def thread_client(runtime: Runtime) -> int:
        with runtime.enter_apartment(COINIT.MULTITHREADED):
            return ask_for_it(Served).Add(1, 2)

    async with in_trio_apartment() as runtime:
        far = IProbeAwaitable(ask_for_it(Served))
        plain = IProbeAwaitable(ask_for_it(ServedPlainly))
        assert await far.Add(1, 2) == 3
        assert await plain.Add(2, 2) == 4
        assert await trio.to_thread.run_sync(thread_client, runtime) == 3
        await interrupted_during_a_call(child, far)
        with pytest.raises(ComError) as caught:
            ask_for_it(Served)
        assert caught.value.hresult == HRESULT.REGDB_E_CLASSNOTREG


async def interrupted_during_a_call(child: Child, far: IProbeAwaitable) -> None:
    """The call is answered, and the process ends cleanly."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(interrupt_soon, child)
        with pytest.raises(ComError) as caught, trio.fail_after(10):
            await far.Sleep(30)
        assert caught.value.hresult == HRESULT.RPC_E_CALL_CANCELED
    assert [child.receive(), child.receive()] == ["ending", "interrupted"]
    assert await trio.to_thread.run_sync(child.join) == 0
    assert child.stderr == ""


async def interrupt_soon(child: Child) -> None:
    await trio.sleep(0.2)
    os.kill(child.pid, signal.SIGINT)


async def test_after_the_block_the_class_is_not_found_and_the_apartment_is_still_open() -> None:
    async with in_trio_apartment():
        async with serve(ServedPlainly):
            assert isinstance(ask_for_it(ServedPlainly), Probe)
        with pytest.raises(ComError) as caught:
            ask_for_it(ServedPlainly)
        assert caught.value.hresult == HRESULT.REGDB_E_CLASSNOTREG
        async with open_apartment():
            assert await IProbeAwaitable(Probe()).Add(1, 2) == 3


async def test_what_is_no_class_is_refused_and_leaves_nothing() -> None:
    async with in_trio_apartment() as runtime:
        with pytest.raises(ComError):
            async with serve(ServedPlainly, Probe):
                pass
        assert list(runtime.activation.table.registrations()) == []
