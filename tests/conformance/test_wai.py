"""WAI: waits that serve an STA's callers, and objects that can be waited for."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    COINIT,
    COWAIT,
    HRESULT,
    INFINITE,
    PENDINGMSG,
    ComError,
    Event,
    IMessageFilter,
    ISynchronize,
    ISynchronizeContainer,
    ISynchronizeEvent,
    ISynchronizeHandle,
    Runtime,
    Semaphore,
)
from pyorpc.context.thread_state import thread_state
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread, Task
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
DEADLINE_MS = int(DEADLINE_S * 1000)
WAITALL, ALERTABLE = COWAIT.WAITALL, COWAIT.ALERTABLE

wait = pyorpc.wait_for_multiple_handles


def failure(function: Callable[..., object], *args: Any) -> ComError:
    with pytest.raises(ComError) as caught:
        function(*args)
    return caught.value


def code(function: Callable[..., object], *args: Any) -> HRESULT:
    return failure(function, *args).hresult


@contextmanager
def sta_and_mta() -> Generator[tuple[Runtime, ApartmentThread]]:
    """An STA that does what the test says; the test's own thread is in the MTA."""
    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta, runtime.enter_apartment(MTA):
        yield runtime, sta


class Wakes(Probe):
    """Echo sets the event."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event
        self.ran_on = 0

    def Echo(self, text: str) -> str:
        self.ran_on = threading.get_ident()
        self.event.set()
        return text


def inproc_packet(probe: Probe) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)


def at(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


def begin_wait(sta: ApartmentThread, handles: list[Any], *rest: Any) -> Task:
    """Have the STA wait, and come back once it does."""
    entered = threading.Event()

    def announced() -> int:
        entered.set()
        return wait(handles, *rest)

    task = sta.begin(announced)
    assert entered.wait(DEADLINE_S)
    return task


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


class Asked(IMessageFilter):
    """Answers as it is told, and tells what it was asked."""

    def __init__(self, answer: PENDINGMSG) -> None:
        self.answer = answer
        self.pending: list[tuple[int, int]] = []
        self.calls: list[int] = []

    def MessagePending(self, callee: int, tick_count: int, pending_type: int) -> int:
        self.pending.append((callee, pending_type))
        return self.answer

    def HandleInComingCall(
        self, call_type: int, caller: int, tick_count: int, info: pyorpc.INTERFACEINFO
    ) -> int:
        self.calls.append(call_type)
        return pyorpc.SERVERCALL.ISHANDLED


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


# ---- WAI-09, WAI-10: event objects --------------------------------------------------------


def manual_event() -> ISynchronize:
    return pyorpc.create_instance(pyorpc.CLSID_ManualResetEvent, ISynchronize)


def auto_event() -> ISynchronize:
    return pyorpc.create_instance(pyorpc.CLSID_AutoResetEvent, ISynchronize)


def pending_signalled_and_reset() -> None:
    event = manual_event()
    assert event.Wait(0, 5) == HRESULT.RPC_S_CALLPENDING
    event.Signal()
    assert [event.Wait(0, 5), event.Wait(0, 5)] == [HRESULT.S_OK, HRESULT.S_OK]
    event.Reset()
    assert event.Wait(0, 5) == HRESULT.RPC_S_CALLPENDING


def test_WAI_09_a_manual_reset_event_object() -> None:
    with sta_and_mta() as (_, sta):
        pending_signalled_and_reset()
        sta.run(pending_signalled_and_reset)


def test_WAI_09_its_handle_can_be_waited_for_and_replaced() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        event = manual_event()
        handle: Any = event.QueryInterface(ISynchronizeHandle).GetHandle()
        assert code(wait, [handle], 0) == HRESULT.RPC_S_CALLPENDING
        event.Signal()
        assert (wait([handle], 0), wait([event], 0)) == (0, 0)
        mine = Event()
        event.QueryInterface(ISynchronizeEvent).SetEventHandle(mine)
        assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING
        event.Signal()
        assert wait([mine], 0) == 0
        other: Any = Semaphore()
        setter = event.QueryInterface(ISynchronizeEvent).SetEventHandle
        assert code(setter, other) == HRESULT.E_INVALIDARG


def test_WAI_09_two_are_two_and_outside_com_there_is_none() -> None:
    assert code(manual_event) == HRESULT.CO_E_NOTINITIALIZED
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        one, other = manual_event(), manual_event()
        assert not pyorpc.is_same_object(one, other)
        one.Signal()
        assert other.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING


def test_WAI_09_an_event_object_is_agile() -> None:
    with sta_and_mta() as (_, sta):
        event = sta.run(manual_event)
        packet = sta.run(pyorpc.marshal_interface, event, ISynchronize, pyorpc.MSHCTX.INPROC)
        assert pyorpc.unmarshal_interface(packet, ISynchronize) is event


def test_WAI_09_an_alertable_wait_for_an_event_object_runs_apcs() -> None:
    ran: list[str] = []
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        event = manual_event()
        pyorpc.queue_user_apc(threading.get_ident(), ran.append, "apc")
        assert (event.Wait(ALERTABLE, 50), ran) == (HRESULT.S_OK, ["apc"])


def test_WAI_10_an_auto_reset_event_lets_one_wait_through() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        event = auto_event()
        event.Signal()
        assert [event.Wait(0, 5), event.Wait(0, 5)] == [HRESULT.S_OK, HRESULT.RPC_S_CALLPENDING]


def test_WAI_10_one_signal_wakes_exactly_one_of_two_waiters() -> None:
    with (
        sta_and_mta() as (runtime, sta),
        ApartmentThread(runtime, MTA) as other,
    ):
        event = auto_event()
        waits = [each.begin(event.Wait, 0, 500) for each in (sta, other)]
        handle: Any = event.QueryInterface(ISynchronizeHandle).GetHandle()
        wait_until(lambda: len(handle._wakers) == 2, "both wait")
        event.Signal()
        results = sorted(each.join() for each in waits)
        assert results == [HRESULT.S_OK, HRESULT.RPC_S_CALLPENDING]


# ---- WAI-11: the container ----------------------------------------------------------------


def container() -> ISynchronizeContainer:
    return pyorpc.create_instance(pyorpc.CLSID_SynchronizeContainer, ISynchronizeContainer)


def test_WAI_11_an_empty_container_and_waitall_are_refused() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        many = container()
        assert code(many.WaitMultiple, 0, 0) == HRESULT.RPC_E_NO_SYNC
        assert code(many.WaitMultiple, WAITALL, 0) == HRESULT.E_INVALIDARG
        many.AddSynchronize(manual_event())
        assert code(many.WaitMultiple, WAITALL, 0) == HRESULT.E_INVALIDARG


def test_WAI_11_63_members_fit_and_no_64th() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        many = container()
        events = [manual_event() for _ in range(64)]
        for each in events[:63]:
            many.AddSynchronize(each)
        assert code(many.AddSynchronize, events[63]) == HRESULT.RPC_E_OUT_OF_RESOURCES
        assert code(many.WaitMultiple, 0, 20) == HRESULT.RPC_S_CALLPENDING
        events[62].Signal()
        assert many.WaitMultiple(0, 0) is events[62]
        many.AddSynchronize(events[63])


def test_WAI_11_a_member_is_returned_once_and_the_first_that_was_signalled_first() -> None:
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        many = container()
        events = [manual_event() for _ in range(3)]
        for each in events:
            many.AddSynchronize(each)
        for each in (events[1], events[0]):
            each.Signal()
        assert many.WaitMultiple(0, 0) is events[1]
        assert many.WaitMultiple(0, 0) is events[0]
        assert code(many.WaitMultiple, 0, 20) == HRESULT.RPC_S_CALLPENDING
        events[2].Signal()
        assert many.WaitMultiple(0, INFINITE) is events[2]
        assert code(many.WaitMultiple, 0, 0) == HRESULT.RPC_E_NO_SYNC


def test_WAI_11_what_has_no_handle_is_refused() -> None:
    null: Any = None
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        assert code(container().AddSynchronize, null) == HRESULT.E_INVALIDARG
        stranger: Any = Probe()
        assert code(container().AddSynchronize, stranger) == HRESULT.E_NOINTERFACE


def test_WAI_11_two_threads_that_wait_never_get_the_same_member() -> None:
    with sta_and_mta() as (_, sta):
        many = container()
        events = [manual_event(), manual_event()]
        for each in events:
            many.AddSynchronize(each)
        waiting = sta.begin(many.WaitMultiple, 0, DEADLINE_MS)
        for each in events:
            each.Signal()
        mine = many.WaitMultiple(0, DEADLINE_MS)
        assert {id(mine), id(waiting.join())} == {id(each) for each in events}


def test_WAI_11_a_container_serves_the_sta_that_waits() -> None:
    with sta_and_mta() as (_, sta):
        many, event = container(), auto_event()
        many.AddSynchronize(event)
        handle: Any = event.QueryInterface(ISynchronizeHandle).GetHandle()
        packet = sta.run(inproc_packet, Wakes(handle))
        waiting = sta.begin(many.WaitMultiple, 0, DEADLINE_MS)
        assert at(packet).Echo("x") == "x"
        assert waiting.join() is event


# ---- WAI-12: events of other processes ----------------------------------------------------


def serve_event(test: Parent) -> None:
    """A process whose STA makes an event, signals it when it is told, and computes meanwhile."""
    with in_apartment(STA):
        event = auto_event()
        test.send(pyorpc.marshal_interface(event, ISynchronize))
        while test.receive(DEADLINE_S) == "signal":
            event.Signal()


def test_WAI_12_an_event_of_another_process_can_be_waited_for(spawn: Spawn) -> None:
    child = spawn(serve_event)
    with Runtime() as runtime, runtime.enter_apartment(MTA):
        event = pyorpc.unmarshal_interface(child.receive(), ISynchronize)
        assert event.Wait(0, 20) == HRESULT.RPC_S_CALLPENDING
        child.send("signal")
        assert event.Wait(0, DEADLINE_MS) == HRESULT.S_OK
        event.Signal()
        assert event.Wait(0, DEADLINE_MS) == HRESULT.S_OK
        child.send("end")
        child.join()


def far_event_in(sta: ApartmentThread, far: FarRuntime) -> tuple[ISynchronize, Any, ISynchronize]:
    """An event object of another process, the event in it, and the STA's proxy of it."""
    event = far.thread.run(auto_event)
    handle = event.QueryInterface(ISynchronizeHandle).GetHandle()
    packet = far.thread.run(pyorpc.marshal_interface, event, ISynchronize)
    return event, handle, sta.run(pyorpc.unmarshal_interface, packet, ISynchronize)


def test_WAI_12_an_sta_serves_calls_while_it_waits_for_another_process() -> None:
    """The call that signals would be held in the wait of an ordinary call."""

    class Signals(Probe):
        def Echo(self, text: str) -> str:
            event.Signal()
            return text

    with sta_and_mta() as (_, sta), FarRuntime(STA) as far:
        event, handle, mine = far_event_in(sta, far)
        packet = sta.run(inproc_packet, Signals())
        waiting = sta.begin(mine.Wait, 0, DEADLINE_MS)
        wait_until(lambda: handle._wakers, "the far process waits")
        assert at(packet).Echo("x") == "x"
        assert waiting.join() == HRESULT.S_OK
        assert sta.run(mine.Wait, 0, 20) == HRESULT.RPC_S_CALLPENDING


def test_WAI_12_the_filter_and_apcs_end_that_wait_there_too() -> None:
    with sta_and_mta() as (_, sta), FarRuntime(STA) as far:
        event, handle, mine = far_event_in(sta, far)
        ran: list[str] = []
        waiting = sta.begin(mine.Wait, ALERTABLE, INFINITE)
        wait_until(lambda: handle._wakers, "the far process waits")
        pyorpc.queue_user_apc(sta.ident, ran.append, "apc")
        assert (waiting.join(), ran) == (HRESULT.S_OK, ["apc"])
        wait_until(lambda: not handle._wakers, "it waits no more")
        sta.run(pyorpc.register_message_filter, Asked(PENDINGMSG.CANCELCALL))
        waiting = sta.begin(mine.Wait, 0, INFINITE)
        wait_until(lambda: handle._wakers, "the far process waits")
        pyorpc.post_work(sta.ident, int)
        assert code(waiting.join) == HRESULT.RPC_E_CALL_CANCELED
        wait_until(lambda: not handle._wakers, "it waits no more")
        event.Signal()
        assert event.Wait(0, 0) == HRESULT.S_OK  # nobody has taken it


def test_WAI_12_waits_of_others_do_not_hold_the_sta_that_made_the_event() -> None:
    with FarRuntime(STA) as far, Runtime() as near, near.enter_apartment(MTA):
        event = far.thread.run(auto_event)
        packet = far.thread.run(pyorpc.marshal_interface, event, ISynchronize)
        with ApartmentThread(near, MTA) as other:
            waiting = other.begin(
                lambda: pyorpc.unmarshal_interface(packet, ISynchronize).Wait(0, DEADLINE_MS)
            )
            handle: Any = event.QueryInterface(ISynchronizeHandle).GetHandle()
            wait_until(lambda: handle._wakers, "the far process waits")
            assert far.thread.run(int) == 0
            event.Signal()
            assert waiting.join() == HRESULT.S_OK


def test_an_event_of_another_process_has_no_handle_here() -> None:
    with FarRuntime(MTA) as far, Runtime() as near, near.enter_apartment(MTA):
        event = far.thread.run(auto_event)
        far_event = pyorpc.unmarshal_interface(
            far.thread.run(pyorpc.marshal_interface, event, ISynchronize), ISynchronize
        )
        assert code(container().AddSynchronize, far_event) == HRESULT.E_NOINTERFACE
        assert code(wait, [far_event], 0) == HRESULT.E_INVALIDARG


def test_a_container_of_another_process_can_be_used() -> None:
    with FarRuntime(MTA) as far, Runtime() as near, near.enter_apartment(MTA):
        many, event = far.thread.run(container), far.thread.run(auto_event)
        packet = far.thread.run(pyorpc.marshal_interface, many, ISynchronizeContainer)
        mine = pyorpc.unmarshal_interface(packet, ISynchronizeContainer)
        far_event = pyorpc.unmarshal_interface(
            far.thread.run(pyorpc.marshal_interface, event, ISynchronize), ISynchronize
        )
        mine.AddSynchronize(far_event)
        assert code(mine.WaitMultiple, 0, 20) == HRESULT.RPC_S_CALLPENDING
        far_event.Signal()
        assert mine.WaitMultiple(0, DEADLINE_MS) == far_event


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
