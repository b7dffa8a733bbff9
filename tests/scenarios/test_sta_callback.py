"""A call leaves an STA, and the callback of the same causality comes in while it waits.

Retells seeds/apartments.txt: "COM tracks the causality of each and every method call".
"""

from __future__ import annotations

import threading

import pytest

import pyorpc
from pyorpc import COINIT, Runtime
from tests.conftest import Spawn
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@pytest.mark.parametrize("callee", [STA, MTA])
def test_a_callback_from_another_apartment_runs_on_the_waiting_stas_thread(callee: COINIT) -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, callee) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        assert probe.CallBack(Probe()) == threading.get_ident()
        assert probe.ThreadId() != threading.get_ident()


@pytest.mark.parametrize("callee", [STA, MTA])
@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_callback_from_another_process_reaches_its_callers_apartment(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        came_on = probe.CallBack(Probe())
        assert (came_on == threading.get_ident()) == (caller == STA)


@pytest.mark.parametrize("callee", [STA, MTA])
@pytest.mark.parametrize("caller", [STA, MTA])
def test_calls_and_callbacks_nest_ten_deep(spawn: Spawn, caller: COINIT, callee: COINIT) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        assert probe.Descend(Probe(), 10) == 11


def test_an_unrelated_call_is_held_until_the_stas_own_call_has_returned() -> None:
    """Ruling R-1."""
    with Runtime() as runtime:
        order: list[str] = []
        slow = Probe()
        with ProbeThread(runtime, MTA, slow) as far, ProbeThread(runtime, STA) as middle:
            middle.probe.Hold(None)

            class Recording(Probe):
                def Echo(self, text: str) -> str:
                    order.append(f"unrelated {text}")
                    return text

            done = threading.Event()

            def middle_calls_out(packet: bytes) -> None:
                probe = pyorpc.unmarshal_interface(packet, IProbe)
                probe.Sleep(0.3)
                order.append("own call returned")

            recording = Recording()
            packets: list[bytes] = []
            runtime_sta = runtime.sta_of(middle.ident)
            assert runtime_sta is not None

            with runtime.enter_apartment(MTA):
                pyorpc.send_work(
                    middle.ident,
                    lambda: packets.append(
                        pyorpc.marshal_interface(recording, IProbe, pyorpc.MSHCTX.INPROC)
                    ),
                )
                unrelated = pyorpc.unmarshal_interface(packets[0], IProbe)
                pyorpc.post_work(middle.ident, middle_calls_out, far.packet)
                assert slow.started.wait(DEADLINE_S)
                call = pyorpc.create_call(unrelated, AsyncIProbe)
                call.Begin_Echo("call")
                assert call.Finish_Echo() == "call"
                done.set()
        assert order == ["own call returned", "unrelated call"]
