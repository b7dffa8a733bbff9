"""An STA runs its items one at a time, in order, on its own thread; none is left unanswered."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from pyorpc.apartment.admission import ItemKind, Waiting
from pyorpc.apartment.sta import Sta
from pyorpc.errors import HRESULT, ComError, DisconnectedError
from pyorpc.ids import new_causality_id, new_oxid
from pyorpc.transport.port import Port
from tests.support.gate import Gate
from tests.support.waiting import DEADLINE_S, wait_until
from tests.support.work import Flag, Running, Work, no_sockets, pumping_sta


@pytest.fixture
def sta() -> Iterator[Sta]:
    """The STA of the test's own thread."""
    port = Port(no_sockets, owner=threading.get_ident())
    apartment = Sta(new_oxid(), port, is_main=True, max_queue=10)
    yield apartment
    apartment.close()
    port.close()


def submitted(sta: Sta, *items: Work) -> list[Work]:
    for item in items:
        sta.submit(item)
    return list(items)


# ---- order and thread -----------------------------------------------------------------------


def test_items_run_in_the_order_of_their_arrival(sta: Sta) -> None:
    order: list[int] = []
    submitted(sta, *(Work(partial(order.append, number)) for number in range(5)))
    assert sta.queue_length() == 5
    assert sta.pump_waiting() == 5
    assert order == [0, 1, 2, 3, 4]
    assert sta.queue_length() == 0


def test_items_of_other_threads_run_on_the_thread_of_the_sta() -> None:
    with pumping_sta() as sta:
        items = submitted(sta, Work(), Work())
        for item in items:
            item.wait()
        assert {item.thread_id for item in items} == {sta.thread_id}
        assert sta.thread_id != threading.get_ident()
        assert not sta.is_current_thread()


def test_items_of_many_threads_keep_each_threads_order_and_never_overlap() -> None:
    order: list[tuple[int, int]] = []
    inside = threading.Lock()

    def note(thread: int, number: int) -> None:
        assert inside.acquire(blocking=False), "two items overlap"
        order.append((thread, number))
        inside.release()

    with pumping_sta(max_queue=1000) as sta:

        def submit(thread: int) -> None:
            items = [Work(partial(note, thread, n)) for n in range(100)]
            for item in submitted(sta, *items):
                item.wait()

        for running in [Running(submit, thread) for thread in range(3)]:
            running.join()
    for thread in range(3):
        assert [number for who, number in order if who == thread] == list(range(100))


def test_what_an_item_submits_runs_after_it_and_not_inside(sta: Sta) -> None:
    order: list[str] = []

    def first() -> None:
        sta.submit(Work(lambda: order.append("second")))
        order.append("first")

    sta.submit(Work(first))
    assert sta.pump_waiting() == 2
    assert order == ["first", "second"]


def test_pump_waiting_does_not_wait(sta: Sta) -> None:
    assert sta.pump_waiting() == 0


def test_an_sta_knows_its_thread_and_says_its_name(sta: Sta) -> None:
    assert sta.is_current_thread()
    assert repr(sta) == f"<main STA {sta.oxid:016x}>"
    with pumping_sta() as other:
        assert repr(other) == f"<STA {other.oxid:016x}>"


# ---- the end of the loop --------------------------------------------------------------------


def test_a_quit_request_ends_the_loop_after_the_items_before_it(sta: Sta) -> None:
    items = submitted(sta, Work(), Work())
    sta.post_quit(7)
    assert sta.pump() == 7
    assert all(item.ran for item in items)


def test_a_quit_request_from_another_thread_ends_a_loop_that_waits(sta: Sta) -> None:
    running = Running(sta.post_quit, 3)
    assert sta.pump() == 3
    running.join()


def test_a_quit_request_ends_one_loop(sta: Sta) -> None:
    sta.post_quit(1)
    assert sta.pump() == 1
    item = Work(lambda: sta.post_quit(2))
    sta.submit(item)
    assert sta.pump() == 2
    assert item.ran


def test_a_quit_request_does_not_end_a_wait_and_is_kept_for_the_loop(sta: Sta) -> None:
    sta.post_quit(5)
    assert not sta.wait_for(Flag(), 0.02)
    assert sta.pump() == 5


# ---- waiting --------------------------------------------------------------------------------


def finishing(what: Flag) -> Work:
    def finish() -> None:
        what.is_done = True

    return Work(finish, kind=ItemKind.SENT)


def test_what_is_done_is_not_waited_for(sta: Sta) -> None:
    what = Flag()
    what.is_done = True
    assert sta.wait_for(what, None)


def test_a_wait_ends_when_time_has_run_out(sta: Sta) -> None:
    assert not sta.wait_for(Flag(), 0.02)
    assert not sta.wait_for(Flag(), 0)


def test_a_wait_ends_when_another_thread_completes_it(sta: Sta) -> None:
    what = Flag()

    def complete() -> None:
        what.is_done = True
        sta.inbox.wake()

    running = Running(complete)
    assert sta.wait_for(what, None)
    running.join()


def test_a_callback_enters_the_sta_that_waits_for_it(sta: Sta) -> None:
    what, causality = Flag(), new_causality_id()
    callback = Work(causality=causality)
    submitted(sta, callback, finishing(what))
    assert sta.wait_for(what, 10.0, causality=causality)
    assert callback.ran


def test_an_unrelated_call_is_held_and_runs_after_the_wait(sta: Sta) -> None:
    what, causality = Flag(), new_causality_id()
    order: list[str] = []
    unrelated = Work(lambda: order.append("unrelated"), causality=new_causality_id())
    posted = Work(lambda: order.append("posted"), kind=ItemKind.POSTED, causality=causality)
    callback = Work(lambda: order.append("callback"), causality=causality)
    submitted(sta, unrelated, posted, callback, finishing(what))
    assert sta.wait_for(what, 10.0, causality=causality)
    assert order == ["callback"]
    assert sta.queue_length() == 2
    assert sta.pump_waiting() == 2
    assert order == ["callback", "unrelated", "posted"]


def test_a_held_call_does_not_keep_the_waiting_thread_awake(sta: Sta) -> None:
    looks = 0

    class Counted:
        @property
        def is_done(self) -> bool:
            nonlocal looks
            looks += 1
            return False

    sta.submit(Work(causality=new_causality_id()))
    assert not sta.wait_for(Counted(), 0.1, causality=new_causality_id())
    assert looks <= 3


def test_a_wait_for_handles_serves_every_call_but_nothing_posted(sta: Sta) -> None:
    what = Flag()
    call, posted = submitted(
        sta, Work(causality=new_causality_id()), Work(kind=ItemKind.POSTED), finishing(what)
    )[:2]
    assert sta.wait_for(what, 10.0, waiting=Waiting.FOR_HANDLES)
    assert call.ran
    assert posted.outcomes == []


def test_a_call_that_enters_may_wait_itself(sta: Sta) -> None:
    outer, inner, causality = Flag(), Flag(), new_causality_id()

    def wait_inside() -> None:
        sta.submit(finishing(inner))
        assert sta.wait_for(inner, 10.0, causality=causality)
        outer.is_done = True

    sta.submit(Work(wait_inside, causality=causality))
    assert sta.wait_for(outer, 10.0, causality=causality)


# ---- refusing -------------------------------------------------------------------------------


def test_a_full_queue_refuses_calls_but_not_the_runtimes_own_errands(sta: Sta) -> None:
    submitted(sta, *(Work() for _ in range(10)))
    with pytest.raises(ComError, match=r"full \(10 items; setting max_queue\)") as failure:
        sta.submit(Work())
    assert failure.value.hresult == HRESULT.RPC_E_SERVERCALL_RETRYLATER
    assert failure.value.executed == "no"
    (errand,) = submitted(sta, Work(kind=ItemKind.RUNTIME))
    assert sta.pump_waiting() == 11
    assert errand.ran
    submitted(sta, Work())


def test_a_closed_sta_refuses_everything(sta: Sta) -> None:
    sta.close()
    for kind in ItemKind:
        with pytest.raises(DisconnectedError, match="has ended") as failure:
            sta.submit(Work(kind=kind))
        assert failure.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        assert failure.value.executed == "no"


def test_what_waits_when_an_sta_closes_is_refused_and_its_own_errands_are_done(sta: Sta) -> None:
    call, errand, posted = submitted(
        sta, Work(), Work(kind=ItemKind.RUNTIME), Work(kind=ItemKind.POSTED)
    )
    sta.close()
    assert errand.ran
    for item in (call, posted):
        assert item.refusal.hresult == HRESULT.RPC_E_DISCONNECTED
        assert item.refusal.executed == "no"
    sta.close()
    assert len(call.outcomes) == 1


def test_who_submits_while_the_queue_is_being_refused_is_refused_himself(sta: Sta) -> None:
    """1. closing refuses the first item; 2. somebody submits; 3. closing goes on."""
    gate = Gate("refusing the first item")

    class Stopping(Work):
        def refuse(self, error: ComError) -> None:
            gate.stop_here()
            super().refuse(error)

    first, second = submitted(sta, Stopping(), Work())
    closing = Running(sta.close)
    gate.wait_until_reached()
    with pytest.raises(DisconnectedError):
        sta.submit(Work())
    gate.open()
    closing.join()
    assert first.refusal.hresult == HRESULT.RPC_E_DISCONNECTED
    assert second.refusal.hresult == HRESULT.RPC_E_DISCONNECTED


def test_an_item_accepted_just_before_the_close_is_refused_by_it(sta: Sta) -> None:
    """1. the item is accepted; 2. the STA closes; 3. its submitter wakes nobody any more."""
    item = Work()
    with Gate.before(sta.inbox, "wake") as gate:
        submitting = Running(sta.submit, item)
        gate.wait_until_reached()
        sta.close()
        sta.inbox.close()
        assert item.refusal.hresult == HRESULT.RPC_E_DISCONNECTED
        gate.open()
        submitting.join()


def test_whatever_is_accepted_around_a_close_is_answered_once() -> None:
    accepted: list[Work] = []
    refused = threading.Event()

    def submit_until_refused(sta: Sta) -> None:
        for _ in range(100_000):
            item = Work()
            try:
                sta.submit(item)
            except DisconnectedError:
                refused.set()
                return
            except ComError:
                continue  # the queue is full for the moment
            accepted.append(item)

    with pumping_sta() as sta:
        submitting = [Running(submit_until_refused, sta) for _ in range(2)]
        wait_until(lambda: len(accepted) > 100)
        sta.submit(Work(sta.close, kind=ItemKind.RUNTIME))
        assert refused.wait(DEADLINE_S)
        for running in submitting:
            running.join()
    assert [len(item.outcomes) for item in accepted] == [1] * len(accepted)


def test_a_loop_that_is_never_idle_still_hears_its_sockets(sta: Sta) -> None:
    port = sta.inbox
    assert isinstance(port, Port)
    reader, writer = os.pipe()
    heard: list[bytes] = []
    port.watch(reader, lambda: heard.append(os.read(reader, 1)))
    os.write(writer, b"x")
    turns = itertools.count()

    def post_again() -> None:
        if heard or next(turns) == 10_000:
            sta.post_quit(0)
        else:
            sta.submit(Work(post_again))

    sta.submit(Work(post_again))
    sta.pump()
    for descriptor in (reader, writer):
        os.close(descriptor)
    assert heard == [b"x"]


# ---- a flood of items that may enter a wait -------------------------------------------------


@pytest.fixture
def flooded(sta: Sta) -> Iterator[Sta]:
    """Whenever an item has run, another one is there."""
    floods = True

    def enter() -> None:
        if floods:
            sta.submit(Work(enter, kind=ItemKind.RUNTIME))

    enter()
    yield sta
    floods = False


def test_time_that_runs_out_ends_a_wait_between_two_items_of_a_flood(flooded: Sta) -> None:
    assert not flooded.wait_for(Flag(), 0.05)
    assert flooded.queue_length() == 1


def test_a_flood_of_items_does_not_starve_the_sockets(flooded: Sta) -> None:
    done = Flag()
    near, far = os.pipe()

    def readable() -> None:
        done.is_done = True

    flooded.inbox.watch(near, readable)
    try:
        os.write(far, b"x")
        assert flooded.wait_for(done, DEADLINE_S)
    finally:
        flooded.inbox.unwatch(near)
        os.close(near)
        os.close(far)
