"""WRG, from outside: everything that a pointer can be used for in the wrong place."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, Runtime
from pyorpc.interfaces.call_idl import ICallFactory
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child
from tests.support.failures import failure_of
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import AsyncIProbe, INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
WRONG = HRESULT.RPC_E_WRONG_THREAD


def uses_of(proxy: IProbe, call: Any) -> list[Callable[[], object]]:
    return [
        lambda: proxy.Add(1, 2),
        lambda: proxy.QueryInterface(IProbe),
        lambda: proxy.QueryInterface(IProbeMore),
        lambda: proxy.QueryInterface(INobody),
        lambda: proxy.QueryInterface(pyorpc.IUnknown),
        lambda: proxy.QueryInterface(ICallFactory),
        lambda: pyorpc.create_call(proxy, AsyncIProbe),
        lambda: call.Begin_Add(1, 2),
        lambda: pyorpc.marshal_interface(proxy, IProbe),
        lambda: pyorpc.marshal_inter_thread_interface(proxy, IProbe),
        lambda: pyorpc.global_interface_table().RegisterInterfaceInGlobal(proxy, IProbe),
        lambda: pyorpc.agile_reference(proxy, IProbe),
    ]


@pytest.mark.parametrize("own", [STA, MTA])
@pytest.mark.parametrize("other", [STA, MTA, None])
def test_a_proxy_is_of_use_in_its_own_apartment_only(
    spawn: Spawn, own: COINIT, other: COINIT | None
) -> None:
    child = spawn(serve_probe, int(STA), {})
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, own) as home,
        ProbeThread(runtime, STA) as near,
    ):
        far = home.run(pyorpc.unmarshal_interface, child.receive(), IProbe)
        proxies = [far, home.run(pyorpc.unmarshal_interface, near.packet, IProbe)]
        begun = [home.run(pyorpc.create_call, proxy, AsyncIProbe) for proxy in proxies]
        before = home.run(pyorpc.statistics).requests_sent

        def use_all() -> list[list[HRESULT]]:
            return [
                [failure_of(use) for use in uses_of(proxy, call)]
                for proxy, call in zip(proxies, begun, strict=True)
            ]

        def use_elsewhere() -> list[list[HRESULT]]:
            with runtime.enter_apartment(other or MTA):
                return use_all()

        if other == own == MTA:
            return
        if other is None:
            codes = on_a_thread(use_all)
            at_call, rest = HRESULT.CO_E_NOTINITIALIZED, {WRONG, HRESULT.CO_E_NOTINITIALIZED}
        else:
            codes = on_a_thread(use_elsewhere)
            at_call, rest = WRONG, {WRONG}
        for own_call, query, *others in codes:
            assert (own_call, query) == (at_call, WRONG)
            assert set(others) <= rest
        assert home.run(pyorpc.statistics).requests_sent == before
        # Nothing was harmed.
        for proxy, call in zip(proxies, begun, strict=True):
            home.run(call.Begin_Add, 20, 3)
            assert home.run(call.Finish_Add) == 23
            assert home.run(proxy.Add, 1, 2) == 3


@pytest.mark.parametrize("own", [STA, MTA])
def test_WRG_02_a_proxy_used_outside_com(own: COINIT) -> None:
    """A call needs an apartment; a pointer is asked for where it belongs, or nowhere."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, own) as home,
        ProbeThread(runtime, STA) as near,
    ):
        proxy = home.run(pyorpc.unmarshal_interface, near.packet, IProbe)
        call = home.run(pyorpc.create_call, proxy, AsyncIProbe)
        home.run(call.Begin_Add, 1, 2)

        def use() -> list[HRESULT]:
            return [failure_of(each) for each in (lambda: proxy.Add(1, 2), call.Finish_Add)]

        assert on_a_thread(use) == [HRESULT.CO_E_NOTINITIALIZED] * 2
        for iface in (pyorpc.IMultiQI, INobody, IProbeMore):
            assert on_a_thread(lambda: failure_of(proxy.QueryInterface, iface)) == WRONG  # noqa: B023
        assert home.run(call.Finish_Add) == home.run(proxy.Add, 1, 2) == 3


@pytest.mark.parametrize("where", ["another apartment", "another process"])
def test_a_begun_call_is_finished_in_its_own_apartment(spawn: Spawn, where: str) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, MTA) as other,
        ProbeThread(runtime, MTA) as near,
    ):
        packet = child.receive() if where == "another process" else near.packet
        proxy = home.run(pyorpc.unmarshal_interface, packet, IProbe)
        call = home.run(pyorpc.create_call, proxy, AsyncIProbe)
        home.run(call.Begin_Add, 1, 2)
        assert other.run(failure_of, call.Finish_Add) == WRONG
        assert home.run(call.Finish_Add) == 3


def test_a_proxy_of_another_apartment_cannot_be_passed_as_an_argument() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
        ProbeThread(runtime, STA) as near,
        ProbeThread(runtime, STA) as second,
    ):
        of_a = a.run(pyorpc.unmarshal_interface, near.packet, IProbe)
        of_b = b.run(pyorpc.unmarshal_interface, second.packet, IProbe)
        assert b.run(failure_of, of_b.CallBack, of_a) == WRONG
        assert b.run(failure_of, of_b.Many, 1, [of_a]) == WRONG
        assert b.run(of_b.Add, 1, 2) == a.run(of_a.Add, 1, 2) == 3


def test_a_servant_that_returns_a_proxy_of_another_apartment_fails_the_call() -> None:
    class Smuggles(Probe):
        smuggled: IProbe | None = None

        def Make(self) -> IProbe | None:
            return self.smuggled

        def Add(self, a: int, b: int) -> int:
            assert self.smuggled is not None
            return self.smuggled.Add(a, b)

    servant = Smuggles()
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as other,
        ApartmentThread(runtime, STA) as client,
        ProbeThread(runtime, STA, servant) as server,
        ProbeThread(runtime, STA) as near,
    ):
        servant.smuggled = other.run(pyorpc.unmarshal_interface, near.packet, IProbe)
        pointer = client.run(pyorpc.unmarshal_interface, server.packet, IProbe)
        assert client.run(failure_of, pointer.Make) == WRONG
        assert client.run(failure_of, pointer.Add, 1, 2) == WRONG
        servant.smuggled = None
        assert client.run(pointer.Make) is None


def test_another_context_of_the_same_apartment_is_the_wrong_place_too() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        context = pyorpc.create_context()
        proxy = pyorpc.unmarshal_interface(far.packet, IProbe)
        call = pyorpc.create_call(proxy, AsyncIProbe)
        for use in uses_of(proxy, call):
            assert context.run(failure_of, use) == WRONG
        # Marshaled, it is of use there, and a pointer of its own.
        stream = pyorpc.marshal_inter_thread_interface(proxy, IProbe)
        inside = context.run(pyorpc.get_interface_and_release, stream, IProbe)
        assert context.run(inside.Add, 1, 2) == 3
        assert inside is not proxy
        assert inside == proxy
        assert failure_of(inside.Add, 1, 2) == WRONG
        # It may be released from here.
        assert pyorpc.release(inside) == 0
        assert proxy.Add(1, 2) == 3


def test_identity_may_be_asked_for_anywhere() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        proxy = pyorpc.unmarshal_interface(far.packet, IProbe)
        same: Any = proxy.QueryInterface(IProbeMore)
        answers = on_a_thread(
            lambda: (proxy == same, hash(proxy) == hash(same), pyorpc.is_same_object(proxy, same))
        )
        assert answers == (True, True, True)
        assert on_a_thread(lambda: repr(proxy)) == repr(proxy)


def _alive_in(child: Child) -> int:
    child.send("alive")
    return int(child.receive())


@pytest.mark.parametrize("place", ["STA", "MTA", "outside COM", "another context"])
def test_a_proxy_is_released_from_anywhere(spawn: Spawn, place: str) -> None:
    child = spawn(serve_probe, int(STA), {})
    with Runtime() as runtime, ApartmentThread(runtime, STA) as home:
        near = ProbeThread(runtime, MTA)
        with near:
            makers = [
                home.run(pyorpc.unmarshal_interface, packet, IProbe)
                for packet in (child.receive(), near.packet)
            ]
            here = alive()
            made = [home.run(maker.Make) for maker in makers]
            made += [home.run(maker.Make) for maker in makers]
            assert (_alive_in(child), len(ALIVE)) == (3, here + 2)

            def let_go(kept: list[Any]) -> list[int]:
                codes = [pyorpc.release(kept.pop(0)) for _ in range(2)]
                kept.clear()
                gc.collect()
                return codes

            def in_another_apartment() -> list[int]:
                with runtime.enter_apartment(STA if place == "STA" else MTA):
                    return let_go(made)

            if place == "outside COM":
                codes = on_a_thread(lambda: let_go(made))
            elif place == "another context":
                codes = home.run(lambda: pyorpc.create_context().run(let_go, made))
            else:
                codes = on_a_thread(in_another_apartment)
            assert codes == [0, 0]
            wait_until(lambda: _alive_in(child) == 1, "the far objects", 2)
            wait_until(lambda: len(ALIVE) == here, "the near objects", 2)


def test_collecting_a_proxy_takes_no_lock_and_makes_no_call() -> None:
    """The last reference goes while the collecting thread is inside every lock there is."""
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        here = alive()
        maker = pyorpc.unmarshal_interface(far.packet, IProbe)
        made = [maker.Make()]
        state_locks = [runtime.exporter._lock, runtime.interface_table._lock]
        for lock in state_locks:
            lock.acquire()
        try:
            thread = threading.Thread(target=made.clear)
            thread.start()
            thread.join(2)
            assert not thread.is_alive()
        finally:
            for lock in state_locks:
                lock.release()
        wait_until(lambda: len(ALIVE) == here, "the object is let go of", 2)


def test_releasing_what_was_released_does_nothing() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        proxy = pyorpc.unmarshal_interface(far.packet, IProbe)
        assert pyorpc.release(proxy) == 0
        assert pyorpc.release(proxy) == 0
        assert failure_of(proxy.Add, 1, 2) == HRESULT.CO_E_OBJNOTCONNECTED
        assert on_a_thread(lambda: failure_of(proxy.Add, 1, 2)) == HRESULT.CO_E_OBJNOTCONNECTED


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_the_end_of_the_objects_apartment_is_told_as_disconnected(coinit: COINIT) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as client:
        with ApartmentThread(runtime, coinit) as server:
            packet = server.run(pyorpc.marshal_interface, Probe(), IProbe, pyorpc.MSHCTX.INPROC)
            pointer = client.run(pyorpc.unmarshal_interface, packet, IProbe)
            assert client.run(pointer.Add, 1, 2) == 3
        gone = HRESULT.RPC_E_DISCONNECTED
        assert client.run(failure_of, pointer.Add, 1, 2) == gone
        assert client.run(failure_of, pointer.QueryInterface, IProbeMore) == gone
        assert client.run(failure_of, pyorpc.marshal_interface, pointer, IProbe) == gone
        # What needs no object still is right.
        assert client.run(pointer.QueryInterface, IProbe) == pointer
        assert client.run(pyorpc.release, pointer) == 1
        assert client.run(pyorpc.release, pointer) == 0
