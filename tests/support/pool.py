"""What is done to a pool's queue, for its tests."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyorpc.apartment.mta import Mta
from tests.support.waiting import DEADLINE_S
from tests.support.work import Work

MakeMta = Callable[..., Mta]


def submitted(mta: Mta, *items: Work) -> list[Work]:
    for item in items:
        mta.submit(item)
    return list(items)


def wait_for(items: list[Work]) -> None:
    for item in items:
        item.wait()


def is_quiet(mta: Mta) -> bool:
    return mta.thread_count() == len(mta._readers) and not mta.queue_length()


class Together:
    """A body in which so many threads must be at the same time."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)

    def __call__(self) -> None:
        self._barrier.wait(DEADLINE_S)
