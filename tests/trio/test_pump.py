"""The pump: what enters when, and that no wake-up is lost (a permanent test)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import trio

import pyorpc
from pyorpc import COINIT
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.remote_link import RemoteLink
from pyorpc.wire.packets import VERSION, Kind, Request, RequestFlag, encode_header
from tests.conftest import Spawn
from tests.support.async_probe import AsyncProbe, in_trio_apartment, serve_async_probe
from tests.support.child import Child
from tests.support.probe import Probe, ProbeThread, serve_probe
from tests.support.probe_idl import IProbe, IProbeAwaitable, _IProbe_LetGo

STA = COINIT.APARTMENTTHREADED
MTA = COINIT.MULTITHREADED
# After so many messages a long run says how it goes.
PROGRESS = 100_000


@pytest.mark.parametrize("serialize", [False, True])
async def test_other_calls_enter_at_awaits_unless_they_are_serialized(
    spawn: Spawn, serialize: bool
) -> None:
    child = spawn(serve_async_probe, serialize, {})
    order: list[str] = []
    async with in_trio_apartment():
        far = IProbeAwaitable(pyorpc.unmarshal_interface(child.receive(), IProbe))

        async def long() -> None:
            await far.Sleep(0.3)
            order.append("long")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(long)
            while not await begun(child):
                await trio.sleep(0.01)
            assert await far.Add(1, 2) == 3
            order.append("short")
    assert order == (["long", "short"] if serialize else ["short", "long"])
    child.send("stop")


async def begun(child: Child) -> object:
    child.send("begun")
    return await trio.to_thread.run_sync(child.receive)


async def test_where_calls_are_serialized_a_callback_of_the_same_causality_enters() -> None:
    async with in_trio_apartment(serialize=True) as runtime:
        with ProbeThread(runtime, MTA) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            with trio.fail_after(5):
                assert await near.Descend(AsyncProbe(), 4) == 5


async def test_where_calls_are_serialized_an_awaited_call_holds_strangers() -> None:
    """Ruling R-1, as an STA that waits for a reply."""
    mine = Probe()
    async with in_trio_apartment(serialize=True) as runtime:
        packet = pyorpc.marshal_interface(mine, IProbe, pyorpc.MSHCTX.INPROC)

        def stranger() -> str:
            with runtime.enter_apartment(MTA):
                return pyorpc.unmarshal_interface(packet, IProbe).Echo("stranger")

        with ProbeThread(runtime, STA) as thread:
            near = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
            sta = thread_state().home
            assert sta is not None
            async with trio.open_nursery() as nursery:
                nursery.start_soon(near.Sleep, 0.4)
                await trio.sleep(0.05)
                nursery.start_soon(trio.to_thread.run_sync, stranger)
                while sta.queue_length() == 0:
                    await trio.sleep(0.01)
                await trio.sleep(0.1)
                assert mine.log == []
            assert mine.log == ["stranger"]


class Talk:
    """Awaited calls and one-way ones over one socket, at random moments of each other."""

    def __init__(self, messages: int, tell: Callable[[str], None] = lambda _: None) -> None:
        self.messages = messages
        self.sent = 0
        self._tell = tell
        self._chance = random.Random(20)

    async def go(self, spawn: Spawn) -> None:
        child = spawn(serve_probe, int(MTA), {})
        async with in_trio_apartment():
            pointer = pyorpc.unmarshal_interface(child.receive(), IProbe)
            async with trio.open_nursery() as nursery:
                for talk in (self._ask, self._ask, self._hail):
                    nursery.start_soon(talk, pointer)
                nursery.start_soon(self._report)
        child.send("stop")

    async def _ask(self, pointer: IProbe) -> None:
        far = IProbeAwaitable(pointer)
        while self.sent < self.messages:
            self.sent += 1
            mine = self.sent
            with trio.fail_after(10):
                assert await far.Add(mine, 1) == mine + 1

    async def _hail(self, pointer: IProbe) -> None:
        while self.sent < self.messages:
            for _ in range(self._chance.randrange(4)):
                self.sent += 1
                send_one_way(pointer)
            if self._chance.random() < 0.5:
                await trio.sleep(self._chance.random() / 5000)
            else:
                await trio.lowlevel.checkpoint()

    async def _report(self) -> None:
        begun, due = trio.current_time(), PROGRESS
        while self.sent < self.messages:
            await trio.sleep(0.5)
            if self.sent >= due:
                due = self.sent + PROGRESS
                rate = self.sent / (trio.current_time() - begun)
                self._tell(f"{self.sent:,} of {self.messages:,} messages, {rate:,.0f} a second")


def send_one_way(pointer: IProbe) -> None:
    """Sends over the socket that tasks await replies from; the peer sends nothing back.

    The send consumes the edge of whatever has come meanwhile (the ZMQ_FD trap), and nobody but the
    pump's look before trio waits notices.
    """
    assert isinstance(pointer, InterfaceProxy)
    state = thread_state()
    assert state.home is not None
    link, ipid = pointer.manager.link, pointer.channel.ipid
    assert isinstance(link, RemoteLink)
    line = state.home.lines.take(link.peer, state)
    number, causality = state.runtime.table.new_id(), state.own_causality().bytes
    slot, flags = _IProbe_LetGo.slot, RequestFlag.ONE_WAY
    header = Request(
        VERSION, Kind.REQUEST, number, ipid.bytes, slot, flags, causality, 1, None, None, 0
    )
    line.connection.send((encode_header(header), _IProbe_LetGo.encode_args(())))


@pytest.mark.timeout(120)
async def test_no_wake_up_is_lost(spawn: Spawn) -> None:
    """Of 30,000 messages without the look before trio waits, some wake-up was always lost."""
    await Talk(100_000).go(spawn)


@pytest.mark.nightly
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("messages", [1_000_000, 10_000_000])
async def test_no_wake_up_is_lost_in_millions(
    spawn: Spawn, messages: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def tell(text: str) -> None:
        with capfd.disabled():
            print(text, flush=True)

    await Talk(messages, tell).go(spawn)
