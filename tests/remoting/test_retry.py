"""Idempotent calls whose connection breaks are made once more; no others are. (Filters: FLT.)"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, DisconnectedError, Runtime
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.gate import Gate
from tests.support.probe import Probe
from tests.support.recorder import Recorder
from tests.support.recorder_idl import IRecorder
from tests.support.tcp_relay import TcpRelay

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@dataclass
class Setting:
    """A recorder behind a relay, whose first Count stops at the gate; a caller."""

    recorder: Recorder
    relay: TcpRelay
    gate: Gate
    caller: ApartmentThread
    pointer: IRecorder


@contextmanager
def behind_a_relay(coinit: COINIT) -> Generator[Setting]:
    recorder, gate = Recorder(), Gate()
    recorder.gate = gate
    with (
        Runtime(insecure=True, endpoints=["tcp://127.0.0.1:0"]) as far,
        ApartmentThread(far, MTA) as home,
        Runtime(insecure=True) as near,
        ApartmentThread(near, coinit) as caller,
    ):
        packet = home.run(pyorpc.marshal_interface, recorder, IRecorder)
        with TcpRelay.to_apartment_of(unpack(packet)) as relay:
            pointer = caller.run(pyorpc.unmarshal_interface, relay.packet, IRecorder)
            try:
                yield Setting(recorder, relay, gate, caller, pointer)
            finally:
                gate.open()
                caller.run(pyorpc.release, pointer)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_an_idempotent_call_is_made_once_more_where_its_connection_broke(coinit: COINIT) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.Count)
        here.gate.wait_until_reached()  # 1. the method has begun
        here.relay.cut()  # 2. the connection breaks; both processes live
        assert call.join() == 2  # 3. a second call went over a new one


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_no_other_call_is(coinit: COINIT) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.CountOnce)
        here.gate.wait_until_reached()
        here.relay.cut()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert here.recorder.times == 1


def test_nor_an_idempotent_one_that_passes_a_pointer() -> None:
    with behind_a_relay(MTA) as here:
        call = here.caller.begin(here.pointer.CountWith, Probe())
        here.gate.wait_until_reached()
        here.relay.cut()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert here.recorder.times == 1


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_where_the_second_cannot_be_sent_either_the_first_may_still_have_run(
    coinit: COINIT,
) -> None:
    with behind_a_relay(coinit) as here:
        call = here.caller.begin(here.pointer.Count)
        here.gate.wait_until_reached()
        here.relay.refuse()
        with pytest.raises(DisconnectedError) as lost:
            call.join()
        assert (lost.value.hresult, lost.value.executed) == (HRESULT.RPC_S_CALL_FAILED, "unknown")
        assert "tried again" in lost.value.description
        assert here.recorder.times == 1


def test_it_is_made_once_more_and_not_twice() -> None:
    with behind_a_relay(MTA) as here:
        recorder, relay = here.recorder, here.relay
        inner, recorder.gate = recorder.gate, None
        assert inner is not None

        def count() -> int:
            recorder.times += 1
            relay.cut()
            inner.stop_here()
            return recorder.times

        recorder.Count = count  # type: ignore[method-assign]  # both tries lose their connection
        with pytest.raises(DisconnectedError) as lost:
            here.caller.run(here.pointer.Count)
        assert lost.value.executed == "unknown"
        assert recorder.times == 2
