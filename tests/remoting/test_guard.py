"""Debug mode: whoever calls a raw pointer outside its object's context is told so, and where."""

from __future__ import annotations

import logging
import re
import threading
from abc import ABC
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, ComError, Runtime, Success, ThreadingModel
from pyorpc.activation.coclass import record_of
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.guard import PLACES, interface_methods
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Parent
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import DEADLINE_S

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
WHERE = r"at \S+test_guard\.py:\d+ in "


@pyorpc.coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3ed001", threading_model=ThreadingModel.BOTH)
class Both(Probe):
    pass


@pyorpc.coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3ed002", threading_model=ThreadingModel.NEUTRAL)
class Neutral(Probe):
    made: ClassVar[list[Probe]] = []

    def __init__(self) -> None:
        super().__init__()
        self.made.append(self)


@pyorpc.coclass("7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3ed003", free_threaded_marshaler=True)
class Agile(Probe):
    pass


def settle(probe: Probe) -> bytes:
    """Marshal it, which makes where we are its home."""
    return pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)


@contextmanager
def registered(implementation: type) -> Generator[None]:
    pyorpc.register_inproc_class(implementation)
    try:
        yield
    finally:
        pyorpc.unregister_inproc_class(record_of(implementation).clsid)


def refusal_of(function: Callable[..., Any], *args: Any) -> ComError:
    with pytest.raises(ComError) as refused:
        function(*args)
    assert refused.value.hresult == HRESULT.RPC_E_WRONG_THREAD
    assert refused.value.executed == "no"
    return refused.value


# ---- What is refused -------------------------------------------------------------------------


def test_without_debug_mode_nothing_is_watched() -> None:
    with in_apartment(STA) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = Probe()
        settle(probe)
        assert type(probe) is Probe
        assert other.run(probe.Add, 1, 2) == 3


def test_a_raw_pointer_smuggled_into_another_apartment_is_refused_with_all_places() -> None:
    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = Probe()
        assert pyorpc.unmarshal_interface(settle(probe), IProbe) is probe

        def smuggled() -> None:
            probe.Echo("too late")

        text = refusal_of(other.run, smuggled).description
        assert probe.log == []
        assert re.search(
            rf"^Probe\.Echo was called .* {WHERE}.*smuggled, in <default context ", text
        )
        assert f"lives in {thread_state().context!r}" in text
        assert "(thread test " in text
        assert re.search(rf"first marshaled {WHERE}settle; unmarshaled {WHERE}test_a_raw", text)
        for way in ("marshal_inter_thread_interface", "agile_reference", "global_interface_table"):
            assert hasattr(pyorpc, way)
            assert way in text
        assert probe.Echo("at home") == "at home"


def test_a_raw_pointer_smuggled_into_another_context_of_its_apartment_is_refused() -> None:
    with in_apartment(STA, debug=True):
        a, b = pyorpc.create_context(), pyorpc.create_context()
        probe = Probe()
        packet = a.run(settle, probe)
        assert "private context" in refusal_of(b.run, probe.Add, 1, 2).description
        refusal_of(probe.Add, 1, 2)
        assert a.run(probe.Add, 1, 2) == 3
        pointer = b.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert b.run(pointer.Add, 1, 2) == 3


def test_a_thread_outside_com_is_refused() -> None:
    with in_apartment(STA, debug=True):
        probe = Probe()
        settle(probe)
        text = refusal_of(on_a_thread, lambda: probe.Add(1, 2)).description
        assert "outside COM" in text


def test_threads_of_the_mta_share_their_objects_also_those_outside_com() -> None:
    with in_apartment(MTA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = Probe()
        settle(probe)
        assert other.run(probe.Add, 1, 2) == 3
        assert on_a_thread(lambda: probe.Add(1, 2)) == 3
        with ApartmentThread(runtime, STA) as sta:
            refusal_of(sta.run, probe.Add, 1, 2)


def test_an_activated_object_is_watched_and_the_text_names_its_activation() -> None:
    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        with registered(Both):
            both = pyorpc.create_instance(Both, IProbe)
        text = refusal_of(other.run, both.Add, 1, 2).description
        assert re.search(rf"activated {WHERE}test_an_activated", text)


def test_what_a_proxy_gives_back_and_what_a_call_brings_home_is_named_too() -> None:
    with in_apartment(STA, debug=True) as runtime, ProbeThread(runtime, MTA) as far:
        probe = Probe()
        pointer = pyorpc.unmarshal_interface(far.packet, IProbe)
        assert pointer.Same(probe) is probe
        text = refusal_of(on_a_thread, lambda: probe.Add(1, 2)).description
        assert re.search(
            rf"first marshaled {WHERE}test_what_.*; unmarshaled {WHERE}test_what_", text
        )
        pointer.Hold(pointer)  # arrives as the far probe itself
        text = refusal_of(far.probe.Add, 1, 2).description
        assert "unmarshaled in a call of IProbe.Hold" in text


# ---- What is not -----------------------------------------------------------------------------


def test_calls_through_pointers_of_every_distance_come_in() -> None:
    with FarRuntime(STA, debug=True) as far, in_apartment(STA, debug=True) as runtime:
        assert far.pointer().Descend(Probe(), 4) == 5
        with ProbeThread(runtime, STA) as other:
            assert pyorpc.unmarshal_interface(other.packet, IProbe).Descend(Probe(), 4) == 5


def test_a_neutral_object_is_called_through_its_pointer_on_any_thread() -> None:
    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        with registered(Neutral):
            here = pyorpc.create_instance(Neutral, IProbe)
            there = other.run(pyorpc.create_instance, Neutral, IProbe)
        assert here.ThreadId() == threading.get_ident()
        assert other.run(there.ThreadId) == other.ident
        raw = here.Same(here)
        assert here.CallBack(raw) == threading.get_ident()  # there it is the object itself
        for object_itself in Neutral.made:
            refusal_of(object_itself.Add, 1, 2)  # the neutral apartment was not entered
        Neutral.made.clear()


def test_an_agile_object_is_nobodys() -> None:
    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        agile = Agile()
        settle(agile)
        assert type(agile) is Agile
        assert other.run(agile.Add, 1, 2) == 3


def test_the_objects_of_an_apartment_that_has_ended_are_free() -> None:
    with in_apartment(STA, debug=True) as runtime:
        probe = Probe()
        with ApartmentThread(runtime, STA) as other:
            other.run(settle, probe)
            refusal_of(probe.Add, 1, 2)
        assert probe.Add(1, 2) == 3
        settle(probe)
        assert probe.Add(1, 2) == 3
        refusal_of(on_a_thread, lambda: probe.Add(1, 2))


def test_attributes_private_methods_and_methods_of_no_interface_are_not_guarded() -> None:
    class WithMore(Probe):
        def _private(self) -> str:
            return "private"

        def more(self) -> str:
            return "more"

    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = WithMore()
        settle(probe)
        assert other.run(lambda: (probe.held, probe._private(), probe.more())) == (
            None,
            "private",
            "more",
        )
        assert other.run(probe.QueryInterface, IProbeMore) is probe
    assert interface_methods(WithMore) == interface_methods(Probe)
    assert "Add" in interface_methods(Probe)
    assert "QueryInterface" not in interface_methods(Probe)


# ---- The object stays what it is -------------------------------------------------------------


class Derived(Probe):
    """Says more than a probe."""

    def Echo(self, text: str) -> str:
        return super().Echo(text) + "!"


def test_a_watched_object_is_of_its_class_by_every_measure_but_its_type() -> None:
    with in_apartment(STA, debug=True) as runtime:
        derived = Derived()
        before = repr(derived)
        settle(derived)
        assert isinstance(derived, Derived)
        assert repr(derived) == before
        cls = type(derived)
        assert (cls.__name__, cls.__qualname__) == ("Derived", Derived.__qualname__)
        assert (cls.__module__, cls.__doc__) == (Derived.__module__, Derived.__doc__)
        assert derived.Echo("hear") == "hear!"
        assert derived.QueryInterface(IProbeMore) is derived
        assert pyorpc.is_same_object(derived, derived.QueryInterface(IProbe))
        other = Derived()
        settle(other)
        assert type(other) is cls
        assert runtime.exporter.manager_of(derived) is not runtime.exporter.manager_of(other)


def test_an_object_that_makes_more_of_its_own_type_makes_unsettled_ones() -> None:
    with in_apartment(STA, debug=True) as runtime, ApartmentThread(runtime, MTA) as other:
        probe = Probe()
        settle(probe)
        twin = type(probe)()
        assert other.run(twin.Add, 1, 2) == 3
        other.run(settle, twin)
        assert type(twin) is type(probe)
        refusal_of(twin.Add, 1, 2)


def test_a_class_record_and_success_codes_survive() -> None:
    class Lenient(Both):
        def Echo(self, text: str) -> str:
            return Success(HRESULT.S_FALSE, text)

    with FarRuntime(STA, Lenient(), debug=True) as far, in_apartment(STA):
        pointer = far.pointer()
        assert pointer.Echo("a") == "a"
        assert pyorpc.last_hresult() == HRESULT.S_FALSE


def test_the_first_place_and_the_latest_are_kept() -> None:
    with in_apartment(STA, debug=True):
        probe = Probe()
        settle(probe)
        for line in range(2 * PLACES):
            source = "\n" * line + "pyorpc.unmarshal_interface(settle(probe), IProbe)"
            exec(compile(source, "many.py", "exec"), globals() | {"probe": probe})
        text = refusal_of(on_a_thread, lambda: probe.Add(1, 2)).description
        places = text.partition("handed out at home: ")[2].split("; ")
        assert len(places) == PLACES
        assert places[0].startswith("first marshaled ")
        assert places[-1] == f"unmarshaled at many.py:{2 * PLACES} in <module>"


# ---- Classes that cannot be guarded ----------------------------------------------------------


def test_a_class_that_allows_no_subclass_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Final(Probe):
        def __init_subclass__(cls) -> None:
            raise TypeError("no subclasses of this")

    with caplog.at_level(logging.WARNING), in_apartment(STA, debug=True):
        probes = [Final(), Final()]
        for probe in probes:
            settle(probe)
            assert type(probe) is Final
            assert on_a_thread(partial(probe.Add, 1, 2)) == 3
    said = [each.getMessage() for each in caplog.records if "guarded" in each.getMessage()]
    assert len(said) == 1
    assert "Final" in said[0]
    assert "no subclasses of this" in said[0]


def test_slots_builtin_bases_and_metaclasses_are_no_hindrance() -> None:
    class Slotted(IProbe):
        __slots__ = ("a",)

        def Add(self, a: int, b: int) -> int:
            return a + b

    class Number(IProbe, int):
        def Add(self, a: int, b: int) -> int:
            return a + b + self

    class Abstract(IProbe, ABC):
        def Add(self, a: int, b: int) -> int:
            return a + b

    class Frozen(IProbe):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

        def Add(self, a: int, b: int) -> int:
            return a + b

    with in_apartment(STA, debug=True):
        for probe in (Slotted(), Number(0), Abstract(), Frozen()):
            pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC)
            assert probe.Add(1, 2) == 3
            refusal_of(on_a_thread, partial(probe.Add, 1, 2))


# ---- How one asks for it ---------------------------------------------------------------------


def smuggle_in_a_process(test: Parent, by_configure: bool) -> None:
    if by_configure:
        pyorpc.configure(debug=True)
    with pyorpc.enter_apartment(STA):
        probe = Probe()
        settle(probe)
        try:
            on_a_thread(lambda: probe.Add(1, 2))
        except ComError as error:
            test.send(int(error.hresult))
        else:
            test.send(0)


@pytest.mark.processes
@pytest.mark.parametrize("by_configure", [False, True])
def test_it_is_asked_for_by_configure_or_the_environment(spawn: Spawn, by_configure: bool) -> None:
    environment = {} if by_configure else {"PYORPC_DEBUG": "1"}
    child = spawn(smuggle_in_a_process, by_configure, environment=environment)
    assert child.receive() == HRESULT.RPC_E_WRONG_THREAD


def test_two_threads_that_settle_objects_of_a_new_class_at_once_both_get_guarded_ones() -> None:
    class New(Probe):
        pass

    with (
        Runtime(debug=True) as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        probes = New(), New()
        barrier = threading.Barrier(2)

        def settle_one(probe: Probe) -> None:
            barrier.wait(DEADLINE_S)
            settle(probe)

        for task in [a.begin(settle_one, probes[0]), b.begin(settle_one, probes[1])]:
            task.join()
        refusal_of(b.run, probes[0].Add, 1, 2)
        refusal_of(a.run, probes[1].Add, 1, 2)
