"""The Runtime: entering and leaving, threads that forget to, closing while calls run, no leaks."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pyorpc
from pyorpc import APTTYPE, COINIT, HRESULT, ComError, Runtime
from pyorpc.apartment.sta import Sta
from pyorpc.context.thread_state import thread_state
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Patient(Probe):
    """Its Sleep lasts until the test lets it go on."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)


# ---- entering and leaving ------------------------------------------------------------------


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_entering_again_is_counted_and_each_leaving_undoes_one(coinit: COINIT) -> None:
    state = thread_state()
    with Runtime() as runtime:
        assert runtime.initialize(state, coinit) == HRESULT.S_OK
        assert runtime.initialize(state, coinit) == HRESULT.S_FALSE
        runtime.uninitialize(state)
        assert state.home is not None
        runtime.uninitialize(state)
        assert state.home is None
        assert runtime.exporter.apartments == {}


@pytest.mark.parametrize(("first", "second"), [(STA, MTA), (MTA, STA)])
def test_another_kind_of_apartment_is_refused_and_not_counted(
    first: COINIT, second: COINIT
) -> None:
    state = thread_state()
    with Runtime() as runtime:
        runtime.initialize(state, first)
        with pytest.raises(ComError) as refused:
            runtime.initialize(state, second)
        assert refused.value.hresult == HRESULT.RPC_E_CHANGED_MODE
        runtime.uninitialize(state)
        assert state.home is None
        assert runtime.initialize(state, second) == HRESULT.S_OK
        runtime.uninitialize(state)


def test_the_first_sta_is_the_main_one_and_the_next_first_after_it() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as second:
        with runtime.enter_apartment(STA):
            assert pyorpc.get_apartment_type()[0] == APTTYPE.STA
        main = second.run(pyorpc.get_apartment_type)[0]
        assert main == APTTYPE.MAINSTA
        assert runtime.main_sta is runtime.sta_of(second.ident)
    assert runtime.main_sta is None


def test_the_mta_ends_with_its_last_thread_and_a_new_one_can_follow() -> None:
    with Runtime() as runtime:
        with runtime.enter_apartment(MTA):
            first = runtime.mta()
            assert runtime.mta() is first
        assert first.is_closed
        with runtime.enter_apartment(MTA):
            assert runtime.mta() is not first


def test_a_closed_runtime_takes_no_threads() -> None:
    runtime = Runtime()
    runtime.close()
    runtime.close()
    with pytest.raises(ComError) as refused:
        runtime.initialize(thread_state(), MTA)
    assert refused.value.hresult == HRESULT.E_UNEXPECTED


# ---- threads that end without leaving ------------------------------------------------------


def test_an_sta_whose_thread_returns_without_leaving_is_torn_down() -> None:
    """APT-15: its objects go, calls to them fail, and nothing waits for ever."""
    packets: list[bytes] = []

    def forget(runtime: Runtime) -> None:
        runtime.initialize(thread_state(), STA)
        packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))
        packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))

    with Runtime() as runtime, runtime.enter_apartment(MTA):
        before = alive()
        thread = threading.Thread(target=forget, args=(runtime,))
        thread.start()
        wait_until(lambda: len(packets) == 2, "both are marshaled")
        thread.join(DEADLINE_S)
        wait_until(lambda: len(runtime.exporter.apartments) == 1, "the STA has ended")
        with pytest.raises(pyorpc.ComError):
            pyorpc.unmarshal_interface(packets[0], IProbe)
        wait_until(lambda: alive() == before, "its objects are let go")


def test_a_call_that_waits_in_the_queue_of_a_thread_that_ends_is_answered() -> None:
    ready, end = threading.Event(), threading.Event()
    packets: list[bytes] = []

    def forget(runtime: Runtime) -> None:
        runtime.initialize(thread_state(), STA)
        packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))
        ready.set()
        end.wait(DEADLINE_S)

    with in_apartment(MTA) as runtime:
        thread = threading.Thread(target=forget, args=(runtime,))
        thread.start()
        assert ready.wait(DEADLINE_S)
        call = pyorpc.create_call(pyorpc.unmarshal_interface(packets[0], IProbe), AsyncIProbe)
        call.Begin_Add(1, 2)
        end.set()
        with pytest.raises(pyorpc.DisconnectedError) as ended:
            call.Finish_Add()
        assert ended.value.hresult == HRESULT.RPC_E_DISCONNECTED
        assert ended.value.executed == "no"
        thread.join(DEADLINE_S)


def test_an_mta_thread_that_returns_without_leaving_is_no_user_of_the_mta_any_more() -> None:
    with Runtime() as runtime:
        thread = threading.Thread(target=lambda: runtime.initialize(thread_state(), MTA))
        thread.start()
        thread.join(DEADLINE_S)
        wait_until(lambda: runtime.exporter.apartments == {}, "the MTA has ended")


# ---- closing while calls run ---------------------------------------------------------------


@pytest.mark.parametrize("callee", [STA, MTA])
@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_call_that_runs_while_its_callee_closes_keeps_its_own_result(
    caller: COINIT, callee: COINIT
) -> None:
    patient = Patient()
    with FarRuntime(callee, patient) as far, in_apartment(caller):
        call = pyorpc.create_call(far.pointer(), AsyncIProbe)
        call.Begin_Sleep(1)
        assert patient.started.wait(DEADLINE_S)
        mta = far.runtime.mta() if callee == MTA else None
        closing = Running(far.close)
        wait_until(lambda: mta is None or mta.is_closed, "it closes")
        patient.may_go_on.set()
        call.Finish_Sleep()
        closing.join()


def test_calls_in_flight_are_answered_when_the_callers_runtime_closes() -> None:
    patient = Patient()
    with FarRuntime(MTA, patient) as far:
        near = Runtime()
        with ApartmentThread(near, MTA) as thread:
            pointer = thread.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
            call = thread.begin(pointer.Sleep, 1)
            assert patient.started.wait(DEADLINE_S)
            near.close()
            with pytest.raises(pyorpc.DisconnectedError) as ended:
                call.join()
            assert ended.value.executed == "unknown"
            patient.may_go_on.set()


def test_a_method_that_does_not_end_holds_the_closing_up_for_the_grace_time_only() -> None:
    patients = [Patient() for _ in range(3)]
    far = FarRuntime(MTA, grace_s=0.3)
    try:
        with in_apartment(STA):
            calls: list[AsyncIProbe] = []
            for patient in patients:
                pointer = pyorpc.unmarshal_interface(far.packet(patient), IProbe)
                call = pyorpc.create_call(pointer, AsyncIProbe)
                call.Begin_Sleep(1)
                assert patient.started.wait(DEADLINE_S)
                calls.append(call)
            begun = time.monotonic()
            far.close()
            assert time.monotonic() - begun < 0.3 * len(patients)
            for call in calls:
                with pytest.raises(pyorpc.DisconnectedError) as ended:
                    call.Finish_Sleep()
                assert ended.value.executed == "unknown"
    finally:
        for patient in patients:
            patient.may_go_on.set()


def test_a_thread_that_leaves_after_the_runtime_was_closed_ends_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with FarRuntime() as far:
        near = Runtime()
        with ApartmentThread(near, STA) as thread:
            pointer = thread.run(pyorpc.unmarshal_interface, far.packet(), IProbe)
            with caplog.at_level(logging.WARNING):
                near.close()
            assert "while threads were still in" in caplog.text
            # Its own apartment works until the thread leaves it.
            assert thread.run(pointer.Add, 1, 2) == 3
            del pointer
        names = [each.name for each in threading.enumerate()]
        wait_until(
            lambda: [each.name for each in threading.enumerate()].count("pyorpc-housekeeping") <= 1,
            f"the near one's housekeeping ends: {names}",
        )


def test_closing_races_with_a_thread_that_enters() -> None:
    with Gate.before(Sta, "__init__") as gate:
        runtime = Runtime()
        entered: list[HRESULT | None] = []

        def enter() -> None:
            with runtime.enter_apartment(STA):
                entered.append(None)

        thread = Running(enter)
        gate.wait_until_reached()  # 1. a thread is about to have its apartment
        closing = Running(runtime.close)  # 2. the runtime closes
        gate.open()  # 3. the thread goes on
        closing.join()
        thread.join()
    assert entered == [None]
    assert runtime.exporter.apartments == {}
    wait_until(
        lambda: "pyorpc-housekeeping" not in [each.name for each in threading.enumerate()],
        "its threads end",
    )


# ---- fork ----------------------------------------------------------------------------------


def call_after_fork(answers: object, pointer: IProbe) -> None:
    uses: list[Callable[[], object]] = [
        lambda: pyorpc.initialize(MTA),
        lambda: pointer.Add(1, 2),
        lambda: pyorpc.marshal_interface(Probe(), IProbe),
        lambda: pyorpc.release(pointer),
    ]
    for use in uses:
        try:
            use()
            answers.send("it worked")  # type: ignore[attr-defined]
        except ComError as error:
            answers.send(error.description)  # type: ignore[attr-defined]
    os._exit(0)


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_told_to_spawn_instead(spawn: Spawn, coinit: COINIT) -> None:
    child = spawn(fork_and_call, int(coinit))
    said = child.receive()
    assert len(said) == 4
    for text in said[:3]:
        assert "forked" in text
        assert "spawn" in text


def fork_and_call(test: Parent, coinit: int) -> None:
    """In a child, which is single-threaded enough to fork."""
    with FarRuntime() as far, in_default_apartment(COINIT(coinit)):
        pointer = far.pointer()
        assert pointer.Add(1, 2) == 3
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        forked = context.Process(target=call_after_fork, args=(theirs, pointer))
        forked.start()
        said = [ours.recv() if ours.poll(5) else "nothing came" for _ in range(4)]
        forked.join(5)
        if forked.is_alive():
            forked.kill()
            said.append("it hangs")
        assert pointer.Add(1, 2) == 3
        test.send(said)
        pyorpc.release(pointer)


class in_default_apartment:  # noqa: N801  # used like a function
    def __init__(self, coinit: COINIT) -> None:
        self._coinit = coinit

    def __enter__(self) -> None:
        pyorpc.initialize(self._coinit)

    def __exit__(self, *exc_info: object) -> None:
        pyorpc.uninitialize()


# ---- leaks ---------------------------------------------------------------------------------


def open_descriptors() -> int:
    gc.collect()  # a Runtime's parts know each other
    assert thread_state().waiter  # a thread keeps its own two
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_two_hundred_rounds_later_as_many_descriptors_and_threads_are_there(
    coinit: COINIT,
) -> None:
    with FarRuntime(mta_threads=1) as far, in_apartment(coinit, mta_threads=1):
        maker = far.pointer()

        def round_of_calls() -> None:
            made = maker.Make()
            assert made is not None
            assert made.Add(1, 2) == 3
            assert pyorpc.release(made) == 0

        for _ in range(5):
            round_of_calls()
        before = open_descriptors(), threading.active_count()
        for _ in range(200):
            round_of_calls()
        assert (open_descriptors(), threading.active_count()) == before
        assert far.objects() == 1


def test_threads_that_come_call_and_go_leave_no_descriptor_on_either_side() -> None:
    with FarRuntime() as far, Runtime() as near, near.enter_apartment(MTA):
        packets = [far.packet() for _ in range(45)]

        def come_call_and_go() -> None:
            with near.enter_apartment(STA):
                pointer = pyorpc.unmarshal_interface(packets.pop(), IProbe)
                assert pointer.Add(1, 2) == 3
                pyorpc.release(pointer)

        for _ in range(5):
            Running(come_call_and_go).join()
        lines = far.runtime.mta().lines
        wait_until(lambda: len(lines.all_lines()) <= 2, "the far side forgets ended apartments")
        before = open_descriptors()
        for _ in range(40):
            Running(come_call_and_go).join()
        wait_until(lambda: open_descriptors() <= before, "the descriptors are given back")
        wait_until(lambda: len(lines.all_lines()) <= 2, "the far side forgets ended apartments")


def test_runtimes_that_come_and_go_leave_no_descriptor_and_no_thread() -> None:
    with FarRuntime(mta_threads=1) as far:

        def a_whole_life() -> None:
            with in_apartment(MTA) as runtime, ProbeThread(runtime, STA):
                assert far.pointer().Add(1, 2) == 3

        a_whole_life()
        wait_until(lambda: len(far.runtime.resolver.peers) == 0, "the goodbye is heard")
        before = open_descriptors(), threading.active_count()
        for _ in range(8):
            a_whole_life()
        wait_until(
            lambda: (open_descriptors(), threading.active_count()) <= before,
            "all is given back",
        )
        wait_until(lambda: len(far.runtime.resolver.peers) == 0, "every goodbye is heard")


def test_a_peer_process_that_is_known_when_the_runtime_closes_leaves_no_descriptor(
    spawn: Spawn,
) -> None:
    child = spawn(serve_probe, int(MTA), {})
    packet = child.receive()
    before = open_descriptors()
    with in_apartment(MTA):
        assert pyorpc.unmarshal_interface(packet, IProbe).Add(1, 2) == 3
    wait_until(lambda: open_descriptors() <= before, "no pidfd is left open")
