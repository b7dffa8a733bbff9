from __future__ import annotations

import itertools
import threading

import pytest

from pyorpc.apartment.event import Event
from pyorpc.apartment.handle import Handle, all_of, any_of, earliest_of, take
from pyorpc.apartment.semaphore import Semaphore
from tests.support.gate import Gate

SIGNALS = [
    signals
    for length in (1, 2, 3, 4)
    for signals in itertools.product((None, 0, 1, 2), repeat=length)
]

THREE = list(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize("signals", SIGNALS, ids=repr)
def test_what_is_chosen_of_all_signals_that_there_can_be(signals: tuple[int | None, ...]) -> None:
    ready = [index for index, rank in enumerate(signals) if rank is not None]
    assert list(any_of(signals)) == ready[:1]
    assert list(all_of(signals)) == (ready if len(ready) == len(signals) else [])
    earliest = sorted(ready, key=lambda index: (signals[index], index))
    assert list(earliest_of(signals)) == earliest[:1]


@pytest.mark.parametrize("are_set", THREE)
@pytest.mark.parametrize("are_manual", THREE)
def test_taking_one_or_all_leaves_the_others(
    are_set: tuple[bool, ...], are_manual: tuple[bool, ...]
) -> None:
    def events() -> list[Event]:
        return [Event(*each) for each in zip(are_manual, are_set, strict=True)]

    one = events()
    first = are_set.index(True) if any(are_set) else None
    assert take(one, any_of) == first
    assert [each.is_signalled for each in one] == [
        is_set and (index != first or is_manual)
        for index, (is_set, is_manual) in enumerate(zip(are_set, are_manual, strict=True))
    ]
    every = events()
    is_all = all(are_set)
    assert take(every, all_of) == (0 if is_all else None)
    assert tuple(each.is_signalled for each in every) == (are_manual if is_all else are_set)


class Counts:
    """A Waker."""

    def __init__(self) -> None:
        self.count = 0

    def wake(self) -> None:
        self.count += 1


def test_who_subscribed_is_woken_until_it_unsubscribes() -> None:
    event, waker = Event(), Counts()
    event.subscribe(waker)
    event.subscribe(waker)  # two waits of one thread
    event.set()
    assert waker.count == 2
    event.unsubscribe(waker)
    event.set()
    assert waker.count == 3
    event.unsubscribe(waker)
    event.set()
    assert waker.count == 3


def test_a_waker_may_look_at_the_handle_from_another_thread() -> None:
    """Nothing is called out with the lock held."""
    event = Event()
    looked: list[int | None] = []

    class Looks:
        def wake(self) -> None:
            thread = threading.Thread(target=lambda: looked.append(take([event], any_of)))
            thread.start()
            thread.join(5)

    event.subscribe(Looks())
    event.set()
    assert looked == [0]


def test_ranks_tell_the_order_of_signals() -> None:
    first, second, third = Event(), Semaphore(), Event()
    second.release()
    third.set()
    first.set()
    handles: list[Handle] = [first, second, third]
    assert [take(handles, earliest_of) for _ in range(4)] == [1, 2, 0, None]


def test_of_two_waits_for_all_in_opposite_order_one_takes_both() -> None:
    """1. both have seen a signal; 2. both go on to take. No half is taken, nobody is stuck."""
    one, other = Event(initial=True), Event(initial=True)
    results: list[int | None] = []

    def wants(handles: list[Handle]) -> None:
        results.append(take(handles, all_of))

    with Gate.before(Event, "consume_locked") as gate:
        threads = [
            threading.Thread(target=wants, args=(handles,))
            for handles in ([one, other], [other, one])
        ]
        for each in threads:
            each.start()
        gate.wait_until_reached()  # the first one holds all locks
        gate.open()
        for each in threads:
            each.join(5)
    assert sorted(results, key=str) == [0, None]
    assert [one.is_signalled, other.is_signalled] == [False, False]
