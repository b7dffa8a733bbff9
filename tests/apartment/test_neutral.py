"""The neutral apartment has no thread: callers are in it already, the rest goes to the MTA."""

from __future__ import annotations

import pytest

from pyorpc.apartment.apartment import ApartmentKind
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.neutral import Neutral
from pyorpc.errors import DisconnectedError
from pyorpc.ids import new_oxid
from pyorpc.transport.port import Port
from tests.support.waiting import DEADLINE_S
from tests.support.work import Work, no_sockets


def test_callers_enter_on_their_own_thread_and_the_rest_runs_in_the_mta() -> None:
    port = Port(no_sockets, shared=True)
    mta = Mta(new_oxid(), port, threads=1, threads_max=2, max_queue=9, enter_thread=lambda: None)
    neutral = Neutral(new_oxid(), mta)
    assert neutral.kind is ApartmentKind.NEUTRAL
    assert repr(neutral) == f"<NTA {neutral.oxid:016x}>"
    assert neutral.is_current_thread()
    inside: list[bool] = []
    item = Work(lambda: inside.append(mta.is_current_thread()))
    neutral.submit(item)
    item.wait()
    assert inside == [True]
    assert neutral.queue_length() == 0
    neutral.close()
    assert neutral.is_closed
    mta.close()
    with pytest.raises(DisconnectedError):
        neutral.submit(Work())
    assert mta.join(DEADLINE_S)
    port.close()
