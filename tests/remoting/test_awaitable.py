"""What needs no trio; the rest is in tests/trio."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe, IProbeAwaitable
from tests.support.waiting import wait_until


def step(coroutine: Coroutine[Any, Any, Any]) -> None:
    coroutine.send(None)


def test_outside_a_trio_apartment_an_awaited_call_says_where_it_belongs() -> None:
    with (
        in_apartment(COINIT.MULTITHREADED) as runtime,
        ProbeThread(runtime, COINIT.APARTMENTTHREADED) as thread,
    ):
        far = IProbeAwaitable(pyorpc.unmarshal_interface(thread.packet, IProbe))
        mine = Probe()
        for call in (far.Hold(mine), IProbeAwaitable(mine).LetGo()):
            with pytest.raises(ComError, match="open_apartment") as caught:
                step(call)
            assert caught.value.hresult == HRESULT.CO_E_NOT_SUPPORTED
        wait_until(lambda: runtime.exporter.manager_of(mine) is None, "nothing is kept")


def test_it_shows_what_it_stands_for() -> None:
    assert repr(IProbeAwaitable(Probe())).startswith("<IProbeAwaitable of <")
