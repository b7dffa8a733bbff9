"""Calls begun and finished. Retells the Windows 2000 column, "Non-blocking Invocation"."""

from __future__ import annotations

import threading
from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.interfaces.call_idl import ICallFactory
from tests.conftest import Spawn
from tests.support.child import Child
from tests.support.probe import Probe, ProbeThread, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, INobody, IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
EVERY_PAIR = list(product((STA, MTA), repeat=2))


def probe_in(child: Child) -> IProbe:
    return pyorpc.unmarshal_interface(child.receive(), IProbe)


@pytest.mark.parametrize(("caller", "callee"), EVERY_PAIR)
def test_a_call_is_begun_and_finished_ten_times_on_one_call_object(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        call = pyorpc.create_call(probe_in(child), AsyncIProbe)
        for number in range(10):
            call.Begin_Add(number, 1)
            assert call.Finish_Add() == number + 1


@pytest.mark.parametrize(("caller", "callee"), EVERY_PAIR)
def test_a_hundred_calls_are_in_flight_at_once_and_each_gets_its_own_answer(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        probe = probe_in(child)
        calls = [pyorpc.create_call(probe, AsyncIProbe) for _ in range(100)]
        for number, call in enumerate(calls):
            call.Begin_Add(number, number)
        sums = [call.Finish_Add() for call in reversed(calls)]
        assert sums == [2 * number for number in reversed(range(100))]


@pytest.mark.parametrize(("caller", "callee"), EVERY_PAIR)
def test_finish_waits_for_the_reply_and_serves_callbacks_meanwhile(
    spawn: Spawn, caller: COINIT, callee: COINIT
) -> None:
    child = spawn(serve_probe, int(callee), {})
    with in_apartment(caller):
        call = pyorpc.create_call(probe_in(child), AsyncIProbe)
        call.Begin_CallBack(Probe())
        came_on = call.Finish_CallBack()
        assert (came_on == threading.get_ident()) == (caller == STA)


@pytest.mark.parametrize("callee", [STA, MTA])
def test_calls_inside_the_process_can_be_begun_too(callee: COINIT) -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, callee) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = probe.QueryInterface(ICallFactory).CreateCall(AsyncIProbe, None)
        assert call is not None
        call.Begin_Add(1, 2)
        assert call.Finish_Add() == 3


def test_errors_of_the_call_come_out_of_finish(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(STA):
        call = pyorpc.create_call(probe_in(child), AsyncIProbe)
        with pytest.raises(ComError) as unsent:
            call.Begin_Add(2**40, 1)
        assert unsent.value.hresult == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA
        with pytest.raises(ComError) as nothing:
            call.Finish_Add()
        assert nothing.value.hresult == HRESULT.RPC_E_CALL_COMPLETE
        call.Begin_Fail(HRESULT.E_ACCESSDENIED - 2**32, "no")
        with pytest.raises(ComError) as busy:
            call.Begin_Add(1, 2)
        assert busy.value.hresult == HRESULT.RPC_S_CALLPENDING
        with pytest.raises(ComError):
            call.Finish_Add()  # another method: the call that was begun is not consumed
        with pytest.raises(pyorpc.AccessDeniedError) as denied:
            call.Finish_Fail()
        assert denied.value.executed == "yes"
        call.Begin_Sleep(20)
        child.kill9()
        with pytest.raises(pyorpc.DisconnectedError) as died:
            call.Finish_Sleep()
        assert died.value.hresult == HRESULT.RPC_S_CALL_FAILED


def test_an_abandoned_call_runs_all_the_same_and_leaves_nothing(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with in_apartment(MTA):
        probe = probe_in(child)
        call = pyorpc.create_call(probe, AsyncIProbe)
        call.Begin_Echo("abandoned")
        del call, probe

        def ran() -> bool:
            child.send("log")
            return bool(child.receive() == ["abandoned"])

        wait_until(ran, "the abandoned call runs")
        wait_until(lambda: pyorpc.statistics().calls_outgoing == 0, "nothing is left of it")
        wait_until(lambda: _alive(child) == 1, "its reference is released")  # the child's own


def _alive(child: Child) -> int:
    child.send("alive")
    return int(child.receive())


def test_only_async_interfaces_of_the_proxy_make_call_objects() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        probe = pyorpc.unmarshal_interface(far.packet, IProbe)
        factory = probe.QueryInterface(ICallFactory)
        for iface in (IProbe, INobody):
            with pytest.raises(ComError) as refused:
                factory.CreateCall(iface, None)
            assert refused.value.hresult == HRESULT.E_NOINTERFACE
        with pytest.raises(ComError) as raw:
            Probe().QueryInterface(ICallFactory)
        assert raw.value.hresult == HRESULT.E_NOINTERFACE
