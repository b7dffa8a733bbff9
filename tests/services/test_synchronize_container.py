from __future__ import annotations

import threading

import pytest

from pyorpc import COWAIT, HRESULT, ComError, queue_user_apc
from pyorpc.apartment.handle import earliest_of, take
from pyorpc.services.synchronize import AutoResetEvent, ManualResetEvent
from pyorpc.services.synchronize_container import Member, SynchronizeContainer


def test_a_member_is_taken_once_also_where_its_event_stays_signalled() -> None:
    event = ManualResetEvent()
    member = Member(event)
    event.Signal()
    assert [take([member], earliest_of) for _ in range(2)] == [0, None]
    assert event.Wait(0, 0) == HRESULT.S_OK


def test_it_takes_the_signal_of_an_event_that_resets_itself() -> None:
    many, event = SynchronizeContainer(), AutoResetEvent()
    many.AddSynchronize(event)
    event.Signal()
    assert many.WaitMultiple(0, 0) is event
    assert event.Wait(0, 0) == HRESULT.RPC_S_CALLPENDING


def test_an_apc_ends_the_wait_and_takes_no_member() -> None:
    many, event = SynchronizeContainer(), AutoResetEvent()
    many.AddSynchronize(event)
    ran: list[int] = []
    queue_user_apc(threading.get_ident(), ran.append, 1)
    with pytest.raises(ComError) as caught:
        many.WaitMultiple(COWAIT.ALERTABLE, 5000)
    assert (caught.value.hresult, ran) == (HRESULT.RPC_S_CALLPENDING, [1])
    event.Signal()
    assert many.WaitMultiple(0, 0) is event
