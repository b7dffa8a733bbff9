"""Callbacks reach a caller that nobody can dial: over the connection that the caller opened."""

from __future__ import annotations

import os
import threading
from itertools import product
from pathlib import Path

import pytest

import pyorpc
from pyorpc import COINIT
from pyorpc.wire.objref import Tower, unpack
from tests.conftest import Spawn
from tests.support.probe import ALIVE, Probe, alive, in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def over_tcp_only(packet: bytes) -> bytes:
    """The packet as a process on another machine would use it."""
    ref = unpack(packet)
    kept = [binding for binding in ref.bindings if not binding.address.startswith("ipc://")]
    assert any(binding.tower == Tower.APARTMENT for binding in kept)
    return ref._replace(bindings=tuple(kept)).pack()


def hide_own_sockets() -> int:
    """Unlink the names of this process's sockets: it still listens, but nobody finds it."""
    folder = Path(os.environ["XDG_RUNTIME_DIR"])
    own = [path for path in folder.rglob(f"*-{os.getpid()}-*") if path.is_socket()]
    for path in own:
        path.unlink()
    return len(own)


@pytest.mark.parametrize(("caller", "callee"), list(product((STA, MTA), repeat=2)))
def test_a_callback_reaches_a_caller_that_cannot_be_dialled(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {"insecure": True, "endpoints": ["tcp://127.0.0.1:0"]})
    with in_apartment(caller, insecure=True):
        before = alive()
        probe = pyorpc.unmarshal_interface(over_tcp_only(child.receive()), IProbe)
        # The first reference that leaves binds the sockets; then they lose their names.
        pyorpc.release_marshal_data(pyorpc.marshal_interface(Probe(), IProbe))
        assert hide_own_sockets() >= 2
        assert (probe.CallBack(Probe()) == threading.get_ident()) == (caller == STA)
        assert probe.Descend(Probe(), 6) == 7
        probe.Hold(Probe())
        assert probe.CallHeld(2, 3) == 5
        probe.LetGo()

        def are_released() -> bool:
            if caller == STA:
                pyorpc.pump_waiting_messages()  # an STA's objects die on its own thread
            return len(ALIVE) == before

        wait_until(are_released, "the callback objects are released")
        child.send("stop")
        assert child.join() == 0
