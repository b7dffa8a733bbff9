"""Calls of one thread to one object in an STA run in the order made, of whatever kind they are."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest

import pyorpc
from pyorpc import COINIT, Runtime
from pyorpc.wire.objref import unpack
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.recorder import Recorder, serve_recorder
from tests.support.recorder_idl import AsyncIRecorder, IRecorder
from tests.support.tcp_relay import TcpRelay

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
THREADS = 4
CALLS = 60
LARGE = bytes(300_000)


def make_calls(packet: bytes, who: int) -> str:
    """On a thread of its own: one-way, begun and plain calls, by turns; the last one is plain."""
    recorder = pyorpc.unmarshal_interface(packet, IRecorder)
    begun: list[AsyncIRecorder] = []
    for number in range(CALLS):
        match (number * 7 + who) % 5:
            case 0:
                recorder.Tell(who, number, len(LARGE), LARGE)
            case 1 | 2:
                recorder.Tell(who, number, 0, b"")
            case 3:
                call = pyorpc.create_call(recorder, AsyncIRecorder)
                call.Begin_Note(who, number)
                begun.append(call)
            case _:
                recorder.Note(who, number)
    heard = recorder.Heard()
    for call in begun:
        call.Finish_Note()
    return heard


def numbers_of(who: int, heard: str) -> list[int]:
    pairs = [pair.split(":") for pair in heard.split()]
    return [int(number) for each, number in pairs if int(each) == who]


def check_order(runtime: Runtime, coinit: COINIT, packets: list[bytes]) -> None:
    with ExitStack() as stack:
        threads = [stack.enter_context(ApartmentThread(runtime, coinit)) for _ in packets]
        tasks = [
            thread.begin(make_calls, packet, who)
            for who, (thread, packet) in enumerate(zip(threads, packets, strict=True))
        ]
        for who, task in enumerate(tasks):
            # What its last call was told, in the order of arrival: all calls before it have run.
            assert numbers_of(who, task.join()) == list(range(CALLS))


@contextmanager
def recorder_in(runtime: Runtime, dest: pyorpc.MSHCTX) -> Generator[list[bytes]]:
    recorder = Recorder()
    with ApartmentThread(runtime, STA) as home:

        def packet() -> bytes:
            return pyorpc.marshal_interface(recorder, IRecorder, dest)

        yield [home.run(packet) for _ in range(THREADS)]
        assert recorder.threads == {home.ident}


@pytest.mark.parametrize("caller", [STA, MTA])
def test_in_one_process(caller: COINIT) -> None:
    with Runtime() as near, recorder_in(near, pyorpc.MSHCTX.INPROC) as packets:
        check_order(near, caller, packets)


@pytest.mark.parametrize("caller", [STA, MTA])
def test_over_ipc(caller: COINIT) -> None:
    with Runtime() as near, Runtime() as far, recorder_in(far, pyorpc.MSHCTX.LOCAL) as packets:
        check_order(near, caller, packets)


@pytest.mark.parametrize("caller", [STA, MTA])
def test_over_tcp(caller: COINIT) -> None:
    with (
        Runtime(insecure=True) as near,
        Runtime(insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        recorder_in(far, pyorpc.MSHCTX.LOCAL) as packets,
        ExitStack() as stack,
    ):
        relays = [TcpRelay.to_apartment_of(unpack(packet)) for packet in packets]
        for relay in relays:
            stack.enter_context(relay)
        check_order(near, caller, [relay.packet for relay in relays])


@pytest.mark.processes
@pytest.mark.parametrize("caller", [STA, MTA])
def test_between_processes_under_load(spawn: Spawn, caller: COINIT) -> None:
    child = spawn(serve_recorder, int(STA), {})
    with Runtime() as near:
        packet = child.receive()
        with ApartmentThread(near, MTA) as first:
            # A packet is good for one pointer; this one marshals it on, once for each caller.
            pointer = first.run(pyorpc.unmarshal_interface, packet, IRecorder)
            packets = [
                first.run(pyorpc.marshal_interface, pointer, IRecorder) for _ in range(THREADS)
            ]
            check_order(near, caller, packets)
            first.run(pyorpc.release, pointer)
