"""FLT: message filters, in one process and between two."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    CALLTYPE,
    COINIT,
    HRESULT,
    PENDINGMSG,
    PENDINGTYPE,
    SERVERCALL,
    ComError,
    Runtime,
)
from tests.support.apartment_thread import ApartmentThread
from tests.support.far_runtime import FarRuntime
from tests.support.filters import ScriptedFilter, register
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import AsyncIProbe, IProbe
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
HANDLED, REJECTED, RETRY_LATER = SERVERCALL.ISHANDLED, SERVERCALL.REJECTED, SERVERCALL.RETRYLATER
GIVE_UP = 0xFFFFFFFF


def failure_of(function: Callable[..., Any], *args: Any) -> ComError:
    with pytest.raises(ComError) as failed:
        function(*args)
    return failed.value


class Pair:
    """A caller's STA (or MTA) and a callee's STA with a probe; between them one process or two."""

    def __init__(self, near: Runtime, far: Runtime, caller: COINIT) -> None:
        self.near = ApartmentThread(near, caller)
        self.far = ApartmentThread(far, STA)
        self.probe = Probe()
        self.pointer = self.pointer_to(self.probe)

    def pointer_to(self, probe: Probe) -> IProbe:
        packet = self.far.run(pyorpc.marshal_interface, probe, IProbe)
        pointer: IProbe = self.near.run(pyorpc.unmarshal_interface, packet, IProbe)
        return pointer

    def call(self, *args: Any) -> Any:
        return self.near.run(self.pointer.Add, *args)

    def filter_far(self, *answers: int) -> ScriptedFilter:
        made = ScriptedFilter(handle=answers)
        self.far.run(register, made)
        return made

    def close(self) -> None:
        self.near.close()
        self.far.close()


@pytest.fixture(params=["one process", "two processes"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    near = Runtime()
    far = near if request.param == "one process" else Runtime()
    made = Pair(near, far, STA)
    yield made
    made.close()
    near.close()
    far.close()


def test_FLT_01_where_a_filter_may_be_registered() -> None:
    one = ScriptedFilter()
    assert failure_of(register, one).hresult == HRESULT.CO_E_NOT_SUPPORTED
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as mta:
        assert failure_of(mta.run, register, one).hresult == HRESULT.CO_E_NOT_SUPPORTED
        with runtime.enter_apartment(STA):
            assert register(None) is None
            assert register(one) is None
            assert register(None) is one


def test_FLT_01_what_is_no_filter_is_refused_and_the_last_one_stays() -> None:
    one = ScriptedFilter()
    with in_apartment(STA):
        register(one)
        nonsense: Any = object()
        assert failure_of(register, nonsense).hresult == HRESULT.E_INVALIDARG
        assert register(None) is one


def test_FLT_02_previous_filter_is_returned() -> None:
    first, second = ScriptedFilter(), ScriptedFilter()
    with in_apartment(STA):
        assert [register(each) for each in (first, second, None)] == [None, first, second]


def test_FLT_02_a_filter_goes_with_its_apartment() -> None:
    with Runtime() as runtime:
        with runtime.enter_apartment(STA):
            register(ScriptedFilter())
        with runtime.enter_apartment(STA):
            assert register(None) is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (REJECTED, HRESULT.RPC_E_CALL_REJECTED),
        (RETRY_LATER, HRESULT.RPC_E_SERVERCALL_RETRYLATER),
    ],
)
def test_FLT_03_refused_without_a_client_filter(
    pair: Pair, answer: SERVERCALL, code: HRESULT
) -> None:
    pair.filter_far(answer)
    error = failure_of(pair.near.run, pair.pointer.Echo, "in vain")
    assert (error.hresult, error.executed) == (code, "no")
    assert "IProbe.Echo" in error.description
    assert pair.probe.log == []


def test_FLT_03_an_mta_caller_gets_the_refusal_as_it_is() -> None:
    with Runtime() as runtime:
        pair = Pair(runtime, runtime, MTA)
        pair.filter_far(REJECTED)
        assert failure_of(pair.call, 1, 2).hresult == HRESULT.RPC_E_CALL_REJECTED
        pair.close()


def test_FLT_05_retry_rejected_call_drives_retries(pair: Pair) -> None:
    theirs = pair.filter_far(REJECTED, RETRY_LATER, HANDLED)
    ours = ScriptedFilter(retry=(0,))
    pair.near.run(register, ours)
    assert pair.near.run(pair.pointer.Echo, "once") == "once"
    assert pair.probe.log == ["once"]
    assert len(theirs.asked["handle"]) == 3
    retries = [asked.args for asked in ours.asked["retry"]]
    assert [kind for _, _, kind in retries] == [REJECTED, RETRY_LATER]
    assert {callee for callee, _, _ in retries} == {pair.far.ident}
    assert 0 <= retries[0][1] <= retries[1][1]
    assert {asked.thread_id for asked in ours.asked["retry"]} == {pair.near.ident}


def test_FLT_05_pointers_in_the_arguments_survive_the_retries(pair: Pair) -> None:
    pair.filter_far(RETRY_LATER, RETRY_LATER, HANDLED)
    pair.near.run(register, ScriptedFilter(retry=(0,)))
    mine = Probe()
    assert pair.near.run(pair.pointer.CallBack, mine) == pair.near.ident


def test_FLT_06_retry_delay(pair: Pair) -> None:
    theirs = pair.filter_far(RETRY_LATER, RETRY_LATER, HANDLED)
    ours = ScriptedFilter(retry=(300, 50))
    pair.near.run(register, ours)
    arrived: list[float] = []
    answer = theirs.HandleInComingCall

    def stamp(*args: Any) -> int:
        arrived.append(time.monotonic())
        return answer(*args)

    setattr(theirs, "HandleInComingCall", stamp)  # noqa: B010  # on the object, not its class
    assert pair.call(1, 2) == 3
    assert arrived[1] - arrived[0] >= 0.3
    assert arrived[2] - arrived[1] < 0.15


def test_FLT_06_the_sta_serves_calls_while_it_waits_to_retry(pair: Pair) -> None:
    pair.filter_far(RETRY_LATER, HANDLED)
    is_pausing = threading.Event()

    class Pauses(ScriptedFilter):
        def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
            is_pausing.set()
            return int(DEADLINE_S * 1000)

    ours = Pauses(pending=(PENDINGMSG.CANCELCALL,))
    pair.near.run(register, ours)
    packet = pair.near.run(pyorpc.marshal_interface, Probe(), IProbe)
    call = pair.near.begin(pair.pointer.Echo, "never")
    assert is_pausing.wait(DEADLINE_S)
    to_near = pair.far.run(pyorpc.unmarshal_interface, packet, IProbe)
    assert pair.far.run(to_near.Add, 20, 3) == 23
    assert ours.call_types() == [CALLTYPE.TOPLEVEL_CALLPENDING]
    pair.near.begin(int)  # a posted item: the filter ends the pause, and so the call
    error = failure_of(call.join)
    assert error.hresult == HRESULT.RPC_E_CALL_CANCELED
    assert pair.probe.log == []


@pytest.mark.parametrize("answer", [REJECTED, RETRY_LATER])
@pytest.mark.parametrize("give_up", [-1, GIVE_UP])
def test_FLT_07_a_client_filter_that_gives_up_gets_call_rejected(
    pair: Pair, answer: SERVERCALL, give_up: int
) -> None:
    pair.filter_far(answer)
    ours = ScriptedFilter(retry=(0, give_up))
    pair.near.run(register, ours)
    error = failure_of(pair.call, 1, 2)
    assert (error.hresult, error.executed) == (HRESULT.RPC_E_CALL_REJECTED, "no")
    assert len(ours.asked["retry"]) == 2


class BlocksUntilTold(Probe):
    """Waits in Sleep, and says that it does."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(seconds)


@pytest.mark.parametrize("answer", [PENDINGMSG.WAITNOPROCESS, PENDINGMSG.WAITDEFPROCESS])
def test_FLT_08_a_posted_item_is_shown_once_and_waits(pair: Pair, answer: PENDINGMSG) -> None:
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)
    ours = ScriptedFilter(pending=(answer,))
    pair.near.run(register, ours)
    call = pair.near.begin(pointer.Sleep, DEADLINE_S)
    assert probe.started.wait(DEADLINE_S)
    order: list[str] = []
    posted = [pair.near.begin(order.append, name) for name in ("first", "second")]
    while len(ours.asked["pending"]) < 2:
        assert order == []
        time.sleep(0)
    probe.may_go_on.set()
    call.join()
    for task in posted:
        task.join()
    assert order == ["first", "second"]
    assert [asked.args[2] for asked in ours.asked["pending"]] == [PENDINGTYPE.TOPLEVEL] * 2
    assert {asked.thread_id for asked in ours.asked["pending"]} == {pair.near.ident}


def test_FLT_08_cancelcall_ends_the_call_and_its_late_answer_is_dropped(pair: Pair) -> None:
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)
    pair.near.run(register, ScriptedFilter(pending=(PENDINGMSG.CANCELCALL,)))
    call = pair.near.begin(pointer.Sleep, DEADLINE_S)
    assert probe.started.wait(DEADLINE_S)
    pair.near.begin(int)
    assert failure_of(call.join).hresult == HRESULT.RPC_E_CALL_CANCELED
    probe.may_go_on.set()
    assert pair.near.run(pointer.Add, 1, 2) == 3


def test_FLT_08_a_call_made_inside_an_incoming_one_is_pending_nested(pair: Pair) -> None:
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)

    class Relay(Probe):
        def Sleep(self, seconds: float) -> None:
            pointer.Sleep(seconds)

    packet = pair.near.run(pyorpc.marshal_interface, Relay(), IProbe)
    ours = ScriptedFilter()
    pair.near.run(register, ours)
    with FarRuntime() as third:
        relay = third.thread.run(pyorpc.unmarshal_interface, packet, IProbe)
        call = third.thread.begin(relay.Sleep, DEADLINE_S)
        assert probe.started.wait(DEADLINE_S)
        posted = pair.near.begin(int)
        while not ours.asked["pending"]:
            time.sleep(0)
        probe.may_go_on.set()
        call.join()
        posted.join()
        third.thread.run(pyorpc.release, relay)
    assert ours.asked["pending"][0].args[2] == PENDINGTYPE.NESTED


def test_FLT_09_handle_incoming_call_information(pair: Pair) -> None:
    theirs = pair.filter_far(HANDLED)
    assert pair.call(1, 2) == 3
    (asked,) = theirs.asked["handle"]
    call_type, caller, ticks, info = asked.args
    assert (call_type, caller, ticks) == (CALLTYPE.TOPLEVEL, pair.near.ident, 0)
    assert info.pUnk is pair.probe
    assert (info.iid, info.wMethod) == (IProbe.IID, 3)
    assert asked.thread_id == pair.far.ident


def test_FLT_10_what_reaches_an_sta_that_waits(pair: Pair) -> None:
    """A callback is NESTED, an unrelated call TOPLEVEL_CALLPENDING, with the time of the wait."""
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)
    mine = Probe()
    ours = ScriptedFilter()
    pair.near.run(register, ours)
    assert pair.near.run(pair.pointer.CallBack, mine) == pair.near.ident
    packet = pair.near.run(pyorpc.marshal_interface, mine, IProbe)
    call = pair.near.begin(pointer.Sleep, DEADLINE_S)
    assert probe.started.wait(DEADLINE_S)
    with FarRuntime() as third:
        stranger = third.thread.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert third.thread.run(stranger.Add, 1, 2) == 3
        probe.may_go_on.set()
        call.join()
        third.thread.run(pyorpc.release, stranger)
    assert ours.call_types() == [CALLTYPE.NESTED, CALLTYPE.TOPLEVEL_CALLPENDING]
    assert ours.asked["handle"][1].args[2] >= 0


def test_FLT_10_an_unrelated_call_may_be_refused_while_the_sta_waits(pair: Pair) -> None:
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)
    mine = Probe()
    pair.near.run(register, ScriptedFilter(handle=(RETRY_LATER,)))
    packet = pair.near.run(pyorpc.marshal_interface, mine, IProbe)
    call = pair.near.begin(pointer.Sleep, DEADLINE_S)
    assert probe.started.wait(DEADLINE_S)
    with FarRuntime() as third:
        stranger = third.thread.run(pyorpc.unmarshal_interface, packet, IProbe)
        error = failure_of(third.thread.run, stranger.Echo, "no")
        assert error.hresult == HRESULT.RPC_E_SERVERCALL_RETRYLATER
        probe.may_go_on.set()
        call.join()
        third.thread.run(pyorpc.release, stranger)
    assert mine.log == []


def test_FLT_11_asynchronous_calls_bypass_rejection(pair: Pair) -> None:
    theirs = pair.filter_far(REJECTED)

    def begin_and_finish() -> int:
        call = pyorpc.create_call(pair.pointer, AsyncIProbe)
        call.Begin_Add(1, 2)
        return call.Finish_Add()

    assert pair.near.run(begin_and_finish) == 3
    assert theirs.call_types() == [CALLTYPE.ASYNC]


def test_FLT_11_an_asynchronous_call_to_an_sta_that_waits(pair: Pair) -> None:
    probe = BlocksUntilTold()
    pointer = pair.pointer_to(probe)
    mine = Probe()
    ours = ScriptedFilter(handle=(REJECTED,))
    pair.near.run(register, ours)
    packet = pair.near.run(pyorpc.marshal_interface, mine, IProbe)
    call = pair.near.begin(pointer.Sleep, DEADLINE_S)
    assert probe.started.wait(DEADLINE_S)
    with FarRuntime() as third:

        def begin_and_finish() -> str:
            stranger = pyorpc.unmarshal_interface(packet, IProbe)
            begun = pyorpc.create_call(stranger, AsyncIProbe)
            begun.Begin_Echo("served")
            return begun.Finish_Echo()

        assert third.thread.run(begin_and_finish) == "served"
        probe.may_go_on.set()
        call.join()
    assert ours.call_types() == [CALLTYPE.ASYNC_CALLPENDING]


def test_FLT_11_input_synchronous_items_bypass_the_filter() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        runtime.enter_apartment(MTA),
    ):
        theirs = ScriptedFilter(handle=(REJECTED,))
        sta.run(register, theirs)
        assert pyorpc.send_work(sta.ident, threading.get_ident) == sta.ident
        assert theirs.asked["handle"] == []


def test_FLT_a_filter_that_fails_is_no_filter(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ScriptedFilter):
        def HandleInComingCall(
            self, call_type: int, caller: int, tick_count: int, info: Any
        ) -> int:
            raise ValueError("oops")

        def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
            raise ValueError("oops")

    pair.far.run(register, Broken())
    assert pair.call(1, 2) == 3
    pair.filter_far(RETRY_LATER)
    pair.near.run(register, Broken())
    assert failure_of(pair.call, 1, 2).hresult == HRESULT.RPC_E_CALL_REJECTED
    assert "oops" in caplog.text
