"""The pump: what enters when, and that no wake-up is lost (a permanent test)."""

from __future__ import annotations

import random

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


async def talk_at_random(spawn: Spawn, messages: int) -> None:
    """Awaited calls and one-way ones over one socket, at random moments of each other."""
    child = spawn(serve_probe, int(MTA), {})
    chance = random.Random(20)
    sent = 0
    async with in_trio_apartment():
        pointer = pyorpc.unmarshal_interface(child.receive(), IProbe)
        far = IProbeAwaitable(pointer)

        async def ask() -> None:
            nonlocal sent
            while sent < messages:
                sent += 1
                mine = sent
                with trio.fail_after(10):
                    assert await far.Add(mine, 1) == mine + 1

        async def hail() -> None:
            nonlocal sent
            while sent < messages:
                for _ in range(chance.randrange(4)):
                    sent += 1
                    send_one_way(pointer)
                if chance.random() < 0.5:
                    await trio.sleep(chance.random() / 5000)
                else:
                    await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            for talk in (ask, ask, hail):
                nursery.start_soon(talk)
    child.send("stop")


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
    await talk_at_random(spawn, 100_000)


@pytest.mark.nightly
@pytest.mark.timeout(2 * 3600)
async def test_no_wake_up_is_lost_in_ten_million(spawn: Spawn) -> None:
    await talk_at_random(spawn, 10_000_000)
