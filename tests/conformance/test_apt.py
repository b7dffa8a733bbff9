"""APT: apartment entry, exit and reference counting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    APTTYPE,
    APTTYPEQUALIFIER,
    CLSCTX,
    COINIT,
    HRESULT,
    THDTYPE,
    ComError,
    IComThreadingInfo,
    Runtime,
)
from pyorpc.context.thread_state import thread_state
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_classes import ProbeBoth
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
LOCAL = CLSCTX.LOCAL_SERVER


def code_of(function: Callable[..., Any], *args: Any) -> int:
    """The HRESULT at the caller, whether raised or returned; S_OK for any other value."""
    try:
        result = function(*args)
    except ComError as error:
        return int(error.hresult)
    return int(result) if isinstance(result, HRESULT) else 0


def probe_com() -> int:
    return code_of(pyorpc.create_instance, ProbeBoth, IProbe)


# ---- In fresh processes, with the default Runtime ------------------------------------------


def be_the_main_sta(test: Parent) -> None:
    entered = int(pyorpc.initialize(STA))
    test.send([entered, *pyorpc.get_apartment_type()])

    def second() -> list[int]:
        with pyorpc.enter_apartment(STA):
            return list(pyorpc.get_apartment_type())

    test.send(on_a_thread(second))
    pyorpc.uninitialize()


def test_APT_01_first_sta_in_a_process_is_the_main_sta(spawn: Spawn) -> None:
    child = spawn(be_the_main_sta)
    assert child.receive() == [HRESULT.S_OK, APTTYPE.MAINSTA, APTTYPEQUALIFIER.NONE]
    assert child.receive() == [APTTYPE.STA, APTTYPEQUALIFIER.NONE]
    assert child.join() == 0


def count_initialisations(test: Parent, coinit: int) -> None:
    codes = [int(pyorpc.initialize(coinit)) for _ in range(3)]
    for _ in range(3):
        codes.append(probe_com())
        pyorpc.uninitialize()
    test.send([*codes, probe_com()])


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_APT_02_repeated_initialisation_is_counted(spawn: Spawn, coinit: COINIT) -> None:
    child = spawn(count_initialisations, int(coinit))
    counted = [HRESULT.S_OK, HRESULT.S_FALSE, HRESULT.S_FALSE]
    usable = [HRESULT.S_OK] * 3
    assert child.receive() == [*counted, *usable, HRESULT.CO_E_NOTINITIALIZED]
    assert child.join() == 0


def call_before_initialisation(test: Parent) -> None:
    nothing: Any = None
    for clsctx in (CLSCTX.INPROC_SERVER, LOCAL):
        made = code_of(pyorpc.create_instance, ProbeBoth, IProbe, clsctx)
        class_object = code_of(pyorpc.get_class_object, ProbeBoth, clsctx)
        # No out variable: the nearest in Python is no interface to have it as.
        nowhere = code_of(pyorpc.get_class_object, ProbeBoth, clsctx, nothing)
        test.send([made, class_object, nowhere])


def test_APT_04_calls_before_initialisation(spawn: Spawn) -> None:
    child = spawn(call_before_initialisation)
    not_initialized = HRESULT.CO_E_NOTINITIALIZED
    for _ in range(2):
        assert child.receive() == [not_initialized, not_initialized, HRESULT.E_INVALIDARG]
    assert child.join() == 0


@pytest.mark.parametrize(
    ("coinit", "kinds", "thread_type"),
    [
        (STA, {APTTYPE.STA, APTTYPE.MAINSTA}, THDTYPE.PROCESSMESSAGES),
        (MTA, {APTTYPE.MTA}, THDTYPE.BLOCKMESSAGES),
    ],
)
def test_APT_06_thread_type_follows_the_apartment(
    coinit: COINIT, kinds: set[APTTYPE], thread_type: THDTYPE
) -> None:
    with in_apartment(coinit):
        info = pyorpc.get_object_context(IComThreadingInfo)
        assert info.GetCurrentApartmentType() in kinds
        assert info.GetCurrentThreadType() == thread_type
        assert pyorpc.get_object_context(IComThreadingInfo) is info


def test_APT_07_five_threads_three_stas_one_mta() -> None:
    def where() -> tuple[int, int, APTTYPE]:
        home = thread_state().home
        assert home is not None
        return home.oxid, pyorpc.get_context_token(), pyorpc.get_apartment_type()[0]

    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as one,
        ApartmentThread(runtime, STA) as two,
        ApartmentThread(runtime, MTA) as three,
        ApartmentThread(runtime, MTA) as four,
        ApartmentThread(runtime, STA) as five,
    ):
        places = [thread.run(where) for thread in (one, two, three, four, five)]
        kinds = [APTTYPE.MAINSTA, APTTYPE.STA, APTTYPE.MTA, APTTYPE.MTA, APTTYPE.STA]
        assert [kind for _, _, kind in places] == kinds
        assert places[2] == places[3]
        for identities in ([oxid for oxid, _, _ in places], [token for _, token, _ in places]):
            assert len(set(identities)) == 4
        stas = {thread.run(threading.get_ident) for thread in (one, two, five)}
        assert len(stas) == 3


def work_in_the_implicit_mta(test: Parent) -> None:
    may_end, held = threading.Event(), threading.Event()

    def hold() -> None:
        with pyorpc.enter_apartment(MTA):
            held.set()
            may_end.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    test.send(list(pyorpc.get_apartment_type()))
    cookie = pyorpc.register_class_object(ProbeBoth, ProbeBoth, CLSCTX.INPROC_SERVER)
    test.send([probe_com(), cookie != 0, code_of(pyorpc.revoke_class_object, cookie)])
    while (name := test.receive()) != "stop":
        function = vars(pyorpc).get(name)
        args: list[Any] = {"lock_object_external": [Probe(), True]}.get(name, [None])
        test.send("missing" if function is None else code_of(function, *args))
    may_end.set()
    holder.join()


def test_APT_08_implicit_mta_for_an_uninitialised_thread(spawn: Spawn) -> None:
    child = spawn(work_in_the_implicit_mta)
    assert child.receive() == [APTTYPE.MTA, APTTYPEQUALIFIER.IMPLICIT_MTA]
    assert child.receive() == [HRESULT.S_OK, True, HRESULT.S_OK]
    child.send("stop")
    assert child.join() == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lock_object_external", HRESULT.S_OK),
        ("register_message_filter", HRESULT.CO_E_NOT_SUPPORTED),
    ],
)
def test_APT_08_and_what_else_it_may_do(spawn: Spawn, name: str, expected: HRESULT) -> None:
    child = spawn(work_in_the_implicit_mta)
    child.receive()
    child.receive()
    child.send(name)
    assert child.receive() == expected
    child.send("stop")
    assert child.join() == 0


def use_the_mta(test: Parent) -> None:
    def kind() -> list[int]:
        try:
            return list(pyorpc.get_apartment_type())
        except ComError as error:
            return [int(error.hresult)]

    def twice() -> None:
        cookies = [pyorpc.increment_mta_usage() for _ in range(2)]
        seen = [kind()]
        for cookie in cookies:
            pyorpc.decrement_mta_usage(cookie)
            seen.append(kind())
        test.send([cookies, seen, code_of(pyorpc.decrement_mta_usage, cookies[0])])

    twice()
    with pyorpc.enter_apartment(STA):
        twice()
    test.send(kind())


def test_APT_10_mta_usage_cookies(spawn: Spawn) -> None:
    child = spawn(use_the_mta)
    implicit = [APTTYPE.MTA, APTTYPEQUALIFIER.IMPLICIT_MTA]
    main = [APTTYPE.MAINSTA, APTTYPEQUALIFIER.NONE]
    for expected in ([implicit, implicit, [HRESULT.CO_E_NOTINITIALIZED]], [main] * 3):
        cookies, seen, again = child.receive()
        assert all(cookies)
        assert len(set(cookies)) == 2
        assert seen == expected
        assert again == HRESULT.E_INVALIDARG
    assert child.receive() == [HRESULT.CO_E_NOTINITIALIZED]
    assert child.join() == 0


def test_APT_12_mta_outlives_the_thread_that_created_it() -> None:
    packets: list[bytes] = []
    exported, may_end = threading.Event(), threading.Event()
    with Runtime() as runtime:

        def join_and_export() -> None:
            with runtime.enter_apartment(MTA):
                probe = Probe()
                packets.append(pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC))
                exported.set()
                may_end.wait(DEADLINE_S)

        b = threading.Thread(target=join_and_export)
        try:
            with runtime.enter_apartment(MTA):
                b.start()
                assert exported.wait(DEADLINE_S)
            with runtime.enter_apartment(STA):
                assert pyorpc.get_apartment_type()[0] == APTTYPE.MAINSTA
                pointer = pyorpc.unmarshal_interface(packets[0], IProbe)
                assert pointer.Place()[1] == APTTYPE.MTA
                assert pointer.ThreadId() != threading.get_ident()
        finally:
            may_end.set()
            b.join(DEADLINE_S)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_APT_13_leaving_an_apartment_disconnects_its_exported_objects(coinit: COINIT) -> None:
    with Runtime() as runtime, ApartmentThread(runtime, coinit) as client:
        before = alive()
        packets: list[bytes] = []
        exported, may_leave = threading.Event(), threading.Event()
        left_alive: list[int] = []

        def serve() -> None:
            runtime.initialize(thread_state(), STA)
            packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))
            exported.set()
            while not may_leave.is_set():
                pyorpc.pump_waiting_messages()
                may_leave.wait(0.005)
            pyorpc.uninitialize()
            left_alive.append(len(ALIVE))

        server = threading.Thread(target=serve)
        server.start()
        assert exported.wait(DEADLINE_S)
        pointer = client.run(pyorpc.unmarshal_interface, packets[0], IProbe)
        assert client.run(pointer.Add, 1, 2) == 3
        assert len(ALIVE) == before + 1
        may_leave.set()
        server.join(DEADLINE_S)
        assert left_alive == [before]
        assert client.run(code_of, pointer.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED
        assert client.run(pyorpc.release, pointer) == 0


def test_APT_15_an_mta_thread_that_exported_an_object_dies() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, STA) as client:
        before = alive()
        packets: list[bytes] = []
        exported, may_die = threading.Event(), threading.Event()

        def export_and_die() -> None:
            runtime.initialize(thread_state(), MTA)
            packets.append(pyorpc.marshal_interface(Probe(), IProbe, pyorpc.MSHCTX.INPROC))
            exported.set()
            may_die.wait(DEADLINE_S)

        server = threading.Thread(target=export_and_die)
        server.start()
        assert exported.wait(DEADLINE_S)
        pointer = client.run(pyorpc.unmarshal_interface, packets[0], IProbe)
        assert client.run(pointer.Add, 1, 2) == 3
        may_die.set()
        server.join(10)
        assert not server.is_alive()
        wait_until(lambda: len(ALIVE) == before, "the exported object's references", 2)
        wait_until(lambda: not runtime.has_mta(), "the apartment's end", 2)
        assert client.run(code_of, pointer.Add, 1, 2) == HRESULT.RPC_E_DISCONNECTED


@pytest.mark.parametrize("where", ["another apartment", "another process"])
def test_APT_15_an_sta_thread_that_holds_a_proxy_dies(spawn: Spawn, where: str) -> None:
    child = spawn(serve_probe, int(STA), {})
    held: list[IProbe] = []

    def count() -> int:
        if where == "another apartment":
            return alive()
        child.send("alive")
        return int(child.receive())

    def hold_and_die(runtime: Runtime, packet: bytes) -> None:
        runtime.initialize(thread_state(), STA)
        maker = pyorpc.unmarshal_interface(packet, IProbe)
        made = maker.Make()
        assert made is not None
        held.append(made)  # the thread's end drops no Python reference
        assert count() == before + 1

    with Runtime() as runtime, ProbeThread(runtime, MTA) as near:
        packet = near.packet if where == "another apartment" else child.receive()
        before = count()
        client = threading.Thread(target=hold_and_die, args=(runtime, packet))
        client.start()
        client.join(10)
        assert not client.is_alive()
        wait_until(lambda: count() == before, "the reference that the dead thread held", 2)
        assert code_of(held[0].Add, 1, 2) == HRESULT.CO_E_OBJNOTCONNECTED


def ask_for_tokens(test: Parent) -> None:
    test.send(code_of(pyorpc.get_context_token))
    with pyorpc.enter_apartment(STA):
        tokens = [pyorpc.get_context_token() for _ in range(2)]
        test.send([*tokens, pyorpc.get_object_context().token])
    test.send(code_of(pyorpc.get_context_token))


def test_APT_17_context_token(spawn: Spawn) -> None:
    child = spawn(ask_for_tokens)
    assert child.receive() == HRESULT.CO_E_NOTINITIALIZED
    first, second, of_the_object = child.receive()
    assert first == second == of_the_object != 0
    assert child.receive() == HRESULT.CO_E_NOTINITIALIZED
    assert child.join() == 0


class InitialisesInside(Probe):
    """Enters and leaves the MTA once more inside a call."""

    def Add(self, a: int, b: int) -> int:
        result = pyorpc.initialize(MTA)
        pyorpc.uninitialize()
        assert pyorpc.get_apartment_type()[0] == APTTYPE.MTA
        assert pyorpc.create_instance(ProbeBoth, IProbe).Add(a, b) == a + b
        return int(result)


def serve_and_initialise_inside(test: Parent) -> None:
    with in_apartment(MTA):
        test.send(pyorpc.marshal_interface(InitialisesInside(), IProbe))
        test.receive(60)


def test_APT_18_balanced_init_inside_an_incoming_mta_call(spawn: Spawn) -> None:
    child = spawn(serve_and_initialise_inside)
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA, InitialisesInside()) as near:
        for packet in (child.receive(), near.packet):
            pointer = pyorpc.unmarshal_interface(packet, IProbe)
            for _ in range(2):
                assert pointer.Add(1, 2) == HRESULT.S_FALSE
                assert pointer.Place()[1] == APTTYPE.MTA
