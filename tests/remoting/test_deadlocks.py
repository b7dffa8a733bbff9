"""Calls that wait for each other are found, and one of them ends; slow ones are left alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, AdmittingFilter, ComError, DeadlockError, Runtime
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LONG_ENOUGH_S = 1.0  # for two looks and more


class Ring:
    """STAs, each with a probe and a pointer to the probe of the next one."""

    def __init__(self, threads: Sequence[ApartmentThread]) -> None:
        self.threads = threads
        self.probes = [Probe() for _ in threads]
        packets = [
            thread.run(pyorpc.marshal_interface, probe, IProbe)
            for thread, probe in zip(threads, self.probes, strict=True)
        ]
        self.pointers: list[IProbe] = [
            thread.run(pyorpc.unmarshal_interface, packets[(index + 1) % len(packets)], IProbe)
            for index, thread in enumerate(threads)
        ]

    def call_around(self, call: Callable[[IProbe], Any] | None = None) -> list[Any]:
        """All call their next ones at once; results and errors."""
        start = threading.Barrier(len(self.threads))

        def run(pointer: IProbe) -> Any:
            start.wait(DEADLINE_S)
            return pointer.Add(20, 3) if call is None else call(pointer)

        tasks = [
            thread.begin(run, pointer)
            for thread, pointer in zip(self.threads, self.pointers, strict=True)
        ]
        outcomes: list[Any] = []
        for task in tasks:
            try:
                outcomes.append(task.join())
            except ComError as error:
                outcomes.append(error)
        return outcomes


@contextmanager
def ring(size: int, processes: int, **settings: Any) -> Generator[Ring]:
    with ExitStack() as stack:
        runtimes = [stack.enter_context(Runtime(**settings)) for _ in range(processes)]
        threads = [
            stack.enter_context(ApartmentThread(runtimes[index % processes], STA))
            for index in range(size)
        ]
        yield Ring(threads)


@pytest.mark.parametrize(("size", "processes"), [(2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (5, 3)])
def test_stas_that_wait_for_each_other_are_found_and_one_call_fails(
    size: int, processes: int
) -> None:
    with ring(size, processes) as stas:
        outcomes = stas.call_around()
        [error] = [each for each in outcomes if isinstance(each, ComError)]
        assert outcomes.count(23) == size - 1
        assert isinstance(error, DeadlockError)
        assert (error.hresult, error.executed) == (HRESULT.RPC_E_TIMEOUT, "no")
        assert len(error.cycle) == size
        for line in error.cycle:
            assert "waits for IProbe.Add" in line
            assert line in error.description
        # All that took part goes on as before.
        for thread, pointer in zip(stas.threads, stas.pointers, strict=True):
            assert thread.run(pointer.Add, 1, 2) == 3


def test_the_cycle_names_every_apartment_once() -> None:
    with ring(3, 3) as stas:
        [error] = [each for each in stas.call_around() if isinstance(each, DeadlockError)]
        names = [thread.run(repr_of_home) for thread in stas.threads]
        for name in names:
            assert sum(name in line for line in error.cycle) == 1


def repr_of_home() -> str:
    from pyorpc.context.thread_state import thread_state  # noqa: PLC0415  # of that thread

    return repr(thread_state().home)


def test_calls_that_were_begun_and_are_finished_wait_too() -> None:
    def begin_and_finish(pointer: IProbe) -> int:
        call = pyorpc.create_call(pointer, AsyncIProbe)
        call.Begin_Add(20, 3)
        return call.Finish_Add()

    with ring(2, 2) as stas:
        outcomes = stas.call_around(begin_and_finish)
        assert sorted(map(str, outcomes))[0] == "23"
        assert sum(isinstance(each, DeadlockError) for each in outcomes) == 1


class Relays(Probe):
    """In the MTA: passes Add on to the object that it holds."""

    def Add(self, a: int, b: int) -> int:
        assert self.held is not None
        return self.held.Add(a, b)


def test_a_wait_through_a_thread_of_the_mta_is_followed() -> None:
    """STA a -> MTA m -> STA b -> STA a; m's method runs, and waits."""
    with (
        Runtime() as one,
        Runtime() as two,
        ApartmentThread(one, STA) as a,
        ApartmentThread(two, STA) as b,
        ApartmentThread(two, MTA) as m,
    ):
        relay = Relays()
        to_a = b.run(at, a.run(pyorpc.marshal_interface, Probe(), IProbe))
        to_b = m.run(at, b.run(pyorpc.marshal_interface, Probe(), IProbe))
        m.run(relay.Hold, to_b)
        to_m = a.run(at, m.run(pyorpc.marshal_interface, relay, IProbe))
        start = threading.Barrier(2)

        def call(pointer: IProbe) -> int:
            start.wait(DEADLINE_S)
            return pointer.Add(20, 3)

        tasks = [a.begin(call, to_m), b.begin(call, to_a)]
        codes = [outcome_of(task.join) for task in tasks]
        # One of the three calls failed; what m's caller sees of it is its error's code.
        assert sorted(codes, key=str) in ([23, HRESULT.RPC_E_TIMEOUT], [HRESULT.RPC_E_TIMEOUT, 23])
        relay.LetGo()


def at(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


def outcome_of(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except ComError as error:
        return error.hresult


def serve_a_ring(test: Parent) -> None:
    """In a child: an STA with a probe, which calls another probe when the test says so."""
    with in_apartment(STA) as runtime:
        test.send(pyorpc.marshal_interface(Probe(), IProbe))
        other = at(test.receive())
        test.send("ready")
        test.receive()
        try:
            test.send(["returned", other.Add(20, 3)])
        except DeadlockError as error:
            test.send(["deadlock", *error.cycle])
        sta = runtime.sta_of(threading.get_ident())
        assert sta is not None

        def stop() -> None:
            test.receive()
            sta.post_quit(0)

        listener = threading.Thread(target=stop)
        listener.start()
        pyorpc.pump_messages()
        listener.join()
        del other


@pytest.mark.processes
def test_stas_of_two_real_processes_are_found_in_two_seconds(spawn: Spawn) -> None:
    children = [spawn(serve_a_ring) for _ in range(2)]
    packets = [child.receive() for child in children]
    for child, packet in zip(children, reversed(packets), strict=True):
        child.send(packet)
    for child in children:
        assert child.receive() == "ready"
    begun = time.monotonic()
    for child in children:
        child.send("call")
    outcomes = [child.receive() for child in children]
    assert time.monotonic() - begun < 2 + 1  # what they promise, and some for a busy machine
    [cycle] = [outcome[1:] for outcome in outcomes if outcome[0] == "deadlock"]
    assert ["returned", 23] in outcomes
    for child in children:
        assert sum(f"process {child.pid} " in line for line in cycle) == 1
        child.send("stop")
    for child in children:
        assert child.join() == 0


# ---- no false alarm -------------------------------------------------------------------------


def test_a_slow_call_and_those_that_wait_behind_it_are_no_deadlock() -> None:
    with ring(3, 2) as stas:
        a, b, c = stas.threads
        slow = a.begin(stas.pointers[0].Sleep, LONG_ENOUGH_S)  # a waits for b, which runs
        behind = c.begin(stas.pointers[2].Add, 1, 2)  # c waits for a, which waits
        slow.join()
        assert behind.join() == 3
        assert b.run(stas.pointers[1].Add, 1, 2) == 3


def test_callbacks_of_the_same_causality_are_no_deadlock() -> None:
    class Slow(Probe):
        def ThreadId(self) -> int:
            time.sleep(LONG_ENOUGH_S)
            return 7

    with ring(2, 2) as stas:
        assert stas.threads[0].run(stas.pointers[0].CallBack, Slow()) == 7


def test_with_filters_nothing_is_found_because_nothing_waits() -> None:
    with ring(2, 2) as stas:
        for thread in stas.threads:
            thread.run(pyorpc.register_message_filter, AdmittingFilter())
        assert stas.call_around() == [23, 23]


def test_the_detector_can_be_turned_off() -> None:
    with ring(2, 1, deadlock_check_s=0) as stas:
        for thread in stas.threads:
            thread.run(pyorpc.enable_call_cancellation)
        killer = threading.Timer(LONG_ENOUGH_S, lambda: cancel(stas.threads[0].ident, stas))
        killer.start()
        outcomes = stas.call_around()
        killer.join()
        assert [each.hresult for each in outcomes if isinstance(each, ComError)] == [
            HRESULT.RPC_E_CALL_CANCELED
        ]


def cancel(thread_id: int, stas: Ring) -> None:
    runtime = stas.threads[0]._runtime
    with runtime.enter_apartment(MTA):
        pyorpc.cancel_call(thread_id)
