"""Exported objects: their tables and counts, and what ends them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError, Runtime
from pyorpc.apartment.apartment import Apartment
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.exporter import PUBLIC_REFS, Exporter, home_context
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.gate import Gate
from tests.support.probe import Probe, ProbeThread, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until
from tests.support.work import Running

ECHO = 4
STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@contextmanager
def an_exported_probe() -> Generator[tuple[Runtime, Exporter, StubManager, Probe]]:
    with in_apartment(MTA) as runtime:
        probe = Probe()
        manager = runtime.exporter.export(probe, thread_state())
        yield runtime, runtime.exporter, manager, probe


def test_an_object_has_one_stub_manager_and_an_interface_one_ipid() -> None:
    with an_exported_probe() as (_, exporter, manager, probe):
        assert exporter.export(probe, thread_state()) is manager
        assert exporter.manager_of(probe) is exporter.manager(manager.oid) is manager
        first = exporter.interface(manager, IProbe)
        assert exporter.interface(manager, IProbe.IID) == first
        assert exporter.interface(manager, IProbeMore) != first
        assert home_context(probe) is manager.context


def test_a_reference_carries_five_and_the_last_one_retires_the_object() -> None:
    with an_exported_probe() as (_, exporter, manager, probe):
        ref = exporter.reference(manager, IProbe, is_remote=False)
        assert ref.public_refs == manager.public_refs == PUBLIC_REFS
        assert exporter.release(ref.ipid.bytes, PUBLIC_REFS - 1) is None
        assert exporter.release(ref.ipid.bytes, 1) is manager
        assert exporter.manager_of(probe) is None
        assert exporter.stub(ref.ipid.bytes) is None
        assert exporter.release(ref.ipid.bytes, 1) is None


def test_releasing_more_than_there_is_counts_as_releasing_all() -> None:
    with an_exported_probe() as (_, exporter, manager, _probe):
        ref = exporter.reference(manager, IProbe, is_remote=False)
        assert exporter.release(ref.ipid.bytes, 1_000_000) is manager
        assert manager.public_refs == 0


def test_a_retired_object_gives_no_more_references() -> None:
    with an_exported_probe() as (_, exporter, manager, _probe):
        exporter.reference(manager, IProbe, is_remote=False)
        assert exporter.retire(manager)
        assert not exporter.retire(manager)
        for refused in (
            lambda: exporter.add_refs(manager, 1),
            lambda: exporter.reference(manager, IProbeMore, is_remote=False),
        ):
            with pytest.raises(pyorpc.DisconnectedError) as error:
                refused()
            assert error.value.hresult == HRESULT.RPC_E_DISCONNECTED


def test_an_interface_that_the_object_refuses_leaves_no_reference_and_no_export() -> None:
    with in_apartment(MTA) as runtime:
        probe = Probe()
        with pytest.raises(ComError) as refused:
            pyorpc.marshal_interface(probe, INobody)
        assert refused.value.hresult == HRESULT.E_NOINTERFACE
        assert runtime.exporter.managers() == []
        manager = runtime.exporter.export(probe, thread_state())
        pyorpc.marshal_interface(probe, IProbe)
        with pytest.raises(ComError):
            pyorpc.marshal_interface(probe, INobody)
        assert manager.public_refs == PUBLIC_REFS


def test_an_object_whose_own_query_interface_fails_is_not_kept() -> None:
    class Failing(Probe):
        def QueryInterface(self, iface: object) -> IProbe:  # type: ignore[override]
            raise ZeroDivisionError

    with in_apartment(MTA) as runtime:
        with pytest.raises(ZeroDivisionError):
            pyorpc.marshal_interface(Failing(), IProbe)
        assert runtime.exporter.managers() == []


def test_a_packet_that_cannot_be_completed_takes_no_references(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_apartment(MTA) as runtime:
        probe = Probe()
        monkeypatch.setattr(runtime.network, "listen_endpoints", lambda: ("ipc:///nowhere/at/all",))
        with pytest.raises(Exception, match=r".*"):
            pyorpc.marshal_interface(probe, IProbe)
        assert runtime.exporter.manager_of(probe) is None


def test_an_object_of_an_apartment_that_has_ended_belongs_to_whoever_marshals_it_next() -> None:
    probe = Probe()
    with Runtime() as runtime, ApartmentThread(runtime, STA) as second:
        with ApartmentThread(runtime, STA) as first:
            first.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.INPROC)
        packet = second.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.INPROC)
        with runtime.enter_apartment(MTA):
            assert pyorpc.unmarshal_interface(packet, IProbe).ThreadId() == second.ident


def test_an_object_exported_while_its_apartment_ends_is_refused_or_dropped() -> None:
    with Runtime() as runtime:
        thread = ApartmentThread(runtime, STA)
        probe = Probe()
        with Gate.before(Exporter, "managers") as gate:
            ending = Running(thread.close)
            gate.wait_until_reached()  # 1. the apartment takes no more, its objects are about to go
            with runtime.enter_apartment(MTA):  # 2. meanwhile another thread exports
                packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)
                gate.open()  # 3. the apartment goes on ending
                ending.join()
                pointer = pyorpc.unmarshal_interface(packet, IProbe)
                assert pointer is probe
                assert len(runtime.exporter.managers()) <= 1


def test_two_threads_that_marshal_an_object_at_once_make_one_identity() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, MTA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        probe = Probe()
        with Gate.before(Exporter, "export") as gate:
            tasks = [
                thread.begin(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.INPROC)
                for thread in (a, b)
            ]
            gate.wait_until_reached(2)
            gate.open()
            packets = [task.join() for task in tasks]
        refs = [unpack(packet) for packet in packets]
        assert refs[0].oid == refs[1].oid
        assert refs[0].ipid == refs[1].ipid
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        assert manager.public_refs == 2 * PUBLIC_REFS


def test_the_last_reference_is_dropped_on_the_objects_own_thread() -> None:
    died_on: list[int] = []
    with in_apartment(MTA) as runtime, ProbeThread(runtime, STA) as far:
        maker = pyorpc.unmarshal_interface(far.packet, IProbe)

        class Mortal(Probe):
            def Make(self) -> IProbe | None:
                made = Probe()
                made.died_on = died_on.append
                return made

        far.probe.__class__ = Mortal
        made = maker.Make()
        assert made is not None
        assert pyorpc.release(made) == 0
        assert died_on == [far.ident]


def test_an_object_that_is_let_go_while_a_call_runs_stays_until_the_call_has_left() -> None:
    """The stub of a call in progress still has its object when the last reference goes."""
    with in_apartment(MTA) as runtime:
        probe = Probe()
        packet = pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        stub = manager.stubs[IProbe.IID]
        gate = Gate("before the stub's function")
        methods = type(stub).METHODS
        method, function = methods[ECHO]

        def gated(*args: Any) -> Any:
            gate.stop_here()
            return function(*args)

        with ApartmentThread(runtime, STA) as caller:
            methods[ECHO] = method, gated
            try:
                pointer = caller.run(pyorpc.unmarshal_interface, packet, IProbe)
                call = caller.begin(pointer.Echo, "still here")
                gate.wait_until_reached()  # 1. the call is inside, about to touch the object
                ipid = manager.ipids[IProbe.IID].bytes
                assert runtime.exporter.release(ipid, 1_000) is manager  # 2. nobody wants it
                item = runtime.exporter.drop(manager)
                wait_until(lambda: item.is_done, "whoever released it does not wait for the call")
                gate.open()  # 3. the call goes on
                assert call.join() == "still here"
                wait_until(lambda: manager.target is None, "the object goes with its last call")
            finally:
                methods[ECHO] = method, function
                gate.open()


def test_apartments_are_known_by_their_oxid_while_they_live() -> None:
    with Runtime() as runtime:
        with runtime.enter_apartment(STA):
            home = thread_state().home
            assert isinstance(home, Apartment)
            assert runtime.exporter.apartments[home.oxid] is home
        assert runtime.exporter.apartments == {}


class AsksBack(Probe):
    """Its __getattr__ looks at the exporter, as any code of the user's may."""

    def __init__(self, exporter: Exporter) -> None:
        super().__init__()
        self._exporter = exporter

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        lock = self._exporter._lock
        assert lock.acquire(timeout=1), f"the exporter's lock is held while {name} is looked up"
        lock.release()
        raise AttributeError(name)


def test_no_code_of_the_users_runs_in_the_exporters_lock() -> None:
    with in_apartment(COINIT.MULTITHREADED) as runtime:
        probe = AsksBack(runtime.exporter)
        pyorpc.release_marshal_data(pyorpc.marshal_interface(probe, IProbe))
