"""What needs no trio; the rest is in tests/trio."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import (
    INobody,
    IProbe,
    IProbeAwaitable,
    IProbeMore,
    IProbeMoreAwaitable,
)
from tests.support.waiting import wait_until


class Nobody(INobody):
    """Has nothing of IProbe."""


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


def test_it_is_made_of_a_pointer_to_its_own_interface_only() -> None:
    """The methods of another one have the same slots: the wrong one was called."""
    nothings: list[Any] = [None, 3]
    with (
        in_apartment(COINIT.MULTITHREADED) as runtime,
        ProbeThread(runtime, COINIT.APARTMENTTHREADED) as thread,
    ):
        pointer = pyorpc.unmarshal_interface(thread.packet, IProbe)
        more: Any = pointer.QueryInterface(IProbeMore)
        others: list[Any] = [more, pointer.QueryInterface(pyorpc.IUnknown), Nobody()]
        for other in others:
            with pytest.raises(ComError, match=r"QueryInterface\(IProbe\)") as refused:
                IProbeAwaitable(other)
            assert refused.value.hresult == HRESULT.E_NOINTERFACE
        for bad in nothings:
            with pytest.raises(ComError, match="proxy: ") as refused:
                IProbeAwaitable(bad)
            assert refused.value.hresult == HRESULT.E_INVALIDARG
        assert IProbeMoreAwaitable(more)


def test_it_shows_what_it_stands_for() -> None:
    assert repr(IProbeAwaitable(Probe())).startswith("<IProbeAwaitable of <")
