"""Proxies belong to the context they were unmarshaled in. Retells "The Mechanics of COM+"."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
R = TypeVar("R")


def on_a_thread(work: Callable[[], R]) -> R:
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    if errors:
        raise errors[0]
    return results[0]


def test_a_proxy_of_an_sta_is_refused_on_an_mta_thread_and_the_text_says_what_to_do() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)

        def use_it() -> list[ComError]:
            caught: list[ComError] = []
            with runtime.enter_apartment(MTA):
                for use in (
                    lambda: probe.Add(1, 2),
                    lambda: probe.QueryInterface(IProbeMore),
                    lambda: probe.QueryInterface(pyorpc.IUnknown),
                ):
                    with pytest.raises(ComError) as refused:
                        use()
                    caught.append(refused.value)
            return caught

        before = pyorpc.statistics().requests_sent
        caught = on_a_thread(use_it)
        assert [error.hresult for error in caught] == [HRESULT.RPC_E_WRONG_THREAD] * 3
        assert "marshal_inter_thread_interface" in caught[0].description
        assert caught[0].executed == "no"
        assert pyorpc.statistics().requests_sent == before


def test_a_proxy_may_be_released_and_collected_on_any_thread() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA, Probe()) as far:
        before = alive()
        maker = pyorpc.unmarshal_interface(far.packet, IProbe)
        made = [maker.Make(), maker.Make()]
        assert len(ALIVE) == before + 2
        assert on_a_thread(lambda: pyorpc.release(made.pop())) == 0
        wait_until(lambda: len(ALIVE) == before + 1, "the released object is gone")

        def collect() -> None:
            made.clear()
            gc.collect()

        on_a_thread(collect)
        wait_until(lambda: len(ALIVE) == before, "the collected proxy's object is gone")


def test_every_thread_of_the_mta_may_use_its_proxies() -> None:
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)

        def use_it() -> int:
            with runtime.enter_apartment(MTA):
                return probe.Add(1, 2)

        assert on_a_thread(use_it) == 3


def test_another_context_of_the_same_apartment_needs_its_own_pointer() -> None:
    with in_apartment(STA):
        probe = Probe()
        here = pyorpc.get_context_token()
        assert probe.Place()[0] == here
        private = pyorpc.create_context()
        packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
        pointer = private.run(lambda: pyorpc.unmarshal_interface(packet, IProbe))
        assert pointer is not probe
        # Through the marshaled pointer the object runs in its own context; smuggled, in ours.
        assert private.run(lambda: pointer.Place()[0]) == here
        assert private.run(lambda: probe.Place()[0]) == private.token
        with pytest.raises(ComError) as refused:
            pointer.Add(1, 2)
        assert refused.value.hresult == HRESULT.RPC_E_WRONG_THREAD
        assert "of the same apartment" in refused.value.description


def test_a_thread_outside_com_is_told_to_initialize() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        packet = far.packet

        def unmarshal() -> None:
            with pytest.raises(ComError) as refused:
                pyorpc.unmarshal_interface(packet, IProbe)
            assert refused.value.hresult == HRESULT.CO_E_NOTINITIALIZED
            assert "initialize()" in refused.value.description

        on_a_thread(unmarshal)
