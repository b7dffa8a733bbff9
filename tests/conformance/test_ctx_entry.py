"""CTX, from outside: entering contexts from everywhere, and disconnecting from the inside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    APTTYPE,
    CLSCTX,
    COINIT,
    HRESULT,
    ComError,
    IContextCallback,
    Runtime,
    ThreadingModel,
    coclass,
)
from tests.conformance.test_ctx import Member, Service
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.failures import failure_of
from tests.support.probe import Probe, in_apartment, serve_probe
from tests.support.probe_classes import FIVE, ProbeNeutral
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL, INPROC_PACKET = CLSCTX.LOCAL_SERVER, pyorpc.MSHCTX.INPROC
WOULD_DEADLOCK = HRESULT.CONTEXT_E_WOULD_DEADLOCK


class Disconnects(Probe):
    """Its Add disconnects a context, and returns how that ended."""

    def __init__(self, disconnect: Callable[[], int]) -> None:
        super().__init__()
        self._disconnect = disconnect

    def Add(self, a: int, b: int) -> int:
        try:
            return self._disconnect()
        except ComError as error:
            return int(error.hresult) - 2**32


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1506", threading_model=ThreadingModel.BOTH)
class Calls(Member):
    """Calls what it is given, from inside its context."""

    def Many(self, n: int, others: Any) -> int:
        return int(others[0].Add(1, 2))


def calls_made(thread: ApartmentThread, near: ApartmentThread) -> tuple[Service, IProbe]:
    service = thread.run(Service)
    cookie = thread.run(service.context.run, pyorpc.register_class_object, Calls, Calls, LOCAL)
    assert cookie
    return service, near.run(pyorpc.create_instance, Calls, IProbe, LOCAL)


@pytest.mark.parametrize("coinit", [STA, MTA])
@pytest.mark.parametrize("way", ["raw", "proxy", "door", "another process"])
def test_a_callback_up_the_chain_may_not_disconnect_either(
    spawn: Spawn, coinit: COINIT, way: str
) -> None:
    """The object in the context has called out, and what it called comes back to disconnect."""
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, coinit) as server,
        ApartmentThread(runtime, MTA if coinit == STA else STA) as near,
        ApartmentThread(runtime, STA) as far,
    ):
        service, calls = calls_made(server, near)
        context = service.context

        def disconnect() -> int:
            return int(context.run(pyorpc.disconnect_context))

        def publish() -> bytes:
            return pyorpc.marshal_interface(context, IContextCallback, INPROC_PACKET)

        if way == "raw":  # of another context of the same apartment
            there = server.run(pyorpc.create_context)
            packet = server.run(
                there.run, pyorpc.marshal_interface, Disconnects(disconnect), IProbe
            )
        elif way == "another process":  # which calls back into the apartment's default context
            home = Disconnects(disconnect)
            relay = spawn(relay_calls, server.run(pyorpc.marshal_interface, home, IProbe))
            packet = relay.receive()
        else:
            thread = far if way == "proxy" else near
            door = thread.run(pyorpc.unmarshal_interface, server.run(publish), IContextCallback)
            comes_back = Disconnects(lambda: int(door.run(pyorpc.disconnect_context)))
            packet = thread.run(pyorpc.marshal_interface, comes_back, IProbe)
        other = near.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert near.run(calls.Many, 1, [other]) & 0xFFFFFFFF == WOULD_DEADLOCK
        # Nothing was disconnected; and from the outside it can be.
        assert near.run(calls.Add, 1, 2) == 3
        assert server.run(context.run, pyorpc.disconnect_context, 1000) == HRESULT.S_OK
        assert near.run(failure_of, calls.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED


class Relay(Probe):
    """Passes an Add on."""

    def __init__(self, to: IProbe) -> None:
        super().__init__()
        self._to = to

    def Add(self, a: int, b: int) -> int:
        return self._to.Add(a, b)


def relay_calls(test: Parent, packet: bytes) -> None:
    with in_apartment(MTA):
        relay = Relay(pyorpc.unmarshal_interface(packet, IProbe))
        test.send(pyorpc.marshal_interface(relay, IProbe))
        test.receive(60)


def test_an_object_that_is_not_disconnected_with_it_may_not_disconnect_it_either() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        context = server.run(pyorpc.create_context)
        mine = Disconnects(lambda: int(pyorpc.disconnect_context()))
        packet = server.run(context.run, pyorpc.marshal_interface, mine, IProbe, INPROC_PACKET)
        pointer = near.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert near.run(pointer.Add, 1, 2) & 0xFFFFFFFF == WOULD_DEADLOCK


def test_a_call_in_another_context_may_disconnect() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as server,
        ApartmentThread(runtime, MTA) as near,
    ):
        first, calls = calls_made(server, near)
        second = server.run(pyorpc.create_context)
        ender = Disconnects(lambda: int(first.context.run(pyorpc.disconnect_context, 1000)))
        packet = server.run(second.run, pyorpc.marshal_interface, ender, IProbe, INPROC_PACKET)
        pointer = near.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert near.run(pointer.Add, 1, 2) == HRESULT.S_OK
        assert near.run(failure_of, calls.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED


def test_a_private_context_of_the_neutral_apartment() -> None:
    @coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1504", threading_model=ThreadingModel.NEUTRAL)
    class InTheNta(Probe):
        def __init__(self) -> None:
            super().__init__()
            self.context: Any = None

        def Add(self, a: int, b: int) -> int:
            assert pyorpc.get_apartment_type()[0] == APTTYPE.NA
            self.context = pyorpc.create_context()
            self.context.run(pyorpc.register_class_object, Member, Member, LOCAL)
            return int(self.context.run(pyorpc.get_context_token))

        def CallHeld(self, a: int, b: int) -> int:
            return int(self.context.run(pyorpc.disconnect_context, 1000))

    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta, ApartmentThread(runtime, MTA):
        pointer = sta.run(pyorpc.create_instance, InTheNta, IProbe)
        token = sta.run(pointer.Add, 1, 2)
        made = sta.run(pyorpc.create_instance, Member, IProbe, LOCAL)
        assert sta.run(made.Place) == (token, APTTYPE.NA)
        assert sta.run(made.ThreadId) == sta.ident
        assert sta.run(pointer.CallHeld, 1, 2) == HRESULT.S_OK
        assert sta.run(failure_of, made.Place) == HRESULT.RPC_E_DISCONNECTED


def test_what_a_callback_returns_and_raises_comes_through_from_everywhere() -> None:
    def fail(data: Any) -> int:
        return int(HRESULT.E_FAIL)

    def refuse(data: Any) -> None:
        raise ComError(data, "no")

    def other_success(data: Any) -> int:
        return 0x40200

    def nothing(data: Any) -> None:
        pass

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        context = sta.run(pyorpc.create_context)
        table = sta.run(pyorpc.global_interface_table)
        cookie = sta.run(table.RegisterInterfaceInGlobal, context, IContextCallback)
        far = mta.run(table.GetInterfaceFromGlobal, cookie, IContextCallback)
        for thread, door in ((sta, context), (mta, far)):
            before = thread.run(pyorpc.get_context_token)
            assert thread.run(door.ContextCallback, fail) == HRESULT.E_FAIL
            assert thread.run(door.ContextCallback, other_success) == 0x40200
            code = thread.run(failure_of, door.ContextCallback, refuse, 0xDEADBEEF)
            assert code == 0xDEADBEEF
            assert thread.run(door.run, threading.get_ident) == sta.ident
            assert thread.run(pyorpc.get_context_token) == before
            iid, reserved = IContextCallback.IID, None
            result = thread.run(door.ContextCallback, nothing, 1, iid, 5, reserved)
            assert result == HRESULT.S_OK
        # The context object itself, elsewhere, is a pointer of the wrong apartment.
        assert mta.run(failure_of, context.ContextCallback, fail) == HRESULT.RPC_E_WRONG_THREAD
    for door in (context, far):
        assert failure_of(door.run, int) in (
            HRESULT.CO_E_NOTINITIALIZED,
            HRESULT.CO_E_OBJNOTCONNECTED,
        )


def test_a_context_whose_apartment_has_ended_is_not_connected() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as mta:
        with ApartmentThread(runtime, STA) as sta:
            context = sta.run(pyorpc.create_context)
            packet = sta.run(pyorpc.marshal_interface, context, IContextCallback, INPROC_PACKET)
            far = mta.run(pyorpc.unmarshal_interface, packet, IContextCallback)
            assert mta.run(far.run, int) == 0
        assert mta.run(failure_of, far.run, int) == HRESULT.RPC_E_DISCONNECTED
        assert mta.run(failure_of, context.run, int) == HRESULT.CO_E_OBJNOTCONNECTED


def test_threads_enter_from_the_implicit_mta_as_long_as_there_is_one(spawn: Spawn) -> None:
    child = spawn(enter_from_the_implicit_mta)
    assert child.receive() == [True, APTTYPE.MTA, 1, True]
    assert child.receive() == HRESULT.CO_E_OBJNOTCONNECTED
    assert child.join() == 0


def enter_from_the_implicit_mta(test: Parent) -> None:
    cookie = pyorpc.increment_mta_usage()
    context = pyorpc.create_context()
    outside = pyorpc.get_context_token()
    inside = context.run(lambda: (pyorpc.get_context_token(), *pyorpc.get_apartment_type()))
    is_back = pyorpc.get_context_token() == outside
    test.send([inside[0] == context.token != outside, *inside[1:], is_back])
    pyorpc.decrement_mta_usage(cookie)
    second = pyorpc.increment_mta_usage()
    test.send(int(failure_of(context.run, int)))
    pyorpc.decrement_mta_usage(second)


def test_contexts_nest_across_apartments() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        a, b = sta.run(pyorpc.create_context), mta.run(pyorpc.create_context)
        table = sta.run(pyorpc.global_interface_table)
        to_a, to_b = (
            thread.run(table.RegisterInterfaceInGlobal, context, IContextCallback)
            for thread, context in ((sta, a), (mta, b))
        )
        seen: list[tuple[int, int, str]] = []

        def note() -> None:
            seen.append(
                (
                    threading.get_ident(),
                    pyorpc.get_context_token(),
                    str(pyorpc.get_current_logical_thread_id()),
                )
            )

        def enter(*path: int) -> None:
            note()
            if path:
                door = pyorpc.global_interface_table().GetInterfaceFromGlobal(
                    path[0], IContextCallback
                )
                door.run(enter, *path[1:])
                note()

        sta.run(enter, to_a, to_b, to_a, to_b)
        outside = sta.run(pyorpc.get_context_token)
        down = [outside, a.token, b.token, a.token, b.token]
        assert [token for _, token, _ in seen] == [*down, *down[-2::-1]]
        assert len({causality for _, _, causality in seen}) == 1
        on_sta = [ident for ident, token, _ in seen if token in (outside, a.token)]
        assert set(on_sta) == {sta.ident}


def test_objects_of_every_model_know_the_context_they_were_born_in() -> None:
    with in_apartment(STA):
        here = pyorpc.get_context_token()
        context = pyorpc.create_context()
        for cls in FIVE:
            made = context.run(pyorpc.create_instance, cls, IProbe)
            token, kind = context.run(made.Place)
            is_near = kind == APTTYPE.MAINSTA
            assert (token == context.token) == is_near
            assert token != here


def test_the_threads_state_is_restored_whatever_happens_inside() -> None:
    with in_apartment(STA):
        context = pyorpc.create_context()
        outside = (pyorpc.get_context_token(), pyorpc.get_apartment_type())

        def leave_by(error: BaseException) -> None:
            raise error

        for error in (KeyboardInterrupt(), SystemExit(3), GeneratorExit(), ValueError("x")):
            with pytest.raises(type(error)):
                context.run(leave_by, error)
            assert (pyorpc.get_context_token(), pyorpc.get_apartment_type()) == outside
        assert on_a_thread(lambda: failure_of(context.run, int)) in (
            HRESULT.CO_E_NOTINITIALIZED,
            HRESULT.RPC_E_WRONG_THREAD,
        )


def test_a_neutral_object_enters_a_context_of_its_callers_apartment(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with in_apartment(STA):
        context = pyorpc.create_context()
        held = context.run(pyorpc.unmarshal_interface, child.receive(), IProbe)
        inside: list[int] = []

        @coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1505", threading_model=ThreadingModel.NEUTRAL)
        class Enters(Probe):
            def Add(self, a: int, b: int) -> int:
                assert pyorpc.get_apartment_type()[0] == APTTYPE.NA
                inside.append(context.run(pyorpc.get_context_token))
                return int(context.run(held.Add, a, b))

        neutral = pyorpc.create_instance(Enters, IProbe)
        assert neutral.Add(1, 2) == 3
        assert inside == [context.token]
        assert pyorpc.create_instance(ProbeNeutral, IProbe).Place()[1] == APTTYPE.NA
