"""CAL: call routing, thread identity, serialisation, causality."""

from __future__ import annotations

import inspect
import threading
import time
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

import pyorpc
from pyorpc import APTTYPE, COINIT, Runtime, ThreadingModel, coclass
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import Probe, ProbeThread, at, in_apartment, serve_probe
from tests.support.probe_classes import ProbeNeutral
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
CLIENTS, CALLS = (3, 3, 2), 50


class Interval(NamedTuple):
    """When a call was inside, and on which thread."""

    thread_id: int
    entered: float
    left: float


class Recording(Probe):
    """Writes down every Add."""

    def __init__(self) -> None:
        super().__init__()
        self.intervals: list[Interval] = []

    def Add(self, a: int, b: int) -> int:
        entered = time.monotonic()
        time.sleep(0)  # others may try to get in
        self.intervals.append(Interval(threading.get_ident(), entered, time.monotonic()))
        return a + b


def call_from_threads(test: Parent, packets: list[bytes], calls: int) -> None:
    """In a child process: a thread for each packet, all at once."""
    results: list[int] = []
    with Runtime() as runtime:

        def call(packet: bytes, coinit: COINIT) -> None:
            with runtime.enter_apartment(coinit):
                probe = pyorpc.unmarshal_interface(packet, IProbe)
                results.extend(probe.Add(i, i) for i in range(calls))

        threads = [
            threading.Thread(target=call, args=(packet, (STA, MTA)[n % 2]))
            for n, packet in enumerate(packets)
        ]
        test.send("ready")
        test.receive()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    test.send(sorted(results))


def test_CAL_01_sta_calls_run_on_the_sta_thread_one_at_a_time(spawn: Spawn) -> None:
    recording = Recording()
    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta:
        packets = [
            [sta.run(pyorpc.marshal_interface, recording, IProbe) for _ in range(threads)]
            for threads in CLIENTS
        ]
        children = [spawn(call_from_threads, some, CALLS) for some in packets]
        for child in children:
            assert child.receive() == "ready"
        for child in children:
            child.send("go")
        for child, threads in zip(children, CLIENTS, strict=True):
            assert child.receive() == sorted([2 * i for i in range(CALLS)] * threads)
            assert child.join() == 0
    intervals = sorted(recording.intervals, key=lambda interval: interval.entered)
    assert len(intervals) == sum(CLIENTS) * CALLS == 400
    assert {interval.thread_id for interval in intervals} == {sta.ident}
    for earlier, later in pairwise(intervals):
        assert earlier.left <= later.entered


def begin_twenty(test: Parent, packet: bytes) -> None:
    """In a child process: queue twenty calls, then collect their results."""
    with in_apartment(MTA):
        probe = pyorpc.unmarshal_interface(packet, IProbe)
        calls = [pyorpc.create_call(probe, AsyncIProbe) for _ in range(20)]
        for n, call in enumerate(calls):
            call.Begin_Echo(f"call {n}")
        test.send("queued")
        test.send([call.Finish_Echo() for call in calls])


def test_CAL_02_arrival_order_is_kept(spawn: Spawn) -> None:
    probe = Probe()
    with in_apartment(STA):
        child = spawn(begin_twenty, pyorpc.marshal_interface(probe, IProbe))
        assert child.receive() == "queued"
        time.sleep(0.3)  # a local loop that does not pump
        assert probe.log == []
        wait_until(lambda: pyorpc.pump_waiting_messages() >= 0 and len(probe.log) == 20)
        expected = [f"call {n}" for n in range(20)]
        assert probe.log == expected
        assert child.receive() == expected
        assert child.join() == 0


def test_CAL_02_in_one_process() -> None:
    probe = Probe()
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as client:
        packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        calls = [client.run(pyorpc.create_call, pointer, AsyncIProbe) for _ in range(20)]
        for n, call in enumerate(calls):
            client.run(call.Begin_Echo, f"call {n}")
        assert probe.log == []
        wait_until(lambda: pyorpc.pump_waiting_messages() >= 0 and len(probe.log) == 20)
        assert probe.log == [f"call {n}" for n in range(20)]
        assert [client.run(call.Finish_Echo) for call in calls] == probe.log


class CalledBack(Probe):
    """Notes whether the outer call is still open while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.is_outer_open = False
        self.seen: list[tuple[int, bool]] = []

    def ThreadId(self) -> int:
        self.seen.append((threading.get_ident(), self.is_outer_open))
        return threading.get_ident()


def _call_and_be_called_back(server: IProbe) -> None:
    mine = CalledBack()
    mine.is_outer_open = True
    came_on = server.CallBack(mine)
    mine.is_outer_open = False
    assert came_on == threading.get_ident()
    assert mine.seen == [(threading.get_ident(), True)]


@pytest.mark.parametrize("callee", [STA, MTA])
def test_CAL_04_callback_reenters_a_waiting_sta(spawn: Spawn, callee: COINIT) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(STA) as runtime, ProbeThread(runtime, callee) as far:
        _call_and_be_called_back(pyorpc.unmarshal_interface(child.receive(), IProbe))
        _call_and_be_called_back(pyorpc.unmarshal_interface(far.packet, IProbe))


class TakesNotes(Probe):
    """Notes when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.ran_at: list[float] = []

    def Echo(self, text: str) -> str:
        self.ran_at.append(time.monotonic())
        return text


def test_CAL_05_unrelated_call_to_an_sta_that_waits_for_a_reply(spawn: Spawn) -> None:
    slow = spawn(serve_probe, int(MTA), {})
    notes = TakesNotes()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as t,
        ApartmentThread(runtime, MTA) as client,
    ):
        far = t.run(pyorpc.unmarshal_interface, slow.receive(), IProbe)
        packet = t.run(pyorpc.marshal_interface, notes, IProbe, pyorpc.MSHCTX.INPROC)
        pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)

        def call_out() -> tuple[float, float]:
            begun = time.monotonic()
            far.Sleep(1)
            return begun, time.monotonic()

        outgoing = t.begin(call_out)

        def has_started() -> bool:
            slow.send("started")
            return bool(slow.receive())

        wait_until(has_started, "the outgoing call")
        assert client.begin(pointer.Echo, "unrelated").join() == "unrelated"
        begun, returned = outgoing.join()
        assert returned - begun >= 1
        assert notes.ran_at[0] >= returned
        assert notes.ran_at[0] - returned < 0.5


class MeetsAnother(Probe):
    """Returns its thread once two calls are inside."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier = threading.Barrier(2)

    def ThreadId(self) -> int:
        self.barrier.wait(DEADLINE_S)
        return threading.get_ident()


def serve_a_barrier(test: Parent) -> None:
    with in_apartment(MTA):
        probe = MeetsAnother()
        test.send([pyorpc.marshal_interface(probe, IProbe) for _ in range(2)])
        test.send(threading.get_ident())
        test.receive(300)


def test_CAL_07_mta_calls_are_concurrent_and_not_on_the_callers_thread(spawn: Spawn) -> None:
    child = spawn(serve_a_barrier)
    packets = child.receive()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        near = MeetsAnother()
        with ProbeThread(runtime, MTA, near) as far:
            both = [
                client.begin(_thread_of, packet)
                for client, packet in zip((a, b), packets, strict=True)
            ]
            remote = {task.join() for task in both}
            assert len(remote) == 2
            assert child.receive() not in remote
            table = pyorpc.global_interface_table
            cookie = a.run(lambda: table().RegisterInterfaceInGlobal(at(far.packet), IProbe))
            local = [
                each.begin(lambda: table().GetInterfaceFromGlobal(cookie, IProbe).ThreadId())
                for each in (a, b)
            ]
            threads = {task.join() for task in local}
            assert len(threads) == 2
            assert not threads & {a.ident, b.ident, far.ident}
            a.run(lambda: table().RevokeInterfaceFromGlobal(cookie))


def _thread_of(packet: bytes) -> int:
    return at(packet).ThreadId()


def place() -> tuple[int, APTTYPE, int]:
    return threading.get_ident(), pyorpc.get_apartment_type()[0], pyorpc.get_context_token()


def call_neutral() -> bool:
    neutral = pyorpc.create_instance(ProbeNeutral, IProbe)
    before = place()
    token, kind = neutral.Place()
    assert (neutral.ThreadId(), kind) == (threading.get_ident(), APTTYPE.NA)
    assert token != before[2]
    assert place() == before
    return True


def serve_neutral(test: Parent) -> None:
    with in_apartment(MTA):
        neutral = pyorpc.create_instance(ProbeNeutral, IProbe)
        test.send(pyorpc.marshal_interface(neutral, IProbe))
        test.send([threading.get_ident(), threading.main_thread().ident])
        test.receive(300)


def test_CAL_10_neutral_calls_stay_on_the_callers_thread(spawn: Spawn) -> None:
    child = spawn(serve_neutral)
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        assert sta.run(call_neutral)
        assert mta.run(call_neutral)
        far = sta.run(pyorpc.unmarshal_interface, child.receive(), IProbe)
        assert sta.run(far.ThreadId) not in child.receive()
        assert sta.run(far.Place)[1] == APTTYPE.NA


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1401", threading_model=ThreadingModel.NEUTRAL)
class NeutralCaller(Probe):
    """Calls back, and says whether it was in the NTA before and after."""

    def Many(self, n: int, others: Any) -> int:
        before = place()
        others[0].Echo("from the NTA")
        assert before[1] == APTTYPE.NA
        assert place() == before
        return n


class Caller(Probe):
    """Notes where its method runs and through what it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[int, APTTYPE, int]] = []
        self.went_through: set[str] = set()

    def Echo(self, text: str) -> str:
        self.places.append(place())
        self.went_through |= {frame.function for frame in inspect.stack()}
        return text


def test_CAL_11_neutral_object_calling_back_its_callers_sta_object() -> None:
    with in_apartment(STA):
        a = Caller()
        neutral = pyorpc.create_instance(NeutralCaller, IProbe)
        here = place()
        assert neutral.Many(1, [a]) == 1
        assert a.places == [here]
        # The callee's frames stand on the caller's own, with no message loop between them.
        assert "Many" in a.went_through
        assert not a.went_through & {"wait_for", "await_done", "pump"}
        assert place() == here
