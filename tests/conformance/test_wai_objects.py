"""WAI: event objects and their container, also those of other processes."""

from __future__ import annotations

import threading
from typing import Any

import pyorpc
from pyorpc import (
    HRESULT,
    INFINITE,
    PENDINGMSG,
    Event,
    ISynchronize,
    ISynchronizeContainer,
    ISynchronizeEvent,
    ISynchronizeHandle,
    Runtime,
    Semaphore,
)
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, at, in_apartment
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.waits import (
    ALERTABLE,
    DEADLINE_MS,
    MTA,
    STA,
    WAITALL,
    Asked,
    Wakes,
    code,
    container,
    inproc_packet,
    sta_and_mta,
    wait,
)

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
