from __future__ import annotations

from typing import Any

import pytest

from pyorpc import HRESULT, ComError, Event, ISynchronize, ISynchronizeHandle
from pyorpc.services.synchronize import AutoResetEvent, ManualResetEvent, handle_of


def test_the_two_differ_in_who_resets_them() -> None:
    for made, second in (
        (AutoResetEvent(), HRESULT.RPC_S_CALLPENDING),
        (ManualResetEvent(), HRESULT.S_OK),
    ):
        made.Signal()
        assert [made.Wait(0, 0), made.Wait(0, 0)] == [HRESULT.S_OK, second]


def test_an_object_of_the_users_may_offer_a_handle() -> None:
    class Mine(ISynchronizeHandle):
        def __init__(self, handle: object) -> None:
            self._handle = handle

        def GetHandle(self) -> object:
            return self._handle

    event = Event()
    assert handle_of(Mine(event)) is event
    with pytest.raises(ComError) as caught:
        handle_of(Mine("no handle"))
    assert caught.value.hresult == HRESULT.E_INVALIDARG


def test_an_object_without_a_handle_is_refused() -> None:
    class Bare(ISynchronize):
        pass

    stranger: Any = Bare()
    with pytest.raises(ComError) as caught:
        handle_of(stranger)
    assert caught.value.hresult == HRESULT.E_NOINTERFACE
