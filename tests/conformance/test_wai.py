"""WAI: waits that serve an STA's callers."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    HRESULT,
    INFINITE,
    PENDINGMSG,
    Event,
    Runtime,
    Semaphore,
)
from pyorpc.context.thread_state import thread_state
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, at
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.waits import (
    ALERTABLE,
    DEADLINE_MS,
    MTA,
    STA,
    WAITALL,
    Asked,
    Wakes,
    begin_wait,
    code,
    failure,
    inproc_packet,
    sta_and_mta,
    wait,
)

# ---- WAI-01: arguments --------------------------------------------------------------------


def test_WAI_01_null_and_empty_lists_are_refused_with_index_0() -> None:
    null: Any = None
    empty: list[Event] = []
    for arguments, expected in ((null, HRESULT.E_INVALIDARG), (empty, HRESULT.RPC_E_NO_SYNC)):
        error = failure(wait, arguments)
        assert (error.hresult, error.outs) == (expected, (0,))


def test_WAI_01_nothing_is_dispatched_where_arguments_are_refused() -> None:
    ran: list[str] = []
    with sta_and_mta() as (runtime, sta), ApartmentThread(runtime, MTA) as sender:

        def bad_wait() -> tuple[HRESULT, list[str]]:
            sender.begin(pyorpc.send_work, sta.ident, ran.append, "sent")
            home: Any = thread_state().home
            wait_until(lambda: home.queue_length() == 1)
            return code(wait, []), list(ran)

        assert sta.run(bad_wait) == (HRESULT.RPC_E_NO_SYNC, [])
        wait_until(lambda: ran == ["sent"])


@pytest.mark.parametrize("bad", [None, 7, "x", object()])
def test_what_is_no_handle_is_refused(bad: Any) -> None:
    error = failure(wait, [Event(initial=True), bad])
    assert (error.hresult, error.outs) == (HRESULT.E_INVALIDARG, (0,))


def test_a_closed_socket_is_refused() -> None:
    near, far = socket.socketpair()
    near.close()
    far.close()
    assert code(wait, [near]) == HRESULT.E_INVALIDARG


@pytest.mark.parametrize("timeout_ms", [-1, 1.5, INFINITE + 1, None])
def test_a_time_out_must_be_a_number_of_ms(timeout_ms: Any) -> None:
    assert code(wait, [Event(initial=True)], timeout_ms) == HRESULT.E_INVALIDARG


def test_all_of_the_same_handle_twice_is_refused() -> None:
    event = Event()
    assert code(wait, [event, event], 0, WAITALL) == HRESULT.E_INVALIDARG


# ---- WAI-02: any and all ------------------------------------------------------------------


def any_and_all() -> None:
    semaphores = [Semaphore(1, 1), Semaphore(1, 1)]
    assert wait(semaphores, 50) == 0
    assert wait(semaphores, 50) == 1
    error = failure(wait, semaphores, 50)
    assert (error.hresult, error.outs) == (HRESULT.RPC_S_CALLPENDING, (0,))
    for each in semaphores:
        each.release()
    assert wait(semaphores, 50, WAITALL) == 0
    semaphores[0].release()
    assert code(wait, semaphores, 50, WAITALL) == HRESULT.RPC_S_CALLPENDING
    assert wait(semaphores[:1], 0) == 0  # the other one was not there, so this one was left
    assert code(wait, semaphores, 0) == HRESULT.RPC_S_CALLPENDING


def test_WAI_02_any_and_all_in_every_kind_of_thread() -> None:
    any_and_all()  # outside COM
    with sta_and_mta() as (_, sta):
        any_and_all()
        sta.run(any_and_all)


# ---- WAI-03: alertable waits --------------------------------------------------------------


def apcs_come_first(flags: int) -> None:
    ran: list[str] = []
    me = threading.get_ident()
    pyorpc.queue_user_apc(me, ran.append, "a")
    pyorpc.queue_user_apc(me, ran.append, "b")
    assert code(wait, [Event()], 20, flags) == HRESULT.RPC_S_CALLPENDING
    assert ran == []  # this wait was not alertable
    assert wait([Event()], 20, flags | ALERTABLE) == 0xC0
    assert ran == ["a", "b"]
    assert code(wait, [Event()], 20, flags | ALERTABLE) == HRESULT.RPC_S_CALLPENDING


@pytest.mark.parametrize("flags", [0, WAITALL])
def test_WAI_03_an_alertable_wait_runs_apcs(flags: int) -> None:
    apcs_come_first(flags)
    with sta_and_mta() as (_, sta):
        apcs_come_first(flags)
        sta.run(apcs_come_first, flags)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_WAI_03_an_apc_ends_a_wait_that_is_under_way(coinit: COINIT) -> None:
    ran_on: list[int] = []
    with Runtime() as runtime, ApartmentThread(runtime, coinit) as other:
        waiting = begin_wait(other, [Event()], DEADLINE_MS, ALERTABLE)
        pyorpc.queue_user_apc(other.ident, lambda: ran_on.append(threading.get_ident()))
        assert waiting.join() == 0xC0
        assert ran_on == [other.ident]


def test_an_apc_that_fails_or_waits_disturbs_nobody() -> None:
    me = threading.get_ident()
    event = Event(initial=True)
    taken: list[int] = []
    pyorpc.queue_user_apc(me, int, "no number")
    pyorpc.queue_user_apc(me, lambda: taken.append(wait([event], 0)))
    assert wait([Event()], 0, ALERTABLE) == 0xC0
    assert taken == [0]


def test_a_signalled_handle_goes_before_an_apc() -> None:
    pyorpc.queue_user_apc(threading.get_ident(), int)
    assert wait([Event(initial=True)], 0, ALERTABLE) == 0
    assert wait([Event()], 0, ALERTABLE) == 0xC0


def test_an_apc_for_no_thread_is_refused() -> None:
    assert code(pyorpc.queue_user_apc, 1, int) == HRESULT.E_INVALIDARG


# ---- WAI-04 to WAI-07: what enters during a wait ------------------------------------------


def test_WAI_04_calls_enter_an_sta_that_waits() -> None:
    event = Event()
    probe = Wakes(event)
    ran: list[str] = []
    with sta_and_mta() as (_, sta):
        pointer = at(sta.run(inproc_packet, probe))
        waiting = begin_wait(sta, [event], DEADLINE_MS)
        pyorpc.post_work(sta.ident, ran.append, "posted")
        pyorpc.send_work(sta.ident, ran.append, "sent")
        assert ran == ["sent"]
        assert pointer.Echo("x") == "x"
        assert probe.ran_on == sta.ident
        assert waiting.join() == 0
        wait_until(lambda: ran == ["sent", "posted"])  # by the loop, after the wait


def test_WAI_04_calls_of_another_process_enter_an_sta_that_waits() -> None:
    event = Event()
    probe = Wakes(event)
    with FarRuntime(STA, probe) as far, Runtime() as near, near.enter_apartment(MTA):
        pointer = far.pointer()
        waiting = begin_wait(far.thread, [event], DEADLINE_MS)
        assert pointer.Echo("x") == "x"
        assert (waiting.join(), probe.ran_on) == (0, far.thread.ident)


def test_WAI_05_the_mta_and_threads_outside_com_do_not_pump() -> None:
    assert code(wait, [Event()], 100) == HRESULT.RPC_S_CALLPENDING
    with sta_and_mta() as (_, sta):
        started = time.monotonic()
        assert code(wait, [Event()], 100) == HRESULT.RPC_S_CALLPENDING
        assert 0.09 < time.monotonic() - started < 1
        ran: list[str] = []

        def posted_stays() -> list[str]:
            pyorpc.post_work(sta.ident, ran.append, "posted")
            assert code(wait, [Event()], 50) == HRESULT.RPC_S_CALLPENDING
            before = list(ran)
            assert pyorpc.pump_waiting_messages() == 1
            return before

        assert (sta.run(posted_stays), ran) == ([], ["posted"])


def test_WAI_05_a_pool_thread_that_waits_is_replaced() -> None:
    event = Event()

    class Waits(Probe):
        def Sleep(self, seconds: float) -> None:
            self.started.set()
            wait([event], DEADLINE_MS)

        def Echo(self, text: str) -> str:
            event.set()
            return text

    with (
        FarRuntime(MTA, Waits(), mta_threads=1) as far,
        Runtime() as near,
        near.enter_apartment(MTA),
        ApartmentThread(near, MTA) as other,
    ):
        packet = far.packet()
        sleeping = other.begin(lambda: at(packet).Sleep(0))
        assert far.probe.started.wait(DEADLINE_S)
        assert far.pointer().Echo("x") == "x"
        sleeping.join()


def test_WAI_06_a_wait_inside_a_served_call_nests() -> None:
    """The inner wait ends first; a signal for the outer one meanwhile is not lost."""
    outer, inner = Event(), Event()

    class Waits(Probe):
        def Echo(self, text: str) -> str:
            self.started.set()
            wait([inner], DEADLINE_MS)
            return text

    probe = Waits()
    with sta_and_mta() as (runtime, sta), ApartmentThread(runtime, MTA) as caller:
        packet = sta.run(inproc_packet, probe)
        waiting = begin_wait(sta, [outer], DEADLINE_MS)
        calling = caller.begin(lambda: at(packet).Echo("x"))
        assert probe.started.wait(DEADLINE_S)
        outer.set()
        inner.set()
        assert (calling.join(), waiting.join()) == ("x", 0)


def test_WAI_07_a_quit_does_not_end_a_wait_and_stays() -> None:
    probe = Probe()
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        entered, results = threading.Event(), list[Any]()
        packets: list[bytes] = []

        def live() -> None:
            with runtime.enter_apartment(STA):
                packets.append(inproc_packet(probe))
                entered.set()
                results.append(code(wait, [Event()], 500))
                results.append(pyorpc.pump_messages())

        thread = threading.Thread(target=live)
        thread.start()
        assert entered.wait(DEADLINE_S)
        assert thread.ident is not None
        pyorpc.post_quit(42, thread.ident)
        assert at(packets[0]).ThreadId() == thread.ident
        thread.join(DEADLINE_S)
        assert results == [HRESULT.RPC_S_CALLPENDING, 42]


# ---- WAI-08: the message filter -----------------------------------------------------------


@pytest.mark.parametrize("answer", list(PENDINGMSG))
def test_WAI_08_the_message_filter_governs_the_wait(answer: PENDINGMSG) -> None:
    ran: list[str] = []
    asked = Asked(answer)
    event = Event()
    with sta_and_mta() as (_, sta):
        sta.run(pyorpc.register_message_filter, asked)
        waiting = begin_wait(sta, [event], DEADLINE_MS)
        pyorpc.post_work(sta.ident, ran.append, "posted")
        wait_until(lambda: asked.pending)
        if answer is PENDINGMSG.CANCELCALL:
            assert code(waiting.join) == HRESULT.RPC_E_CALL_CANCELED
        else:
            assert ran == []
            event.set()
            assert waiting.join() == 0
        assert asked.pending == [(0, pyorpc.PENDINGTYPE.TOPLEVEL)]
        wait_until(lambda: ran == ["posted"])


def test_WAI_08_a_cancelled_wait_takes_nothing() -> None:
    event = Event()
    with sta_and_mta() as (_, sta):
        sta.run(pyorpc.register_message_filter, Asked(PENDINGMSG.CANCELCALL))
        waiting = begin_wait(sta, [event], DEADLINE_MS)
        pyorpc.post_work(sta.ident, int)
        assert code(waiting.join) == HRESULT.RPC_E_CALL_CANCELED
        event.set()
        assert wait([event], 0) == 0


def test_WAI_08_incoming_calls_pass_the_filter_as_toplevel_ones() -> None:
    event = Event()
    asked = Asked(PENDINGMSG.WAITDEFPROCESS)
    with sta_and_mta() as (_, sta):
        packet = sta.run(inproc_packet, Wakes(event))
        sta.run(pyorpc.register_message_filter, asked)
        waiting = begin_wait(sta, [event], DEADLINE_MS)
        at(packet).Echo("x")
        assert (waiting.join(), asked.calls) == (0, [pyorpc.CALLTYPE.TOPLEVEL])
