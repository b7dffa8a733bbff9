"""What a time limit ends, and what it leaves alone. Activations: tests/processes."""

from __future__ import annotations

import threading
import time

import pytest

import pyorpc
from pyorpc import COINIT, CallCanceledError, CallTimeoutError, Runtime
from pyorpc.activation.time_limit import time_limit
from pyorpc.context.thread_state import thread_state
from tests.support.apartment_thread import ApartmentThread
from tests.support.probe import Probe, ProbeThread
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LIMIT_S = 0.2


def limited(packet: bytes, seconds: float) -> None:
    probe = pyorpc.unmarshal_interface(packet, IProbe)
    with time_limit(LIMIT_S, thread_state(), "the sleep"):
        probe.Sleep(seconds)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_call_that_takes_longer_ends(coinit: COINIT) -> None:
    with Runtime() as runtime, ProbeThread(runtime, STA) as far, runtime.enter_apartment(coinit):
        began = time.monotonic()
        with pytest.raises(CallTimeoutError, match="the sleep") as late:
            limited(far.packet, 1.0)
        assert LIMIT_S * 0.9 < time.monotonic() - began < 0.9
        assert late.value.executed == "unknown"


def test_one_that_has_not_started_never_will() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as busy,
        ApartmentThread(runtime, MTA) as a,
    ):
        probe, go_on = Probe(), threading.Event()
        packet = busy.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.INPROC)
        blocking = busy.begin(go_on.wait, 10)
        with pytest.raises(CallTimeoutError) as late:
            a.run(limited, packet, 0)
        assert late.value.executed == "no"
        go_on.set()
        blocking.join()
        busy.run(lambda: None)
        assert not probe.started.is_set()


def test_without_a_limit_nothing_ends() -> None:
    with Runtime() as runtime, ProbeThread(runtime, STA) as far, runtime.enter_apartment(MTA):
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        with time_limit(None, thread_state(), "nothing"):
            probe.Sleep(LIMIT_S)


def test_calls_after_the_block_and_around_it_are_left_alone() -> None:
    class Outer(Probe):
        def CallBack(self, other: IProbe | None) -> int:
            with pytest.raises(CallTimeoutError):
                limited(far.packet, 0.5)
            return 7

    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA) as far,
        ProbeThread(runtime, STA, Outer()) as outer,
        runtime.enter_apartment(MTA),
    ):
        probe = pyorpc.unmarshal_interface(outer.packet, IProbe)
        assert probe.CallBack(None) == 7
        with time_limit(LIMIT_S, thread_state(), "nothing"):
            probe.Add(1, 2)
        probe.Sleep(2 * LIMIT_S)


def test_the_second_call_of_a_block_is_ended_too() -> None:
    with Runtime() as runtime, ProbeThread(runtime, STA) as far, runtime.enter_apartment(MTA):
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        with (  # noqa: PT012  # the first call must have passed
            pytest.raises(CallTimeoutError),
            time_limit(LIMIT_S, thread_state(), "the block"),
        ):
            probe.Add(1, 2)
            time.sleep(2 * LIMIT_S)
            probe.Sleep(1.0)


def test_a_cancel_of_the_users_stays_a_cancel() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA) as far,
        ApartmentThread(runtime, MTA) as a,
        runtime.enter_apartment(MTA),
    ):

        def call() -> None:
            pyorpc.enable_call_cancellation()
            probe = pyorpc.unmarshal_interface(far.packet, IProbe)
            with time_limit(5, thread_state(), "it"):
                probe.Sleep(0.5)

        calling = a.begin(call)
        assert far.probe.started.wait(10)
        state = runtime.thread(a.ident)
        assert state is not None
        wait_until(lambda: state.outgoing)  # the callee may be quicker than the caller's next line
        pyorpc.cancel_call(a.ident)
        with pytest.raises(CallCanceledError):
            calling.join()
