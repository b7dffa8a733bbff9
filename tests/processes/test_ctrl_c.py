"""Ctrl-C ends every wait of the main thread, and the process ends cleanly afterwards."""

from __future__ import annotations

import os
import signal
import threading

import pytest

import pyorpc
from pyorpc import COINIT
from tests.conftest import Spawn
from tests.support.child import Parent
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def wait_somehow(test: Parent, coinit: int, how: str, packet: bytes) -> None:
    """In a child: wait in that way until Ctrl-C comes, then say so and end."""
    with in_apartment(COINIT(coinit)) as runtime:
        try:
            _wait(test, runtime, how, packet)
        except KeyboardInterrupt:
            test.send("interrupted")
        assert pyorpc.statistics().calls_outgoing == 0


def _wait(test: Parent, runtime: pyorpc.Runtime, how: str, packet: bytes) -> None:
    if how == "message loop":
        pyorpc.marshal_interface(Probe(), IProbe)  # with sockets to watch
        test.send("waiting")
        pyorpc.pump_messages()
    elif how == "bare message loop":
        test.send("waiting")
        pyorpc.pump_messages()
    elif how == "remote call":
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        assert probe.Add(1, 2) == 3
        test.send("waiting")
        probe.Sleep(2)
    else:
        other = MTA if pyorpc.get_apartment_type()[0] == pyorpc.APTTYPE.MAINSTA else STA
        with ProbeThread(runtime, other) as far:
            probe = pyorpc.unmarshal_interface(far.packet, IProbe)
            test.send("waiting")
            probe.Sleep(2)


@pytest.mark.parametrize(
    ("coinit", "how"),
    [
        (STA, "message loop"),
        (STA, "bare message loop"),
        (STA, "remote call"),
        (MTA, "remote call"),
        (STA, "local call"),
        (MTA, "local call"),
    ],
)
def test_ctrl_c_ends_a_wait(spawn: Spawn, coinit: COINIT, how: str) -> None:
    server = spawn(serve_probe, int(MTA), {})
    child = spawn(wait_somehow, int(coinit), how, server.receive())
    assert child.receive() == "waiting"
    # The wait begins after it was announced: a second Ctrl-C does no harm.
    threading.Timer(0.3, os.kill, (child.pid, signal.SIGINT)).start()
    assert child.receive() == "interrupted"
    assert child.join() == 0
    server.send("alive")
    assert server.receive() == 1
