"""CAL, from outside: routing, causality and order beyond the listed cases."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from tests.conformance.test_apt import code_of
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC_PACKET = pyorpc.MSHCTX.INPROC


def at(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


# ---- causality ----------------------------------------------------------------------------


class Tells(Probe):
    """Echo tells the logical thread, here and, through what it holds, farther on."""

    def Echo(self, text: str) -> str:
        mine = str(pyorpc.get_current_logical_thread_id())
        return mine if self.held is None else f"{mine} {self.held.Echo(text)}"


def serve_tells(test: Parent, coinit: int) -> None:
    with in_apartment(COINIT(coinit)) as runtime:
        test.send(pyorpc.marshal_interface(Tells(), IProbe))
        mine = threading.get_ident()

        def stop() -> None:
            test.receive(60)
            sta = runtime.sta_of(mine)
            if sta is not None:
                sta.post_quit(0)

        stopper = threading.Thread(target=stop)
        stopper.start()
        if coinit & STA:
            pyorpc.pump_messages()
        stopper.join()


@pytest.mark.parametrize("kinds", [(STA, STA, STA), (MTA, MTA, MTA), (STA, MTA, STA)])
def test_one_logical_thread_goes_through_three_processes_and_back(
    spawn: Spawn, kinds: tuple[COINIT, COINIT, COINIT]
) -> None:
    first, second = (spawn(serve_tells, int(kind)) for kind in kinds[:2])
    with in_apartment(kinds[2]):
        near, far = at(first.receive()), at(second.receive())
        mine = Tells()
        far.Hold(mine)  # the far one calls back into this process
        near.Hold(far)  # the near one calls the far one, without this process
        mine_too = str(pyorpc.get_current_logical_thread_id())
        for _ in range(2):
            assert near.Echo("").split() == [mine_too] * 3
        call = pyorpc.create_call(near, AsyncIProbe)
        call.Begin_Echo("")
        assert call.Finish_Echo().split() == [mine_too] * 3
        for each in (near, far):
            each.LetGo()
    for child in (first, second):
        child.send("stop")
        assert child.join() == 0


def test_two_callers_are_two_logical_threads_and_the_callee_is_itself_again_afterwards() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as one,
        ApartmentThread(runtime, MTA) as two,
        ProbeThread(runtime, STA, Tells()) as server,
    ):
        table = one.run(pyorpc.global_interface_table)
        cookie = one.run(lambda: table.RegisterInterfaceInGlobal(at(server.packet), IProbe))
        told = [
            each.run(lambda: table.GetInterfaceFromGlobal(cookie, IProbe).Echo(""))
            for each in (one, two)
        ]
        own = [str(each.run(pyorpc.get_current_logical_thread_id)) for each in (one, two)]
        assert told == own
        between = str(two.run(pyorpc.send_work, server.ident, pyorpc.get_current_logical_thread_id))
        assert len({*told, between}) == 3


@pytest.mark.parametrize("far_kind", [STA, MTA])
@pytest.mark.parametrize("kind", [STA, MTA])
def test_calls_and_callbacks_of_one_chain_nest_twenty_deep(
    spawn: Spawn, far_kind: COINIT, kind: COINIT
) -> None:
    child = spawn(serve_probe, int(far_kind), {})
    with in_apartment(kind) as runtime, ProbeThread(runtime, far_kind) as near:
        for packet in (child.receive(), near.packet):
            other = at(packet)
            mine = Probe()
            assert other.Descend(mine, 20) == 21
            assert other.Add(1, 2) == 3


def test_an_mta_callee_calls_its_sta_caller_back_from_another_thread_in_vain_or_not() -> None:
    """Another thread of the callee is another logical thread: it is held until the reply."""

    class CallsFromAThread(Probe):
        def __init__(self) -> None:
            super().__init__()
            self.done = threading.Event()
            self.thread: threading.Thread | None = None

        def Hold(self, other: IProbe | None) -> None:
            assert other is not None
            stream = pyorpc.marshal_inter_thread_interface(other, IProbe)

            def call() -> None:
                with runtime.enter_apartment(MTA):
                    pyorpc.get_interface_and_release(stream, IProbe).Echo("later")
                    self.done.set()

            self.thread = threading.Thread(target=call)
            self.thread.start()
            assert not self.done.wait(0.2)

    callee = CallsFromAThread()
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA, callee) as far:
        mine = Probe()
        at(far.packet).Hold(mine)
        wait_until(lambda: pyorpc.pump_waiting_messages() >= 0 and callee.done.is_set())
        assert mine.log == ["later"]
        assert callee.thread is not None
        callee.thread.join(DEADLINE_S)


# ---- order --------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [STA, MTA])
@pytest.mark.parametrize("where", ["another apartment", "another process"])
def test_calls_of_one_thread_to_one_sta_run_in_the_order_made(
    spawn: Spawn, caller: COINIT, where: str
) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(caller) as runtime, ProbeThread(runtime, STA) as near:
        remote = child.receive()
        probe = at(remote if where == "another process" else near.packet)
        calls: list[Any] = []
        expected: list[str] = []
        for n in range(60):
            text = f"call {n}"
            expected.append(text)
            if n % 5 == 4:
                assert probe.Echo(text) == text
                continue
            calls.append(pyorpc.create_call(probe, AsyncIProbe))
            calls[-1].Begin_Echo(text)
            if n % 7 == 0:
                calls.pop().Finish_Echo()
        for call in calls:
            call.Finish_Echo()
        if where == "another process":
            child.send("log")
            assert child.receive() == expected
        else:
            assert near.probe.log == expected


def test_posted_items_and_calls_run_in_the_order_they_came() -> None:
    seen: list[str] = []

    class Notes(Probe):
        def Echo(self, text: str) -> str:
            seen.append(text)
            return text

    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as client:
        mine = threading.get_ident()
        packet = pyorpc.marshal_interface(Notes(), IProbe, INPROC_PACKET)
        pointer = client.run(at, packet)

        def queue() -> list[Any]:
            calls: list[Any] = []
            for n in range(10):
                pyorpc.post_work(mine, seen.append, f"posted {n}")
                calls.append(pyorpc.create_call(pointer, AsyncIProbe))
                calls[-1].Begin_Echo(f"called {n}")
            return calls

        calls = client.run(queue)
        assert seen == []
        pyorpc.post_quit(5)
        assert pyorpc.pump_messages() == 5
        assert seen == [f"{how} {n}" for n in range(10) for how in ("posted", "called")]
        for call in calls:
            client.run(call.Finish_Echo)


def test_a_posted_item_calls_out_and_is_called_back() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        other, mine = at(far.packet), Probe()
        seen: list[int] = []
        pyorpc.post_work(threading.get_ident(), lambda: seen.append(other.CallBack(mine)))
        assert pyorpc.pump_waiting_messages() >= 1
        assert seen == [threading.get_ident()]


# ---- an STA in a foreign loop, work from everywhere ----------------------------------------


def test_an_sta_lives_in_a_foreign_loop(spawn: Spawn) -> None:
    child = spawn(call_many_times)
    probe = Probe()
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as client:
        loop = select.poll()
        loop.register(pyorpc.apartment_fileno(), select.POLLIN)
        child.send(pyorpc.marshal_interface(probe, IProbe))
        packet = pyorpc.marshal_interface(probe, IProbe, INPROC_PACKET)
        pointer = client.run(at, packet)
        near = client.begin(lambda: [pointer.Echo("near") for _ in range(200)])
        give_up_at = time.monotonic() + DEADLINE_S
        while len(probe.log) < 600 and time.monotonic() < give_up_at:
            if loop.poll(2000):
                pyorpc.pump_waiting_messages()
        assert len(near.join()) == 200
        assert sorted(set(probe.log)) == ["far", "near"]
        assert len(probe.log) == 600
        begun = time.monotonic()
        assert pyorpc.pump_waiting_messages() == 0
        assert time.monotonic() - begun < 0.5
    assert child.receive() == 400
    assert child.join() == 0


def call_many_times(test: Parent) -> None:
    with in_apartment(MTA):
        probe = at(test.receive())
        calls: list[Any] = []
        for n in range(400):
            if n % 2:
                probe.Echo("far")
            else:
                calls.append(pyorpc.create_call(probe, AsyncIProbe))
                calls[-1].Begin_Echo("far")
        test.send(200 + len([call.Finish_Echo() for call in calls]))


def test_work_is_sent_from_many_threads_and_nested() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
        ApartmentThread(runtime, MTA) as c,
    ):

        def there_and_back(depth: int) -> list[int]:
            mine = threading.get_ident()
            if depth == 0:
                return [mine]
            other = b.ident if mine == a.ident else a.ident
            return [mine, *pyorpc.send_work(other, there_and_back, depth - 1)]

        # Nested: each waits for the other and runs what it sends.
        path = c.run(pyorpc.send_work, a.ident, there_and_back, 6)
        assert path == [a.ident, b.ident] * 3 + [a.ident]
        with pytest.raises(ZeroDivisionError):
            c.run(pyorpc.send_work, a.ident, lambda: 1 // 0)
        results: list[int] = []

        def send_many() -> None:
            with runtime.enter_apartment(MTA):
                results.extend(pyorpc.send_work(a.ident, len, "x" * n) for n in range(50))

        senders = [threading.Thread(target=send_many) for _ in range(6)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(DEADLINE_S)
        assert sorted(results) == sorted(list(range(50)) * 6)
        ended = a.ident
        assert c.run(code_of, pyorpc.send_work, c.ident, len, "") == HRESULT.E_INVALIDARG
    with in_apartment(MTA):
        for function in (pyorpc.post_work, pyorpc.send_work):
            assert code_of(function, ended, print) == HRESULT.E_INVALIDARG
        assert code_of(pyorpc.post_quit, 0, ended) == HRESULT.E_INVALIDARG


def test_work_is_posted_and_sent_from_threads_outside_com(spawn: Spawn) -> None:
    child = spawn(send_from_outside)
    assert child.receive() == [True, 41, "ZeroDivisionError", HRESULT.E_INVALIDARG]
    assert child.join() == 0


def send_from_outside(test: Parent) -> None:
    with pyorpc.enter_apartment(STA):
        sta = threading.get_ident()
        seen: list[Any] = []

        def outside() -> None:
            pyorpc.post_work(sta, seen.append, "posted")
            seen.append(pyorpc.send_work(sta, threading.get_ident) == sta)
            try:
                pyorpc.send_work(sta, lambda: 1 // 0)
            except ZeroDivisionError as error:
                seen.append(type(error).__name__)
            pyorpc.post_quit(41, sta)

        thread = threading.Thread(target=outside)
        thread.start()
        code = pyorpc.pump_messages()
        thread.join()
        assert seen[0] == "posted"
    late = on_a_thread(lambda: code_of(pyorpc.post_work, sta, print))
    test.send([seen[1], code, seen[2], late])


# ---- what a method may raise ---------------------------------------------------------------


RAISED: list[tuple[Callable[[], BaseException], int]] = [
    (lambda: ValueError("x"), HRESULT.RPC_E_SERVERFAULT),
    (lambda: NotImplementedError("x"), HRESULT.E_NOTIMPL),
    (lambda: ComError(HRESULT.E_ACCESSDENIED, "x"), HRESULT.E_ACCESSDENIED),
    (lambda: ComError(0xDEADBEEF, "x"), 0xDEADBEEF),
    (lambda: StopIteration(1), HRESULT.RPC_E_SERVERFAULT),
    (lambda: RecursionError("x"), HRESULT.RPC_E_SERVERFAULT),
    (MemoryError, HRESULT.RPC_E_SERVERFAULT),
    (lambda: ExceptionGroup("x", [ValueError("y")]), HRESULT.RPC_E_SERVERFAULT),
    (GeneratorExit, HRESULT.RPC_E_SERVERFAULT),
    (lambda: SystemExit(3), HRESULT.RPC_E_SERVERFAULT),
    (KeyboardInterrupt, HRESULT.RPC_E_SERVERFAULT),
    (lambda: BaseException("x"), HRESULT.RPC_E_SERVERFAULT),
]


class RaisesAll(Probe):
    def Add(self, a: int, b: int) -> int:
        make, _ = RAISED[a]
        raise make()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", ["MTA", "far MTA"])
def test_whatever_a_method_raises_its_caller_gets_an_answer(where: str) -> None:
    with (
        FarRuntime(MTA, RaisesAll()) as far,
        in_apartment(STA) as runtime,
        ProbeThread(runtime, MTA, RaisesAll()) as near,
    ):
        pointer = at(near.packet) if where == "MTA" else far.pointer()
        for index, (_, code) in enumerate(RAISED):
            assert code_of(pointer.Add, index, 0) == code
        # The pool has lost none of its threads for good.
        assert pointer.Echo("still here") == "still here"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), BaseException("x")])
def test_an_sta_whose_method_or_item_ends_its_loop_has_answered_before(
    error: BaseException,
) -> None:
    def fail() -> None:
        raise error

    class Fails(Probe):
        def Add(self, a: int, b: int) -> int:
            raise error

    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as client:
        mine = threading.get_ident()
        pointer = client.run(at, pyorpc.marshal_interface(Fails(), IProbe, INPROC_PACKET))
        task = client.begin(code_of, pointer.Add, 1, 2)
        with pytest.raises(type(error)):
            pyorpc.pump_messages()
        assert task.join() == HRESULT.RPC_E_SERVERFAULT
        sent = client.begin(code_of, pyorpc.send_work, mine, fail)
        with pytest.raises(type(error)):
            pyorpc.pump_messages()
        assert sent.join() == HRESULT.RPC_E_SERVERFAULT
        # The apartment is as it was.
        pyorpc.post_quit(7)
        assert pyorpc.pump_messages() == 7
