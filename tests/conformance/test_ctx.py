"""CTX: contexts and CoDisconnectContext."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
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
from pyorpc.remoting.proxy import InterfaceProxy
from tests.conftest import Spawn
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child, Parent
from tests.support.failures import failure_of
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER
LIVING: set[int] = set()


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1501", threading_model=ThreadingModel.BOTH)
class Member(Probe):
    """Counts itself while it lives; echoes the id of its context; fails by disconnecting it."""

    def __init__(self) -> None:
        super().__init__()
        LIVING.add(id(self))

    def __del__(self) -> None:
        LIVING.discard(id(self))

    def Echo(self, text: str) -> str:
        return str(pyorpc.get_object_context().GetContextId())

    def Fail(self, hresult: int, text: str) -> None:
        pyorpc.disconnect_context()


class Service:
    """A private context of the calling thread's apartment, with a class registered inside."""

    def __init__(self) -> None:
        self.context = pyorpc.create_context()
        self.cookie = self.context.run(pyorpc.register_class_object, Member, Member, LOCAL)

    def disconnect(self, timeout_ms: int = pyorpc.INFINITE) -> HRESULT:
        """Enter it, revoke, disconnect."""

        def shut_down() -> HRESULT:
            pyorpc.revoke_class_object(self.cookie)
            return pyorpc.disconnect_context(timeout_ms)

        return self.context.run(shut_down)


class Holder:
    """In a child process: creates objects and calls them as the test says."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._made: list[IProbe] = []

    def create(self) -> None:
        made = pyorpc.create_instance(Member, IProbe, LOCAL, host=self._host)
        assert isinstance(made, InterfaceProxy)
        self._made.append(made)

    def echo(self) -> str:
        return self._made[0].Echo("")

    def sleep(self, seconds: float) -> None:
        self._made[0].Sleep(seconds)

    def disconnect_from_inside(self) -> None:
        self._made[0].Fail(0, "")

    def release(self) -> int:
        return pyorpc.release(self._made[0])


def be_a_client(test: Parent, host: str) -> None:
    holder = Holder(host)
    with in_apartment(MTA):
        while (message := test.receive(60)) != "stop":
            action, *args = message
            try:
                test.send(getattr(holder, action)(*args))
            except ComError as error:
                test.send(int(error.hresult))


class Client:
    """Such a child."""

    def __init__(self, child: Child) -> None:
        self.child = child

    def begin(self, *action: Any) -> None:
        self.child.send(list(action))

    def do(self, *action: Any) -> Any:
        self.begin(*action)
        return self.child.receive()

    def stop(self) -> None:
        self.child.send("stop")
        assert self.child.join() == 0


@contextmanager
def client_of(spawn: Spawn, runtime: Runtime) -> Generator[Client]:
    client = Client(spawn(be_a_client, runtime.network.process_endpoints()[0]))
    yield client
    client.stop()


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_CTX_01_creating_and_entering_a_private_context(coinit: COINIT) -> None:
    inside: list[tuple[int, int, object]] = []

    def note(data: object) -> int:
        inside.append((threading.get_ident(), pyorpc.get_context_token(), data))
        return HRESULT.S_FALSE

    def fail(data: object) -> None:
        note(data)
        raise ZeroDivisionError

    with in_apartment(coinit):
        outside = pyorpc.get_context_token()
        context = pyorpc.create_context()
        assert context.ContextCallback(note, "data") == HRESULT.S_FALSE
        assert pyorpc.get_context_token() == outside
        with pytest.raises(ZeroDivisionError):
            context.ContextCallback(fail, "more")
        assert pyorpc.get_context_token() == outside
        token = context.run(pyorpc.get_context_token)
        assert token != outside
        me = threading.get_ident()
        assert inside == [(me, token, "data"), (me, token, "more")]
        assert context.ContextCallback(lambda data: None) == HRESULT.S_OK
        assert context.ContextCallback(lambda data: HRESULT.E_FAIL) == HRESULT.E_FAIL


def test_CTX_03_objects_are_born_in_the_context_of_their_class_factory(spawn: Spawn) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta:
        service = sta.run(Service)
        context_id = str(service.context.GetContextId())
        near = sta.run(pyorpc.create_instance, Member, IProbe, LOCAL)
        assert sta.run(near.Echo, "") == context_id
        assert isinstance(near, InterfaceProxy)
        with client_of(spawn, runtime) as client:
            client.do("create")
            assert client.do("echo") == context_id


@coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1502", threading_model=ThreadingModel.NEUTRAL)
class NeutralMember(Probe):
    """Fails by disconnecting its context."""

    def Fail(self, hresult: int, text: str) -> None:
        assert pyorpc.get_apartment_type()[0] == APTTYPE.NA
        pyorpc.disconnect_context(0)


def test_CTX_04_default_contexts_cannot_be_disconnected(spawn: Spawn) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        for thread, elsewhere in ((sta, mta), (mta, sta)):
            neutral = thread.run(pyorpc.create_instance, NeutralMember, IProbe)
            packet = elsewhere.run(pyorpc.marshal_interface, Probe(), IProbe, pyorpc.MSHCTX.INPROC)
            proxy = thread.run(pyorpc.unmarshal_interface, packet, IProbe)
            refused = thread.run(failure_of, pyorpc.disconnect_context, 0)
            assert refused == HRESULT.CO_E_NOT_SUPPORTED
            assert thread.run(failure_of, neutral.Fail, 0, "") == HRESULT.CO_E_NOT_SUPPORTED
            assert thread.run(proxy.Add, 1, 2) == 3
            assert thread.run(neutral.Add, 1, 2) == 3
    assert failure_of(pyorpc.disconnect_context, 0) == HRESULT.CO_E_NOTINITIALIZED


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_CTX_05_successful_disconnect(spawn: Spawn, coinit: COINIT) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, coinit) as server,
        ApartmentThread(runtime, STA if coinit == MTA else MTA) as near,
    ):
        service = server.run(Service)
        with client_of(spawn, runtime) as client:
            client.do("create")
            made = near.run(pyorpc.create_instance, Member, IProbe, LOCAL)
            assert client.do("echo") == near.run(made.Echo, "")
            assert len(LIVING) == 2
            assert server.run(service.disconnect, 5000) == HRESULT.S_OK
            wait_until(lambda: not LIVING, "the server's references are released", 2)
            for _ in range(2):
                assert client.do("echo") == HRESULT.RPC_E_DISCONNECTED
                assert near.run(failure_of, made.Echo, "") == HRESULT.RPC_E_DISCONNECTED
            assert client.do("release") == 0
            assert near.run(pyorpc.release, made) == 0


def test_CTX_07_disconnect_from_an_object_inside_the_context(spawn: Spawn) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as sta:
        service = sta.run(Service)
        with client_of(spawn, runtime) as client:
            client.do("create")
            begun = time.monotonic()
            assert client.do("disconnect_from_inside") == HRESULT.CONTEXT_E_WOULD_DEADLOCK
            assert time.monotonic() - begun < 1
            assert client.do("echo") == str(service.context.GetContextId())


def test_CTX_08_infinite_waits_for_the_calls_to_drain(spawn: Spawn) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as mta:
        service = mta.run(Service)
        with client_of(spawn, runtime) as client:
            client.do("create")
            begun = time.monotonic()
            client.begin("sleep", 2)
            wait_until(lambda: mta.run(pyorpc.statistics).calls_incoming, "the call is inside")
            assert mta.run(service.disconnect) == HRESULT.S_OK
            took = time.monotonic() - begun
            assert client.child.receive() is None
            assert 2 <= took < 2.4


def test_CTX_10_entering_another_apartments_context() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
    ):
        ran: list[tuple[int, int]] = []

        def note(data: float) -> int:
            time.sleep(data)
            ran.append((threading.get_ident(), pyorpc.get_context_token()))
            return HRESULT.S_FALSE

        def fail(data: object) -> None:
            raise ZeroDivisionError

        def publish() -> bytes:
            context = pyorpc.get_object_context(IContextCallback)
            return pyorpc.marshal_interface(context, IContextCallback, pyorpc.MSHCTX.INPROC)

        far = mta.run(pyorpc.unmarshal_interface, sta.run(publish), IContextCallback)
        begun = time.monotonic()
        assert mta.run(far.ContextCallback, note, 0.3) == HRESULT.S_FALSE
        assert time.monotonic() - begun >= 0.3
        assert ran == [(sta.ident, sta.run(pyorpc.get_context_token))]
        assert mta.run(far.run, pyorpc.get_context_token) == ran[0][1]
        with pytest.raises(ZeroDivisionError):
            mta.run(far.ContextCallback, fail)
        assert mta.run(failure_of, far.ContextCallback, None) == HRESULT.E_INVALIDARG
        # Also a private context, and through the global interface table.
        private = sta.run(pyorpc.create_context)
        table = mta.run(pyorpc.global_interface_table)
        cookie = sta.run(table.RegisterInterfaceInGlobal, private, IContextCallback)
        pointer = mta.run(table.GetInterfaceFromGlobal, cookie, IContextCallback)
        assert mta.run(pointer.run, pyorpc.get_context_token) == private.token
        mta.run(table.RevokeInterfaceFromGlobal, cookie)
        # The object itself is of its own apartment.
        assert mta.run(failure_of, private.run, int) == HRESULT.RPC_E_WRONG_THREAD


def offer_a_context(test: Parent) -> None:
    with in_apartment(MTA):
        context = pyorpc.get_object_context()
        test.send(pyorpc.marshal_interface(context, IContextCallback))
        test.receive(60)


def test_CTX_10_but_not_of_another_process(spawn: Spawn) -> None:
    child = spawn(offer_a_context)
    with in_apartment(STA):
        far = pyorpc.unmarshal_interface(child.receive(), IContextCallback)
        refused = failure_of(far.ContextCallback, print)
        assert refused == HRESULT.RPC_E_CLIENT_CANTMARSHAL_DATA


def test_CTX_11_nested_entry() -> None:
    with in_apartment(STA):
        a, b = pyorpc.create_context(), pyorpc.create_context()
        outside = pyorpc.get_context_token()
        seen: list[tuple[int, str]] = []

        def note() -> None:
            context_id = pyorpc.get_object_context(pyorpc.IObjectContextInfo).GetContextId()
            seen.append((pyorpc.get_context_token(), str(context_id)))

        def in_b() -> None:
            note()
            a.run(note)
            note()

        def in_a() -> None:
            note()
            b.run(in_b)
            note()

        a.run(in_a)
        assert pyorpc.get_context_token() == outside
        in_context_a = (a.token, str(a.GetContextId()))
        in_context_b = (b.token, str(b.GetContextId()))
        assert seen == [in_context_a, in_context_b, in_context_a, in_context_b, in_context_a]
        assert len({outside, a.token, b.token}) == 3
        ids = {each.GetContextId() for each in (a, b, pyorpc.get_object_context())}
        assert len(ids) == 3
