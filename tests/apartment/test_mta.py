"""The pool: calls overlap, who blocks is replaced, everything accepted is answered once."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from pyorpc.apartment.mta import Mta
from pyorpc.transport.port import Port
from tests.support.gate import Gate
from tests.support.pool import MakeMta, Together, is_quiet, submitted, wait_for
from tests.support.waiting import wait_until
from tests.support.work import Work

# ---- overlap --------------------------------------------------------------------------------


def test_items_run_on_threads_of_the_pool(make_mta: MakeMta) -> None:
    entered: list[int] = []
    mta = make_mta(enter_thread=lambda: entered.append(threading.get_ident()))
    was_inside: list[bool] = []
    item = Work(lambda: was_inside.append(mta.is_current_thread()))
    wait_for(submitted(mta, item))
    assert item.thread_id in entered
    assert was_inside == [True]
    assert not mta.is_current_thread()
    assert repr(mta) == f"<MTA {mta.oxid:016x}>"


def test_no_thread_is_started_before_it_is_needed(make_mta: MakeMta) -> None:
    mta = make_mta()
    assert mta.thread_count() == 0
    mta.start()
    assert mta.thread_count() == 1
    wait_until(lambda: is_quiet(mta))
    mta.start()
    assert mta.thread_count() == 1


def test_two_calls_overlap(make_mta: MakeMta) -> None:
    mta, together = make_mta(), Together(2)
    wait_for(submitted(mta, Work(together), Work(together)))


def test_calls_overlap_when_all_threads_were_idle(make_mta: MakeMta) -> None:
    mta = make_mta(threads=3)
    for _ in range(20):
        together = Together(3)
        wait_for(submitted(mta, *(Work(together) for _ in range(3))))
        wait_until(lambda: is_quiet(mta))
    assert mta.thread_count() == 3


def test_what_one_wake_up_brought_does_not_wait_for_the_first_of_it(make_mta: MakeMta) -> None:
    """A thread reads two calls at once, as from a socket; they need each other."""
    mta, together, items = make_mta(), Together(2), [Work(), Work()]
    port = mta.inbox
    assert isinstance(port, Port)
    mta.start()
    wait_until(lambda: is_quiet(mta))
    items[0].body = items[1].body = together
    arrived = threading.Event()

    def read() -> None:
        if not arrived.is_set():
            arrived.set()
            submitted(mta, *items)

    with readable_descriptor() as descriptor:
        port.watch(descriptor, read)
        wait_for(items)
        port.unwatch(descriptor)


@contextmanager
def readable_descriptor() -> Generator[int]:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    try:
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def test_a_thread_of_the_pool_may_wait_for_what_it_submitted(make_mta: MakeMta) -> None:
    """Though nothing tells the pool that it waits; another thread is idle."""
    mta = make_mta(threads=2)
    together = Together(2)
    wait_for(submitted(mta, Work(together), Work(together)))
    wait_until(lambda: is_quiet(mta) and mta.thread_count() == 2)
    inner = Work()

    def submit_and_wait() -> None:
        mta.submit(inner)
        inner.wait()

    wait_for(submitted(mta, Work(submit_and_wait)))
    assert inner.ran


def test_a_pool_has_no_more_threads_than_wanted(make_mta: MakeMta) -> None:
    mta, gate = make_mta(threads=2), Gate()
    items = submitted(mta, *(Work(gate.stop_here) for _ in range(6)))
    gate.wait_until_reached(2)
    assert mta.thread_count() == 2
    assert mta.queue_length() == 4
    gate.open()
    wait_for(items)
    assert mta.thread_count() == 2


# ---- blocked threads ------------------------------------------------------------------------


def test_a_pool_of_one_runs_a_callback_while_its_thread_waits_for_it(make_mta: MakeMta) -> None:
    mta, callback = make_mta(threads=1), Work()

    def call_out() -> None:
        with mta.blocked():
            mta.submit(callback)
            callback.wait()

    outer = Work(call_out)
    wait_for(submitted(mta, outer))
    assert callback.ran
    assert callback.thread_id != outer.thread_id


def test_what_waited_already_runs_when_a_thread_blocks(make_mta: MakeMta) -> None:
    mta, gate, other = make_mta(threads=1), Gate(), Work()

    def call_out() -> None:
        gate.stop_here()
        with mta.blocked():
            other.wait()

    outer = Work(call_out)
    submitted(mta, outer)
    gate.wait_until_reached()
    submitted(mta, other)
    gate.open()
    wait_for([outer, other])


def nest(mta: Mta, depth: int, items: list[Work]) -> None:
    inner = Work(lambda: nest(mta, depth - 1, items) if depth else None)
    items.append(inner)
    with mta.blocked():
        mta.submit(inner)
        inner.wait()


def test_the_pool_shrinks_again_after_nested_calls(make_mta: MakeMta) -> None:
    mta = make_mta(threads=1, threads_max=20)
    items: list[Work] = []
    wait_for(submitted(mta, Work(lambda: nest(mta, 8, items))))
    assert len({item.thread_id for item in items}) == 9
    wait_until(lambda: mta.thread_count() == 1, "the other threads end")
    wait_for(submitted(mta, Work()))


def test_a_thread_that_is_about_to_end_counts_no_more(make_mta: MakeMta) -> None:
    """Otherwise the last reader blocks, is not replaced because of it, and nobody reads on.

    1. One thread reads. 2. Another one finds itself one too many. 3. Before that has quite ended,
    the first one blocks: a third one must come.
    """
    mta = make_mta(threads=1)
    wait_for(submitted(mta, Work()))
    wait_until(lambda: len(mta._readers) == 1, "it reads on")
    me = threading.get_ident()
    mta._threads[me] = threading.current_thread()
    assert not mta._wait_once()
    assert me not in mta._threads
    gate, second = Gate(), Work()

    def block() -> None:
        with mta.blocked():
            gate.stop_here()

    first = Work(block)
    mta.submit(first)
    gate.wait_until_reached()
    wait_for(submitted(mta, second))
    gate.open()
    wait_for([first])


def test_a_pool_never_grows_beyond_its_maximum(make_mta: MakeMta) -> None:
    mta, gate = make_mta(threads=1, threads_max=2), Gate()

    def block() -> None:
        with mta.blocked():
            gate.stop_here()

    items = submitted(mta, *(Work(block) for _ in range(3)))
    gate.wait_until_reached(2)
    assert mta.thread_count() == 2
    assert mta.queue_length() == 1
    gate.open()
    wait_for(items)


def test_who_is_not_of_the_pool_is_not_replaced(make_mta: MakeMta) -> None:
    mta = make_mta(threads=1)
    with mta.blocked():
        assert mta.thread_count() == 0


def test_blocking_is_over_also_when_the_wait_raises(make_mta: MakeMta) -> None:
    mta = make_mta(threads=1)

    def fail() -> None:
        with pytest.raises(ZeroDivisionError), mta.blocked():
            raise ZeroDivisionError

    wait_for(submitted(mta, Work(fail)))
    assert mta._blocked == 0
