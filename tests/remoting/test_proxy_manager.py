"""The references that a context holds on one object: spared, passed on, given back once."""

from __future__ import annotations

import gc
import threading

import pyorpc
from pyorpc import COINIT
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.exporter import PUBLIC_REFS
from pyorpc.remoting.proxy import InterfaceProxy
from pyorpc.remoting.proxy_manager import FEWEST, MOST, ProxyManager
from tests.support.far_runtime import FarRuntime
from tests.support.probe import in_apartment
from tests.support.probe_idl import IProbe, IProbeMore
from tests.support.waiting import wait_until
from tests.support.work import Running

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


def manager_of(pointer: object) -> ProxyManager:
    assert isinstance(pointer, InterfaceProxy)
    return pointer.manager


def test_all_proxies_of_an_object_in_a_context_share_one_manager() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe = far.pointer()
        manager = manager_of(probe)
        assert manager_of(probe.QueryInterface(IProbeMore)) is manager
        assert manager.context is thread_state().context
        private = pyorpc.create_context()
        packet = far.packet()
        other = private.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert manager_of(other) is not manager
        assert other == probe


def test_references_of_every_packet_are_counted_and_all_go_back() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointers = [far.pointer() for _ in range(3)]
        manager = manager_of(pointers[0])
        assert sum(manager.counts.values()) == far.references() == 3 * PUBLIC_REFS
        for pointer in pointers:
            pyorpc.release(pointer)
        assert manager.counts == {}
        assert far.references() == 0


def test_references_that_nobody_needs_go_back_by_and_by() -> None:
    with FarRuntime() as far, in_apartment(STA):
        pointer = far.pointer()
        manager = manager_of(pointer)
        for _ in range(MOST):  # each time the far object passes itself, references come with it
            assert pointer.Same(pointer) is pointer
            assert FEWEST <= sum(manager.counts.values()) <= MOST or far.references() < MOST
        wait_until(lambda: far.references() <= MOST + PUBLIC_REFS, "the surplus goes back")
        assert pointer.Add(1, 2) == 3
        for _ in range(MOST + 1):
            pyorpc.release(pointer)
        wait_until(lambda: far.references() == 0, "and so do the rest")


def test_half_of_the_references_can_be_spared_and_the_last_one_cannot() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe = far.pointer()
        manager = manager_of(probe)
        [ipid] = manager.counts
        assert [manager.give(ipid) for _ in range(4)] == [2, 1, 1, 0]
        assert manager.counts[ipid] == 1
        manager.took(IProbe.IID, ipid, 4)


def test_passing_a_pointer_on_again_and_again_keeps_the_counts_right() -> None:
    with FarRuntime() as far, in_apartment(STA):
        probe = far.pointer()
        packets = [pyorpc.marshal_interface(probe, IProbe) for _ in range(10)]
        assert probe.Add(1, 2) == 3
        for packet in packets:
            pyorpc.release_marshal_data(packet)
        assert pyorpc.release(probe) == 0
        wait_until(lambda: far.references() == 0, "every reference has come back")


def test_a_collected_proxy_gives_its_references_back_from_any_thread() -> None:
    with FarRuntime() as far, in_apartment(STA):
        held = [far.pointer()]

        def collect() -> None:
            held.clear()
            gc.collect()

        Running(collect).join()
        wait_until(lambda: far.references() == 0, "the references go back")


def test_a_finalizer_that_runs_inside_the_managers_own_locks_does_not_deadlock() -> None:
    with FarRuntime() as far, in_apartment(MTA):
        probe, other = far.pointer(), far.pointer().Make()
        manager = manager_of(probe)
        context = thread_state().context
        assert context is not None
        assert other is not None
        held = [other]
        del other

        def collect() -> None:
            with context.lock, manager.lock:
                held.clear()
                gc.collect()

        thread = threading.Thread(target=collect)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
        wait_until(lambda: far.objects() == 1, "the collected proxy's object goes")
