"""Where finalizers put what they give up: from any thread, at any time, also too late."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterable

from pyorpc.ids import Ipid, new_ipid, new_oxid
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.release_queue import ReleaseQueue


def ipid() -> Ipid:
    return new_ipid(new_oxid())


def is_readable(queue: ReleaseQueue) -> bool:
    return bool(select.select([queue.wakeup], [], [], 0)[0])


def test_what_is_put_comes_out_once_and_in_order() -> None:
    queue = ReleaseQueue()
    mine, theirs = ipid(), ipid()
    queue.put_local({mine: 5})
    queue.put_remote("peer", {theirs: 2})
    assert queue.take_all() == [(None, {mine: 5}), ("peer", {theirs: 2})]
    assert queue.take_all() == []


def test_its_descriptor_is_readable_while_something_is_there() -> None:
    queue = ReleaseQueue()
    assert not is_readable(queue)
    queue.put_local({ipid(): 1})
    assert is_readable(queue)
    queue.take_all()
    assert not is_readable(queue)


def test_calls_wake_it_too() -> None:
    queue = ReleaseQueue()
    call = OutgoingCall.__new__(OutgoingCall)
    queue.put_call(call)
    assert is_readable(queue)
    assert queue.take_all() == []
    assert queue.take_calls() == [call]
    assert queue.take_calls() == []


def test_many_threads_lose_nothing() -> None:
    queue = ReleaseQueue()

    def put(numbers: Iterable[int]) -> None:
        for number in numbers:
            queue.put_remote(number, {})

    threads = [threading.Thread(target=put, args=(range(i, 4000, 4),)) for i in range(4)]
    for thread in threads:
        thread.start()
    taken: list[int] = []
    while any(thread.is_alive() for thread in threads):
        taken += [number for number, _ in queue.take_all()]
    taken += [number for number, _ in queue.take_all()]
    assert sorted(taken) == list(range(4000))


def test_a_finalizer_that_comes_after_the_queues_own_hits_no_other_file() -> None:
    queue = ReleaseQueue()
    queue.__del__()  # as the collector does, in any order
    read, write = os.pipe()
    queue.put_local({ipid(): 1})
    assert not select.select([read], [], [], 0)[0]
    os.close(read)
    os.close(write)
    queue.wakeup = os.eventfd(0)  # for its real end
