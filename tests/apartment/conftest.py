"""What the tests of the pool share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pyorpc.apartment.mta import Mta
from pyorpc.ids import new_oxid
from pyorpc.transport.port import Port
from tests.support.pool import MakeMta
from tests.support.waiting import DEADLINE_S
from tests.support.work import no_sockets


@pytest.fixture
def make_mta() -> Iterator[MakeMta]:
    made: list[Mta] = []

    def make(
        threads: int = 2,
        threads_max: int = 8,
        max_queue: int = 1000,
        enter_thread: Callable[[], None] = lambda: None,
    ) -> Mta:
        port = Port(no_sockets, shared=True)
        mta = Mta(
            new_oxid(),
            port,
            threads=threads,
            threads_max=threads_max,
            max_queue=max_queue,
            enter_thread=enter_thread,
        )
        made.append(mta)
        return mta

    yield make
    for mta in made:
        mta.close()
        assert mta.join(DEADLINE_S)
        mta.inbox.close()
