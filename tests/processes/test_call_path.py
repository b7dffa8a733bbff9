"""Nothing is lost and nothing stalls on the way of a call, however calls cross each other."""

from __future__ import annotations

import threading
from collections import deque
from itertools import product
from random import Random

import pytest

import pyorpc
from pyorpc import COINIT, Runtime
from tests.conftest import Spawn
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
ONE_THREAD = {"mta_threads": 1}
CALLS = 10_000
MOST_OUTSTANDING = 50

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_pool_of_one_calls_back_over_the_link_it_was_called_on(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(MTA), ONE_THREAD)
    with in_apartment(caller, **ONE_THREAD):
        probe, own = pyorpc.unmarshal_interface(child.receive(), IProbe), Probe()
        for _ in range(100):
            on = probe.CallBack(own)
            assert (on == threading.get_ident()) == (caller == STA)


@pytest.mark.parametrize(("caller", "callee"), list(product((STA, MTA), repeat=2)))
def test_callbacks_nest_ten_deep(spawn: Spawn, caller: COINIT, callee: COINIT) -> None:
    child = spawn(serve_probe, int(callee), ONE_THREAD)
    with in_apartment(caller, **ONE_THREAD):
        probe, own = pyorpc.unmarshal_interface(child.receive(), IProbe), Probe()
        for _ in range(20):
            assert probe.Descend(own, 10) == 11


@pytest.mark.parametrize("threads", [1, 4])
def test_eight_callers_at_a_time_are_called_back(spawn: Spawn, threads: int) -> None:
    child = spawn(serve_probe, int(MTA), {"mta_threads": threads})
    packets = [child.receive()]
    with in_apartment(MTA, mta_threads=threads) as runtime:
        first = pyorpc.unmarshal_interface(packets[0], IProbe)
        packets = [pyorpc.marshal_interface(first, IProbe) for _ in range(8)]
        callers = [
            _Caller(runtime, coinit, packet)
            for packet, coinit in zip(packets, [STA, MTA] * 4, strict=True)
        ]
        assert [caller.join() for caller in callers] == [40] * 8


class _Caller:
    """A thread in an apartment that makes 40 calls, each with two callbacks inside."""

    def __init__(self, runtime: Runtime, coinit: COINIT, packet: bytes) -> None:
        self._runtime = runtime
        self._coinit = coinit
        self._packet = packet
        self._done = 0
        # A daemon: one that hangs fails its test and does not keep pytest.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._runtime.enter_apartment(self._coinit):
            probe, own = pyorpc.unmarshal_interface(self._packet, IProbe), Probe()
            for _ in range(40):
                assert probe.Descend(own, 2) == 3
                self._done += 1

    def join(self) -> int:
        self._thread.join(DEADLINE_S)
        return self._done


@pytest.mark.parametrize(("caller", "callee"), [(STA, STA), (MTA, MTA)])
def test_no_reply_is_lost_among_synchronous_and_asynchronous_calls(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    chance = Random(caller)
    with in_apartment(caller):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        idle = [pyorpc.create_call(probe, AsyncIProbe) for _ in range(MOST_OUTSTANDING)]
        begun: deque[tuple[int, AsyncIProbe]] = deque()
        for number in range(CALLS):
            kind = chance.random()
            if kind < 0.2:
                assert probe.Add(number, 1) == number + 1
            if idle and kind < 0.7:
                idle[-1].Begin_Add(number, 2)
                begun.append((number, idle.pop()))
            elif begun:
                _finish(begun, idle)
        while begun:
            _finish(begun, idle)


def _finish(begun: deque[tuple[int, AsyncIProbe]], idle: list[AsyncIProbe]) -> None:
    number, call = begun.popleft()
    assert call.Finish_Add() == number + 2
    idle.append(call)


def test_a_call_may_be_finished_by_another_thread_than_began_it() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Sleep(0.2)
        finished = threading.Event()

        def finish() -> None:
            with runtime.enter_apartment(MTA):
                call.Finish_Sleep()
                finished.set()

        threading.Thread(target=finish, daemon=True).start()
        assert finished.wait(DEADLINE_S)
