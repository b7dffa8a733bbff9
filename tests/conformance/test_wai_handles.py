"""WAI: call objects and foreign descriptors among what is waited for."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    Event,
    Runtime,
)
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, at, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S
from tests.support.waits import (
    DEADLINE_MS,
    MTA,
    STA,
    WAITALL,
    begin_wait,
    code,
    container,
    inproc_packet,
    sta_and_mta,
    wait,
)

# ---- call objects -------------------------------------------------------------------------


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_begun_call_is_waited_for_beside_an_event(coinit: COINIT) -> None:
    with FarRuntime(MTA) as far, Runtime() as near, ApartmentThread(near, coinit) as other:
        packet = far.packet()

        def waits() -> tuple[int, int]:
            call = pyorpc.create_call(at(packet), AsyncIProbe)
            assert code(wait, [call], 0) == HRESULT.RPC_S_CALLPENDING
            call.Begin_Add(2, 3)
            index = wait([Event(), call], DEADLINE_MS)
            assert wait([call], 0) == 0  # a wait takes nothing
            total = call.Finish_Add()
            call.Begin_Add(3, 4)
            assert wait([call, Event(initial=True)], DEADLINE_MS, WAITALL) == 0
            assert call.Finish_Add() == 7
            return index, total

        assert other.run(waits) == (1, 5)


def test_a_call_inside_the_process_is_waited_for_in_both_kinds_of_apartment() -> None:
    with sta_and_mta() as (runtime, sta), ProbeThread(runtime, MTA) as callee:

        def waits() -> int:
            call = pyorpc.create_call(at(callee.packet), AsyncIProbe)
            call.Begin_Add(2, 3)
            assert wait([call], DEADLINE_MS) == 0
            return call.Finish_Add()

        assert sta.run(waits) == 5


def test_ASY_16_a_container_gives_call_objects_in_the_order_of_completion() -> None:
    with FarRuntime(MTA) as far, Runtime() as near, near.enter_apartment(MTA):
        pointer, many = far.pointer(), container()
        calls: dict[float, Any] = {
            seconds: pyorpc.create_call(pointer, AsyncIProbe) for seconds in (0.3, 0.1, 0.2)
        }
        for seconds, call in calls.items():
            call.Begin_Sleep(seconds)
            many.AddSynchronize(call)
        for seconds in (0.1, 0.2, 0.3):
            assert many.WaitMultiple(0, DEADLINE_MS) is calls[seconds]
        assert code(many.WaitMultiple, 0, 0) == HRESULT.RPC_E_NO_SYNC


def test_ASY_16_the_order_is_that_of_completion_also_where_all_are_done() -> None:
    with FarRuntime(MTA) as far, Runtime() as near, near.enter_apartment(MTA):
        pointer, many = far.pointer(), container()
        calls: dict[float, Any] = {
            seconds: pyorpc.create_call(pointer, AsyncIProbe) for seconds in (0.2, 0.1)
        }
        for seconds, call in calls.items():
            call.Begin_Sleep(seconds)
            many.AddSynchronize(call)
        assert wait(list(calls.values()), DEADLINE_MS, WAITALL) == 0
        for seconds in (0.1, 0.2):
            assert many.WaitMultiple(0, 0) is calls[seconds]


def test_the_death_of_the_callee_ends_the_wait_for_its_reply(spawn: Spawn) -> None:
    child = spawn(serve_sleeper)
    with Runtime() as near, near.enter_apartment(MTA):
        pointer = at(child.receive())
        call = pyorpc.create_call(pointer, AsyncIProbe)
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3  # they know each other
        call.Begin_Sleep(60)
        child.kill9()
        assert wait([call], DEADLINE_MS) == 0
        assert code(call.Finish_Sleep) in {HRESULT.RPC_S_CALL_FAILED, HRESULT.RPC_E_SERVER_DIED}


def serve_sleeper(test: Parent) -> None:
    with in_apartment(MTA):
        test.send(pyorpc.marshal_interface(Probe(), IProbe))
        test.receive(60)


# ---- foreign descriptors ------------------------------------------------------------------


def waits_for_a_socket() -> None:
    near, far = socket.socketpair()
    event = Event()
    with near, far:
        assert code(wait, [event, near], 20) == HRESULT.RPC_S_CALLPENDING
        assert code(wait, [event, near], 20, WAITALL) == HRESULT.RPC_S_CALLPENDING
        writer = threading.Thread(target=far.send, args=(b"x",))
        writer.start()
        assert wait([event, near], DEADLINE_MS) == 1
        assert wait([near], 0) == 0  # it stays readable
        assert code(wait, [event, near], 20, WAITALL) == HRESULT.RPC_S_CALLPENDING
        setter = threading.Thread(target=event.set)
        setter.start()
        assert wait([event, near], DEADLINE_MS, WAITALL) == 0
        near.recv(1)
        far.close()
        assert wait([near], DEADLINE_MS) == 0  # its end can be read
        writer.join()
        setter.join()


def test_a_socket_is_waited_for_in_every_kind_of_thread() -> None:
    waits_for_a_socket()
    with sta_and_mta() as (_, sta):
        waits_for_a_socket()
        sta.run(waits_for_a_socket)


def test_a_wait_for_all_does_not_spin_while_one_socket_is_readable() -> None:
    near, far = socket.socketpair()
    with near, far, sta_and_mta() as (_, sta):
        far.send(b"x")

        def burnt() -> float:
            before = time.thread_time()
            assert code(wait, [near, Event()], 300, WAITALL) == HRESULT.RPC_S_CALLPENDING
            return time.thread_time() - before

        assert sta.run(burnt) < 0.1
        assert burnt() < 0.1


def test_two_waits_of_one_sta_may_be_for_the_same_pipe() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb", 0) as sink:

        class Waits(Probe):
            def ThreadId(self) -> int:
                self.started.set()
                return wait([source], DEADLINE_MS)

        probe = Waits()
        with sta_and_mta() as (runtime, sta), ApartmentThread(runtime, MTA) as caller:
            packet = sta.run(inproc_packet, probe)
            waiting = begin_wait(sta, [Event(), source], DEADLINE_MS)
            calling = caller.begin(lambda: at(packet).ThreadId())
            assert probe.started.wait(DEADLINE_S)
            sink.write(b"x")
            assert (calling.join(), waiting.join()) == (0, 1)


def test_calls_enter_an_sta_that_waits_for_a_socket() -> None:
    near, far = socket.socketpair()
    with near, far, sta_and_mta() as (_, sta):
        packet = sta.run(inproc_packet, Probe())
        waiting = begin_wait(sta, [near], DEADLINE_MS)
        assert at(packet).ThreadId() == sta.ident
        far.send(b"x")
        assert waiting.join() == 0


def test_a_regular_file_is_always_readable(tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_text("text")
    with path.open() as file, sta_and_mta() as (_, sta):
        assert sta.run(wait, [file], 0) == 0
        assert code(sta.run, wait, [file, Event()], 20, WAITALL) == HRESULT.RPC_S_CALLPENDING
