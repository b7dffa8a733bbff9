"""CTX, from outside: what CoDisconnectContext promises beyond the listed cases."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    CLSCTX,
    COINIT,
    HRESULT,
    IClassFactory,
    IContextCallback,
    Runtime,
    ThreadingModel,
    coclass,
)
from tests.conformance.test_ctx import LIVING, Member, Service, client_of
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.probe import Probe, ProbeThread
from tests.support.probe_idl import AsyncIProbe, IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC, LOCAL = CLSCTX.INPROC_SERVER, CLSCTX.LOCAL_SERVER
INPROC_PACKET = pyorpc.MSHCTX.INPROC


@pytest.fixture(autouse=True)
def nobody_lives() -> None:
    """Not what a failed test before may have kept."""
    gc.collect()
    LIVING.clear()


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1503", threading_model=ThreadingModel.BOTH)
class Worker(Member):
    """Stops in Sleep until it may go on; hands out others of its kind."""

    def Sleep(self, seconds: float) -> None:
        self.started.set()
        assert self.may_go_on.wait(DEADLINE_S)

    def Make(self) -> IProbe | None:
        self.Sleep(0)
        return Worker()

    def CallHeld(self, a: int, b: int) -> int:
        """Give a new one away, as an argument."""
        self.Sleep(0)
        assert self.held is not None
        self.held.Hold(Worker())
        return a + b

    def Log(self) -> str:
        """Give a new one away, by hand."""
        return pyorpc.marshal_interface(Worker(), IProbe, INPROC_PACKET).hex()


class House:
    """A context of `thread` with Worker registered, and a client of it on another thread."""

    def __init__(self, thread: ApartmentThread, near: ApartmentThread) -> None:
        self.thread = thread
        self.near = near
        self.made: list[Worker] = []
        house = self

        class Factory(IClassFactory):
            def CreateInstance(self, pUnkOuter: Any, riid: Any) -> Any:
                house.made.append(Worker())
                return house.made[-1].QueryInterface(riid)

            def LockServer(self, fLock: int) -> None:
                pass

        def build() -> tuple[Any, int]:
            context = pyorpc.create_context()
            register = pyorpc.register_class_object
            return context, context.run(register, Worker, Factory(), LOCAL)

        self.context, self.cookie = thread.run(build)
        self.client = near.run(pyorpc.create_instance, Worker, IProbe, LOCAL)

    def disconnect(self, timeout_ms: int) -> HRESULT:
        """On a thread of the context's apartment."""
        result: HRESULT = self.context.run(pyorpc.disconnect_context, timeout_ms)
        return result

    def revoke(self) -> None:
        self.thread.run(self.context.run, pyorpc.revoke_class_object, self.cookie)

    def busy(self, method: Callable[..., Any], *args: Any) -> Any:
        """Begin a call that stays inside the object until it may go on."""
        task = self.near.begin(method, *args)
        assert self.made[0].started.wait(DEADLINE_S)
        return task


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_no_time_is_enough_for_a_context_without_calls(coinit: COINIT) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, coinit) as server,
        ApartmentThread(runtime, MTA if coinit == STA else STA) as near,
    ):
        house = House(server, near)
        house.revoke()
        house.made.clear()
        assert len(LIVING) == 1
        assert server.run(house.disconnect, 0) == HRESULT.S_OK
        assert not LIVING
        assert near.run(failure_of, house.client.Echo, "") == HRESULT.RPC_E_DISCONNECTED
        # Again, and with nothing in it.
        for timeout_ms in (0, 100, pyorpc.INFINITE):
            assert server.run(house.disconnect, timeout_ms) == HRESULT.S_OK


def test_after_the_time_out_it_goes_on_by_itself() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as server,
        ApartmentThread(runtime, STA) as near,
        ApartmentThread(runtime, STA) as other,
    ):
        house = House(server, near)
        idle = other.run(pyorpc.create_instance, Worker, IProbe, LOCAL)
        busy = other.run(pyorpc.create_instance, Worker, IProbe, LOCAL)
        running = other.begin(busy.Sleep, 0)
        assert house.made[2].started.wait(DEADLINE_S)
        house.revoke()
        begun = time.monotonic()
        assert server.run(failure_of, house.disconnect, 200) == HRESULT.RPC_E_TIMEOUT
        assert 0.2 <= time.monotonic() - begun < 1
        # The idle ones are gone already, the busy one takes no more calls.
        assert near.run(failure_of, house.client.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        for timeout_ms in (0, 50):
            assert server.run(failure_of, house.disconnect, timeout_ms) == HRESULT.RPC_E_TIMEOUT
        house.made[2].may_go_on.set()
        running.join()
        house.made.clear()
        wait_until(lambda: not LIVING, "it has gone on by itself", 2)
        assert other.run(failure_of, busy.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert other.run(failure_of, idle.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert server.run(house.disconnect, 0) == HRESULT.S_OK


def test_while_it_drains_new_calls_are_told_so_and_the_running_one_keeps_its_result() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as server,
        ApartmentThread(runtime, MTA) as second,
        ApartmentThread(runtime, STA) as near,
        ApartmentThread(runtime, STA) as late,
    ):
        house = House(server, near)
        stream = near.run(pyorpc.marshal_inter_thread_interface, house.client, IProbe)
        pointer = late.run(pyorpc.get_interface_and_release, stream, IProbe)
        taker = Probe()
        near.run(house.client.Hold, taker)
        running = house.busy(house.client.CallHeld, 1, 2)
        house.revoke()
        # Two threads at once: both wait for the same call, and both succeed.
        endings = [each.begin(house.disconnect, pyorpc.INFINITE) for each in (server, second)]
        refused = HRESULT.CO_E_OBJNOTCONNECTED
        wait_until(lambda: late.run(_code_of, pointer.Add, 1, 2) == refused, "it drains")
        house.made[0].may_go_on.set()
        assert running.join() == 3
        assert [ending.join() for ending in endings] == [HRESULT.S_OK, HRESULT.S_OK]
        # What the running call still handed out goes with the context, too.
        assert taker.held is not None
        assert near.run(failure_of, taker.held.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        house.made.clear()
        assert not LIVING
        assert late.run(pyorpc.release, pointer) == 0


def _code_of(function: Callable[..., Any], *args: Any) -> int:
    try:
        function(*args)
    except pyorpc.ComError as error:
        return int(error.hresult)
    return 0


def test_what_its_objects_hand_out_is_disconnected_however_it_left() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        house = House(server, near)
        house.made[0].may_go_on.set()
        result = near.run(house.client.Make)
        taker = Probe()
        near.run(house.client.Hold, taker)
        near.run(house.client.CallHeld, 1, 2)
        log = near.run(house.client.QueryInterface, IProbeMore)
        by_hand = near.run(lambda: pyorpc.unmarshal_interface(bytes.fromhex(log.Log()), IProbe))
        away: list[Any] = [result, taker.held, by_hand]
        assert [near.run(each.Add, 1, 2) for each in away] == [3, 3, 3]
        house.revoke()
        assert server.run(house.disconnect, 1000) == HRESULT.S_OK
        codes = [near.run(failure_of, each.Add, 1, 2) for each in away]
        assert codes == [HRESULT.RPC_E_DISCONNECTED] * 3


def test_objects_that_no_local_server_class_object_made_stay_connected() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        house = House(server, near)

        def settle() -> tuple[int, list[bytes]]:
            cookie = pyorpc.register_class_object(Member, Member, INPROC)
            made = [
                pyorpc.create_instance(Member, IProbe, INPROC),
                Member(),
                pyorpc.create_instance(Worker, IProbe, LOCAL),
            ]
            return cookie, [pyorpc.marshal_interface(each, IProbe, INPROC_PACKET) for each in made]

        cookie, packets = server.run(house.context.run, settle)
        inproc, plain, local = [
            near.run(pyorpc.unmarshal_interface, packet, IProbe) for packet in packets
        ]
        house.revoke()
        assert server.run(house.disconnect, 1000) == HRESULT.S_OK
        assert near.run(inproc.Echo, "") == near.run(plain.Echo, "")
        assert near.run(inproc.Echo, "") == str(house.context.GetContextId())
        # The third was made by the LOCAL_SERVER class object, though nobody called it remotely.
        assert near.run(failure_of, local.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        server.run(house.context.run, pyorpc.revoke_class_object, cookie)


def test_the_context_is_of_use_afterwards() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
        ProbeThread(runtime, STA) as far,
    ):
        house = House(server, near)
        inside = house.context.run
        held = server.run(inside, pyorpc.unmarshal_interface, far.packet, IProbe)
        house.revoke()
        assert server.run(house.disconnect, 1000) == HRESULT.S_OK
        # What was got inside can be used inside.
        assert server.run(inside, held.Add, 1, 2) == 3
        assert server.run(failure_of, held.Add, 1, 2) == HRESULT.RPC_E_WRONG_THREAD
        # It can be entered, and serve again; and is disconnected again.
        token = server.run(inside, pyorpc.get_context_token)
        assert token == house.context.token
        cookie = server.run(inside, pyorpc.register_class_object, Member, Member, LOCAL)
        made = near.run(pyorpc.create_instance, Member, IProbe, LOCAL)
        assert near.run(made.Echo, "") == str(house.context.GetContextId())
        server.run(inside, pyorpc.revoke_class_object, cookie)
        assert server.run(house.disconnect, 1000) == HRESULT.S_OK
        assert near.run(failure_of, made.Echo, "") == HRESULT.RPC_E_DISCONNECTED


def test_a_class_object_that_was_not_revoked_makes_no_more_objects(spawn: Spawn) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        service = server.run(Service)
        factory = near.run(pyorpc.get_class_object, Member, LOCAL)
        with client_of(spawn, runtime) as client:
            client.do("create")
            assert server.run(service.context.run, pyorpc.disconnect_context, 1000) == HRESULT.S_OK
            gone = HRESULT.RPC_E_DISCONNECTED
            assert near.run(failure_of, factory.CreateInstance, None, IProbe) == gone
            assert near.run(failure_of, pyorpc.create_instance, Member, IProbe, LOCAL) == gone
            assert client.do("create") == gone
            assert not LIVING
            # Revoking it is still right, and it may be registered again.
            server.run(service.context.run, pyorpc.revoke_class_object, service.cookie)
            service.cookie = server.run(
                service.context.run, pyorpc.register_class_object, Member, Member, LOCAL
            )
            assert near.run(pyorpc.create_instance, Member, IProbe, LOCAL) is not None


def test_two_contexts_are_disconnected_apart() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        first, second = House(server, near), None
        first.revoke()
        second = House(server, near)
        assert server.run(first.disconnect, 1000) == HRESULT.S_OK
        assert near.run(failure_of, first.client.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert near.run(second.client.Add, 1, 2) == 3


def test_an_asynchronous_call_into_the_context_is_waited_for() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as server,
        ApartmentThread(runtime, STA) as near,
    ):
        house = House(server, near)
        call = near.run(pyorpc.create_call, house.client, AsyncIProbe)
        near.run(call.Begin_Sleep, 0)
        assert house.made[0].started.wait(DEADLINE_S)
        assert server.run(failure_of, house.disconnect, 50) == HRESULT.RPC_E_TIMEOUT
        house.made[0].may_go_on.set()
        assert server.run(house.disconnect, pyorpc.INFINITE) == HRESULT.S_OK
        assert near.run(call.Finish_Sleep) is None


def test_from_another_apartment_by_way_of_the_contexts_own_pointer() -> None:
    """Entering is no call to an object of the context: it may disconnect."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        house = House(server, near)

        def publish() -> bytes:
            here = pyorpc.get_object_context(IContextCallback)
            return pyorpc.marshal_interface(here, IContextCallback, INPROC_PACKET)

        packet = server.run(house.context.run, publish)
        door = near.run(pyorpc.unmarshal_interface, packet, IContextCallback)
        house.revoke()

        def disconnect(data: object) -> int:
            assert threading.get_ident() == server.ident
            return pyorpc.disconnect_context(1000)

        assert near.run(door.ContextCallback, disconnect) == HRESULT.S_OK
        assert near.run(failure_of, house.client.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert near.run(door.run, pyorpc.get_context_token) == house.context.token
