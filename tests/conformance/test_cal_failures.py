"""CAL, from outside: what ends while somebody waits for it."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from tests.conformance.test_apt import code_of
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
DIED = (0x800706BE, HRESULT.RPC_E_SERVER_DIED)
DEAD = (0x800706BA, HRESULT.RPC_E_DISCONNECTED)


def has_started(child: Child) -> bool:
    child.send("started")
    return bool(child.receive())


def kill_later(child: Child) -> threading.Thread:
    """Once its long method runs."""

    def kill() -> None:
        wait_until(lambda: has_started(child), "the long method")
        child.kill9()

    killer = threading.Thread(target=kill)
    killer.start()
    return killer


@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_server_is_killed_with_one_call_running_and_others_queued(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(caller):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        calls: list[Any] = [pyorpc.create_call(probe, AsyncIProbe) for _ in range(6)]
        calls[0].Begin_Sleep(25)
        for queued in calls[1:]:
            queued.Begin_Echo("queued")
        wait_until(lambda: has_started(child), "the long method")
        child.kill9()
        begun = time.monotonic()
        codes = [code_of(calls[0].Finish_Sleep), *(code_of(c.Finish_Echo) for c in calls[1:])]
        assert set(codes) <= set(DIED)
        assert time.monotonic() - begun < 5
        # Whether they ran nobody knows; that a later one did not is certain.
        with pytest.raises(ComError) as later:
            probe.Add(1, 2)
        assert later.value.hresult in DEAD
        assert later.value.executed == "no"
        with pytest.raises(ComError) as asked:
            probe.QueryInterface(pyorpc.IExternalConnection)
        assert asked.value.hresult in (*DIED, *DEAD)
        calls.clear()
        queued = None
        gc.collect()  # their failures keep them
        assert pyorpc.release(probe) == 0


@pytest.mark.parametrize("caller", [STA, MTA])
def test_a_server_that_is_killed_while_it_calls_back_ends_both_calls(
    spawn: Spawn, caller: COINIT
) -> None:
    child = spawn(serve_probe, int(MTA), {})

    class Kills(Probe):
        """Its caller dies in the middle of this call."""

        def ThreadId(self) -> int:
            child.kill9()
            return 7

    with in_apartment(caller):
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        mine = Kills()
        assert code_of(probe.CallBack, mine) in DIED
        assert code_of(probe.Add, 1, 2) in DEAD


def test_a_middle_process_dies_and_the_chain_ends_at_its_beginning(spawn: Spawn) -> None:
    middle, last = spawn(serve_probe, int(STA), {}), spawn(serve_probe, int(MTA), {})
    with in_apartment(STA):
        near = pyorpc.unmarshal_interface(middle.receive(), IProbe)
        far = pyorpc.unmarshal_interface(last.receive(), IProbe)
        near.Hold(far)
        call = pyorpc.create_call(near, AsyncIProbe)
        call.Begin_Sleep(25)
        killer = kill_later(middle)
        assert code_of(call.Finish_Sleep) in DIED
        killer.join(DEADLINE_S)
        assert far.Add(1, 2) == 3


def test_quits_from_other_threads_do_not_end_a_wait_and_are_kept(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = pyorpc.unmarshal_interface(child.receive(), IProbe)
        mine = threading.get_ident()

        def quit_twice() -> None:
            wait_until(lambda: has_started(child), "the long method")
            pyorpc.post_quit(3, mine)
            pyorpc.post_quit(4, mine)

        quitting = other.begin(quit_twice)
        begun = time.monotonic()
        probe.Sleep(0.5)
        assert time.monotonic() - begun >= 0.5
        quitting.join()
        assert pyorpc.pump_waiting_messages() >= 0
        assert pyorpc.pump_messages() == 4


def test_an_object_that_is_disconnected_while_calls_are_queued_refuses_them() -> None:
    with (
        in_apartment(STA) as runtime,
        ApartmentThread(runtime, MTA) as client,
        ProbeThread(runtime, STA),
    ):
        mine = Probe()
        packet = pyorpc.marshal_interface(mine, IProbe, pyorpc.MSHCTX.INPROC)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        call = client.run(pyorpc.create_call, pointer, AsyncIProbe)
        client.run(call.Begin_Echo, "never")
        assert pyorpc.disconnect_object(mine) == HRESULT.S_OK
        pyorpc.pump_waiting_messages()
        with pytest.raises(ComError) as refused:
            client.run(call.Finish_Echo)
        assert refused.value.hresult == HRESULT.RPC_E_DISCONNECTED
        assert refused.value.executed == "no"
        assert mine.log == []
