"""CAL: what may and may not happen while a caller waits for its reply."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.probe import Probe, ProbeThread, at, in_apartment, serve_probe
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CLIENTS, CALLS = (3, 3, 2), 50


def test_CAL_13_crossed_calls_between_two_stas_do_not_deadlock_with_filters() -> None:
    names: dict[str, Any] = dict(vars(pyorpc))

    def admit(*item: Any) -> int:
        return pyorpc.SERVERCALL.ISHANDLED

    def wait_and_run(*item: Any) -> int:
        return pyorpc.PENDINGMSG.WAITDEFPROCESS

    answers: dict[str, Any] = {"HandleInComingCall": admit, "MessagePending": wait_and_run}
    admits_all = type("AdmitsAll", (names["IMessageFilter"],), answers)
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        packets = [each.run(pyorpc.marshal_interface, Probe(), IProbe) for each in (a, b)]
        to_a, to_b = b.run(at, packets[0]), a.run(at, packets[1])
        for each in (a, b):
            each.run(names["register_message_filter"], admits_all())
        for _ in range(100):
            start = threading.Barrier(2)

            def call(pointer: IProbe, start: threading.Barrier = start) -> int:
                start.wait(DEADLINE_S)
                return pointer.Add(1, 2)

            crossed = [a.begin(call, to_b), b.begin(call, to_a)]
            assert [task.join() for task in crossed] == [3, 3]


@pytest.mark.parametrize("caller", [STA, MTA])
def test_CAL_15_server_process_killed(spawn: Spawn, caller: COINIT) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(caller):
        probe = at(child.receive())
        killed_at: list[float] = []

        def kill() -> None:
            child.send("started")
            while not child.receive():
                child.send("started")
            killed_at.append(time.monotonic())
            child.kill9()

        killer = threading.Thread(target=kill)
        killer.start()
        in_progress = failure_of(probe.Sleep, 25)
        failed_at = time.monotonic()
        killer.join(DEADLINE_S)
        assert failed_at - killed_at[0] < 5
        assert in_progress in (0x800706BE, HRESULT.RPC_E_SERVER_DIED)
        for _ in range(2):
            later = failure_of(probe.Add, 1, 2)
            assert later in (0x800706BA, HRESULT.RPC_E_DISCONNECTED)
        begun = time.monotonic()
        assert pyorpc.release(probe) == 0
        assert time.monotonic() - begun < 5


class SendsToItsCaller(Probe):
    """Sends an input-synchronous item to an STA and returns what the handler returned."""

    def __init__(self, thread_id: int, handler: Callable[[], int]) -> None:
        super().__init__()
        self._thread_id = thread_id
        self._handler = handler

    def Add(self, a: int, b: int) -> int:
        return int(pyorpc.send_work(self._thread_id, self._handler))


def test_CAL_16_call_out_from_an_input_synchronous_handler(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as server,
        ProbeThread(runtime, STA) as near,
    ):
        others = [sta.run(at, packet) for packet in (child.receive(), near.packet)]
        ran_on: list[int] = []

        def handle(other: IProbe) -> int:
            ran_on.append(threading.get_ident())
            try:
                return other.Add(20, 3)
            except ComError as error:
                return error.hresult - 2**32

        for other in others:
            sender = SendsToItsCaller(sta.ident, partial(handle, other))
            packet = server.run(pyorpc.marshal_interface, sender, IProbe, pyorpc.MSHCTX.INPROC)
            # With a call outstanding.
            answered = sta.run(at, packet)
            assert (
                sta.run(answered.Add, 0, 0) & 0xFFFFFFFF
                == HRESULT.RPC_E_CANTCALLOUT_ININPUTSYNCCALL
            )
            # With none.
            assert server.run(pyorpc.send_work, sta.ident, handle, other) == 23
            # The refusal left nothing behind.
            assert sta.run(other.Add, 1, 2) == 3
        assert set(ran_on) == {sta.ident}
        assert len(ran_on) == 4


def test_CAL_17_quit_request_does_not_abort_a_call_in_progress(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as server:
        far = at(child.receive())
        pyorpc.post_quit(41)
        assert far.Add(1, 2) == 3
        assert pyorpc.pump_messages() == 41

        mine = threading.get_ident()
        ran: list[int] = []

        def handler() -> int:
            ran.append(threading.get_ident())
            return 7

        sender = SendsToItsCaller(mine, handler)
        near = at(server.run(pyorpc.marshal_interface, sender, IProbe, pyorpc.MSHCTX.INPROC))
        pyorpc.post_quit(42)
        assert near.Add(0, 0) == 7
        assert ran == [mine]
        assert pyorpc.pump_messages() == 42
