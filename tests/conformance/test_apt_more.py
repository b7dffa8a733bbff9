"""APT, from outside: entering, leaving and the implicit MTA beyond the listed cases."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

import pyorpc
from pyorpc import (
    APTTYPE,
    APTTYPEQUALIFIER,
    CLSCTX,
    COINIT,
    HRESULT,
    ComError,
    IComThreadingInfo,
    IObjectContextInfo,
    Runtime,
)
from pyorpc.context.thread_state import thread_state
from tests.conformance.test_apt import code_of
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_classes import FIVE, ProbeApartment, ProbeBoth, ProbeFree, ProbeNeutral
from tests.support.probe_idl import IProbe
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
INPROC = CLSCTX.INPROC_SERVER
NOT_INITIALIZED = HRESULT.CO_E_NOTINITIALIZED
CHANGED_MODE = HRESULT.RPC_E_CHANGED_MODE
INPROC_PACKET = pyorpc.MSHCTX.INPROC


def kind() -> list[int]:
    try:
        return [int(each) for each in pyorpc.get_apartment_type()]
    except ComError as error:
        return [int(error.hresult)]


IMPLICIT = [APTTYPE.MTA, APTTYPEQUALIFIER.IMPLICIT_MTA]
OUTSIDE = [NOT_INITIALIZED]


class Holder:
    """A thread that holds the MTA of the default Runtime until it is told to leave."""

    def __init__(self) -> None:
        self._may_leave, entered = threading.Event(), threading.Event()

        def hold() -> None:
            with pyorpc.enter_apartment(MTA):
                entered.set()
                self._may_leave.wait()

        self._thread = threading.Thread(target=hold)
        self._thread.start()
        entered.wait()

    def leave(self) -> None:
        self._may_leave.set()
        self._thread.join()


# ---- In fresh processes, with the default Runtime ------------------------------------------


def change_mode(test: Parent, first: int, second: int) -> None:
    codes = [code_of(pyorpc.initialize, first)]
    before = kind()
    codes += [code_of(pyorpc.initialize, second) for _ in range(2)]
    test.send([*codes, kind() == before])
    codes = [code_of(pyorpc.initialize, first)]  # this one is counted
    pyorpc.uninitialize()
    codes.append(kind() == before)
    pyorpc.uninitialize()
    test.send([*codes, kind()])
    # More than enough of them does no harm, and now the other mode is right.
    pyorpc.uninitialize()
    test.send([code_of(pyorpc.initialize, second), kind()[0]])
    pyorpc.uninitialize()
    test.send(kind())


@pytest.mark.parametrize(("first", "second"), [(STA, MTA), (MTA, STA)])
def test_a_refused_initialisation_is_not_counted(
    spawn: Spawn, first: COINIT, second: COINIT
) -> None:
    child = spawn(change_mode, int(first), int(second))
    assert child.receive() == [HRESULT.S_OK, CHANGED_MODE, CHANGED_MODE, True]
    assert child.receive() == [HRESULT.S_FALSE, True, OUTSIDE]
    other = APTTYPE.MTA if second == MTA else APTTYPE.MAINSTA
    assert child.receive() == [HRESULT.S_OK, other]
    assert child.receive() == OUTSIDE
    assert child.join() == 0


def ask_outside(test: Parent) -> None:
    with pytest.raises(ComError) as refused:
        pyorpc.get_apartment_type()
    test.send([int(refused.value.hresult), [int(out) for out in refused.value.outs]])
    probe: Any = Probe()
    for function, args in (
        (pyorpc.get_object_context, ()),
        (pyorpc.get_object_context, (IComThreadingInfo,)),
        (pyorpc.create_context, ()),
        (pyorpc.disconnect_context, (0,)),
        (pyorpc.create_instance, (ProbeBoth, IProbe)),
        (pyorpc.create_instance_ex, (ProbeBoth, [IProbe])),
        (pyorpc.get_class_object, (ProbeBoth,)),
        (pyorpc.register_class_object, (ProbeBoth, ProbeBoth)),
        (pyorpc.revoke_class_object, (1,)),
        (pyorpc.marshal_interface, (probe, IProbe)),
        (pyorpc.marshal_inter_thread_interface, (probe, IProbe)),
        (pyorpc.global_interface_table, ()),
        (pyorpc.agile_reference, (probe, IProbe)),
        (pyorpc.disconnect_object, (probe,)),
        (pyorpc.lock_object_external, (probe, True)),
        (pyorpc.pump_waiting_messages, ()),
        (pyorpc.pump_messages, ()),
        (pyorpc.apartment_fileno, ()),
    ):
        test.send([function.__name__, code_of(function, *args)])
    test.send("done")


def test_outside_com_nothing_works_and_the_type_is_told_as_current(spawn: Spawn) -> None:
    child = spawn(ask_outside)
    assert child.receive() == [NOT_INITIALIZED, [APTTYPE.CURRENT, APTTYPEQUALIFIER.NONE]]
    while (answer := child.receive()) != "done":
        assert answer[1] == NOT_INITIALIZED, answer[0]
    assert child.join() == 0


def use_everything(probe: Probe) -> IProbe:
    """Of what a thread of the MTA may do. Returns a proxy of its."""
    context = pyorpc.get_object_context()
    assert pyorpc.get_context_token() == context.token
    assert context.GetCurrentApartmentType() == APTTYPE.MTA
    assert context.QueryInterface(IObjectContextInfo).GetContextId()
    for cls in FIVE:
        made = pyorpc.create_instance(cls, IProbe)
        assert made.Add(1, 2) == 3
        assert isinstance(made, cls) == (cls in (ProbeFree, ProbeBoth))
    packet = pyorpc.marshal_interface(probe, IProbe)
    assert pyorpc.unmarshal_interface(packet, IProbe) is probe
    pyorpc.release_marshal_data(pyorpc.marshal_interface(probe, IProbe))
    assert pyorpc.lock_object_external(probe, True) == HRESULT.S_OK
    assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
    neutral = pyorpc.create_instance(ProbeNeutral, IProbe)
    assert neutral.ThreadId() == threading.get_ident()
    return neutral


def work_implicitly(test: Parent) -> None:
    test.send(kind())
    holder = Holder()
    test.send(kind())
    probe = Probe()
    neutral = use_everything(probe)
    cookie = pyorpc.register_class_object(ProbeBoth, ProbeBoth, INPROC)
    table = pyorpc.global_interface_table()
    in_table = table.RegisterInterfaceInGlobal(probe, IProbe)
    agile = pyorpc.agile_reference(probe, IProbe)

    def in_an_sta() -> list[Any]:
        with pyorpc.enter_apartment(STA):
            away = table.GetInterfaceFromGlobal(in_table, IProbe)
            return [away is not probe, away.Place()[1], agile.resolve().Add(1, 2)]

    test.send(on_a_thread(in_an_sta))
    test.send(kind())
    holder.leave()
    # The MTA has ended, and with it what was in it.
    test.send([kind(), code_of(neutral.Add, 1, 2)])
    test.send([code_of(table.GetInterfaceFromGlobal, in_table, IProbe), code_of(agile.resolve)])
    test.send(code_of(pyorpc.revoke_class_object, cookie))
    again = Holder()
    test.send([kind(), code_of(table.GetInterfaceFromGlobal, in_table, IProbe) != 0])
    test.send(code_of(pyorpc.revoke_class_object, cookie))
    test.send(code_of(neutral.Add, 1, 2))
    again.leave()


def test_a_thread_outside_com_works_in_the_mta_while_there_is_one(spawn: Spawn) -> None:
    child = spawn(work_implicitly)
    assert child.receive() == OUTSIDE
    assert child.receive() == IMPLICIT
    assert child.receive() == [True, APTTYPE.MTA, 3]
    assert child.receive() == IMPLICIT
    assert child.receive() == [OUTSIDE, HRESULT.CO_E_OBJNOTCONNECTED]
    assert child.receive() == [NOT_INITIALIZED, NOT_INITIALIZED]
    assert child.receive() == NOT_INITIALIZED
    assert child.receive() == [IMPLICIT, True]
    assert child.receive() == HRESULT.E_INVALIDARG
    assert child.receive() == HRESULT.CO_E_OBJNOTCONNECTED
    assert child.join() == 0


def initialise_from_the_implicit_mta(test: Parent) -> None:
    holder = Holder()
    for coinit in (MTA, STA):
        before = kind()
        entered = code_of(pyorpc.initialize, coinit)
        inside = kind()
        pyorpc.uninitialize()
        test.send([before, entered, inside, kind()])
        pyorpc.uninitialize()  # of what was never counted
        assert kind() == before
    cookie = pyorpc.increment_mta_usage()
    holder.leave()
    test.send(kind())
    pyorpc.decrement_mta_usage(cookie)
    test.send([kind(), code_of(pyorpc.initialize, STA), kind()])
    # An STA that needs the MTA makes it; threads outside COM are in it then.
    made = pyorpc.create_instance(ProbeFree, IProbe)
    test.send([int(made.Place()[1]), on_a_thread(kind)])
    pyorpc.uninitialize()
    test.send([kind(), on_a_thread(kind)])


def test_a_thread_of_the_implicit_mta_may_still_initialise(spawn: Spawn) -> None:
    child = spawn(initialise_from_the_implicit_mta)
    none = APTTYPEQUALIFIER.NONE
    assert child.receive() == [IMPLICIT, HRESULT.S_OK, [APTTYPE.MTA, none], IMPLICIT]
    assert child.receive() == [IMPLICIT, HRESULT.S_OK, [APTTYPE.MAINSTA, none], IMPLICIT]
    assert child.receive() == IMPLICIT
    assert child.receive() == [OUTSIDE, HRESULT.S_OK, [APTTYPE.MAINSTA, none]]
    assert child.receive() == [APTTYPE.MTA, IMPLICIT]
    assert child.receive() == [OUTSIDE, OUTSIDE]
    assert child.join() == 0


def call_through_a_dead_mta(test: Parent, packet: bytes) -> None:
    """A proxy of the implicit MTA, used after that has ended, and in the next one."""
    holder = Holder()
    far = pyorpc.unmarshal_interface(packet, IProbe)
    test.send(far.Add(1, 2))
    holder.leave()
    test.send(code_of(far.Add, 1, 2))
    again = Holder()
    test.send([code_of(far.Add, 1, 2), kind(), pyorpc.release(far)])
    again.leave()


def test_a_proxy_of_the_implicit_mta_ends_with_it(spawn: Spawn) -> None:
    server = spawn(serve_probe, int(STA), {})
    child = spawn(call_through_a_dead_mta, server.receive())
    assert child.receive() == 3
    assert child.receive() == HRESULT.CO_E_OBJNOTCONNECTED
    assert child.receive() == [HRESULT.CO_E_OBJNOTCONNECTED, IMPLICIT, 0]
    assert child.join() == 0


# ---- Leaving ------------------------------------------------------------------------------


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_leaving_gives_back_what_proxies_hold_though_they_are_kept(
    spawn: Spawn, coinit: COINIT
) -> None:
    child = spawn(serve_probe, int(MTA), {})
    packet = child.receive()

    def alive_there() -> int:
        child.send("alive")
        return int(child.receive())

    with Runtime() as runtime, ApartmentThread(runtime, STA) as near:
        before = alive()
        held: list[IProbe] = []

        def hold() -> None:
            with runtime.enter_apartment(coinit):
                held.append(pyorpc.unmarshal_interface(packet, IProbe))
                made = held[0].Make()
                assert made is not None
                held.append(made)
                here = near.run(pyorpc.marshal_interface, Probe(), IProbe, INPROC_PACKET)
                held.append(pyorpc.unmarshal_interface(here, IProbe))
                assert [each.Add(1, 2) for each in held] == [3, 3, 3]

        on_a_thread(hold)
        wait_until(lambda: alive_there() == 1, "the far reference is given back", 2)
        wait_until(lambda: len(ALIVE) == before, "the near reference is given back", 2)
        gone = HRESULT.CO_E_OBJNOTCONNECTED

        def use() -> list[int]:
            return [code_of(each.Add, 1, 2) for each in held]

        # Tested before the calling thread: from no apartment, from the same kind, from another.
        assert on_a_thread(use) == [gone] * 3
        assert near.run(use) == [gone] * 3
        with runtime.enter_apartment(coinit):
            assert use() == [gone] * 3
            assert [code_of(each.QueryInterface, pyorpc.IUnknown) for each in held] == [gone] * 3
            assert code_of(pyorpc.marshal_interface, held[0], IProbe) == gone
        assert [pyorpc.release(each) for each in held] == [0, 0, 0]
        held.clear()
        gc.collect()


def test_an_mta_that_is_still_used_does_not_end_with_one_of_its_threads() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as stays,
    ):
        with ApartmentThread(runtime, MTA) as goes:
            packet = goes.run(pyorpc.marshal_interface, Probe(), IProbe, INPROC_PACKET)
            pointer = sta.run(pyorpc.unmarshal_interface, packet, IProbe)
            cookie = goes.run(pyorpc.register_class_object, ProbeBoth, ProbeBoth, INPROC)
        assert sta.run(pointer.Add, 1, 2) == 3
        stays.run(pyorpc.revoke_class_object, cookie)


def test_a_thread_that_leaves_and_comes_back_is_another_logical_thread() -> None:
    def look() -> tuple[str, int]:
        with runtime.enter_apartment(STA):
            first = str(pyorpc.get_current_logical_thread_id())
            assert str(pyorpc.get_current_logical_thread_id()) == first
            return first, pyorpc.get_context_token()

    with Runtime() as runtime:
        (one, token), (two, other_token) = look(), look()
        assert one != two
        assert token != other_token


@pytest.mark.parametrize("where", ["MTA pool", "STA"])
def test_one_uninitialize_too_many_inside_a_call_does_not_break_the_apartment(where: str) -> None:
    class LeavesTooOften(Probe):
        def Add(self, a: int, b: int) -> int:
            assert code_of(pyorpc.initialize, STA if where == "MTA pool" else MTA) == CHANGED_MODE
            pyorpc.uninitialize()
            pyorpc.uninitialize()
            return int(pyorpc.get_apartment_type()[0])

    coinit = MTA if where == "MTA pool" else STA
    with in_apartment(STA) as runtime, ProbeThread(runtime, coinit, LeavesTooOften()) as far:
        pointer = pyorpc.unmarshal_interface(far.packet, IProbe)
        for _ in range(5):
            assert pointer.Add(1, 2) == (APTTYPE.MTA if coinit == MTA else APTTYPE.STA)
        assert pointer.Place()[1] in (APTTYPE.MTA, APTTYPE.STA)


def test_a_thread_is_in_one_runtime_until_it_leaves() -> None:
    with Runtime() as one, Runtime() as two:
        with one.enter_apartment(MTA):
            with pytest.raises(ComError) as refused, two.enter_apartment(MTA):
                pass
            assert refused.value.hresult in (HRESULT.RPC_E_CHANGED_MODE, HRESULT.E_UNEXPECTED)
            assert pyorpc.initialize(MTA) == HRESULT.S_FALSE
            pyorpc.uninitialize()
            assert pyorpc.get_apartment_type()[0] == APTTYPE.MTA
        with two.enter_apartment(STA):
            assert pyorpc.get_apartment_type()[0] == APTTYPE.MAINSTA


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_after_the_runtime_is_closed_everything_is_refused_and_nothing_hangs(
    spawn: Spawn, coinit: COINIT
) -> None:
    child = spawn(serve_probe, int(MTA), {})
    with Runtime() as runtime, runtime.enter_apartment(coinit):
        far = pyorpc.unmarshal_interface(child.receive(), IProbe)
        free = pyorpc.create_instance(ProbeFree, IProbe)
        apart = pyorpc.create_instance(ProbeApartment, IProbe)
        assert [each.Add(1, 2) for each in (far, free, apart)] == [3, 3, 3]
        cookie = pyorpc.global_interface_table().RegisterInterfaceInGlobal(far, IProbe)
        table = pyorpc.global_interface_table()
        runtime.close()
        assert code_of(far.Add, 1, 2) == HRESULT.CO_E_OBJNOTCONNECTED
        assert code_of(far.QueryInterface, pyorpc.IUnknown) == HRESULT.CO_E_OBJNOTCONNECTED
        refusals = [
            code_of(pyorpc.create_instance, ProbeBoth, IProbe),
            code_of(pyorpc.create_instance, ProbeFree, IProbe),
            code_of(pyorpc.marshal_interface, Probe(), IProbe),
            code_of(pyorpc.create_context),
            code_of(table.GetInterfaceFromGlobal, cookie, IProbe),
        ]
        assert all(refusals), [f"{code:08x}" for code in refusals]
        assert pyorpc.release(far) == 0
        assert code_of(runtime.initialize, thread_state(), coinit) == HRESULT.E_UNEXPECTED
    assert kind() == OUTSIDE


def test_wrong_arguments_are_named() -> None:
    nonsense: Any = "both"
    assert code_of(pyorpc.initialize, nonsense) == HRESULT.E_INVALIDARG
    assert kind() == OUTSIDE
