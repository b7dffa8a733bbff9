"""WRG: pointers used in the wrong apartment or context."""

from __future__ import annotations

import gc
import threading

import pyorpc
from pyorpc import APTTYPE, APTTYPEQUALIFIER, COINIT, HRESULT, Guid, Runtime
from pyorpc.interfaces.call_idl import ICallFactory
from tests.conftest import Spawn
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.apartment_thread import ApartmentThread
from tests.support.child import Child, Parent
from tests.support.failures import failure_of
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment, serve_probe
from tests.support.probe_idl import INobody, IProbe, IProbeMore
from tests.support.waiting import wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED
IID_IMULTIQI = Guid("00000020-0000-0000-c000-000000000046")


def test_WRG_01_proxy_used_from_another_apartment(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        proxy = a.run(pyorpc.unmarshal_interface, child.receive(), IProbe)
        before = a.run(pyorpc.statistics).requests_sent
        assert b.run(failure_of, proxy.Add, 1, 2) == HRESULT.RPC_E_WRONG_THREAD
        for iface in (IProbeMore, INobody, IID_IMULTIQI, ICallFactory):
            refused = b.run(failure_of, proxy.QueryInterface, iface)
            assert refused == HRESULT.RPC_E_WRONG_THREAD
        assert a.run(pyorpc.statistics).requests_sent == before
        assert a.run(proxy.Add, 1, 2) == 3
        assert a.run(pyorpc.statistics).requests_sent == before + 1


def _alive_in(child: Child) -> int:
    child.send("alive")
    return int(child.receive())


def test_WRG_03_release_from_the_wrong_apartment(spawn: Spawn) -> None:
    child = spawn(serve_probe, int(STA), {})
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, MTA) as b,
    ):
        maker = a.run(pyorpc.unmarshal_interface, child.receive(), IProbe)
        made = [a.run(maker.Make), a.run(maker.Make)]
        assert _alive_in(child) == 3
        last = made.pop()
        assert b.run(pyorpc.release, last) == 0
        wait_until(lambda: _alive_in(child) == 2, "the explicitly released object", 2)
        del last

        def collect() -> None:
            made.clear()
            gc.collect()

        b.run(collect)
        wait_until(lambda: _alive_in(child) == 1, "the collected proxy's object", 2)


def test_WRG_03_in_one_process() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        before = alive()
        made = pyorpc.unmarshal_interface(far.packet, IProbe).Make()
        assert len(ALIVE) == before + 1
        assert on_a_thread(lambda: pyorpc.release(made)) == 0
        wait_until(lambda: len(ALIVE) == before, "the released object", 2)


def share_among_mta_threads(test: Parent, packet: bytes) -> None:
    """In a child process, whose default Runtime has threads that never initialise."""
    main_may_end = threading.Event()
    shared: list[IProbe] = []
    unmarshaled = threading.Event()

    def first() -> None:
        with pyorpc.enter_apartment(MTA):
            shared.append(pyorpc.unmarshal_interface(packet, IProbe))
            unmarshaled.set()
            main_may_end.wait()

    def second() -> int:
        with pyorpc.enter_apartment(MTA):
            return shared[0].Add(1, 2)

    def implicit() -> tuple[int, int, int]:
        return *pyorpc.get_apartment_type(), shared[0].Add(3, 4)

    def sta() -> int:
        with pyorpc.enter_apartment(STA):
            return failure_of(shared[0].Add, 5, 6)

    holder = threading.Thread(target=first)
    holder.start()
    unmarshaled.wait()
    test.send([on_a_thread(second), on_a_thread(implicit), on_a_thread(sta)])
    main_may_end.set()
    holder.join()


def test_WRG_04_mta_proxies_are_shared_by_all_mta_threads(spawn: Spawn) -> None:
    with Runtime() as runtime, ProbeThread(runtime, STA) as far:
        sta = runtime.sta_of(far.ident)
        assert sta is not None
        packet = _remote_packet(runtime, far)
        child = spawn(share_among_mta_threads, packet)
        second, implicit, wrong = child.receive()
        assert second == 3
        assert implicit == [APTTYPE.MTA, APTTYPEQUALIFIER.IMPLICIT_MTA, 7]
        assert wrong == HRESULT.RPC_E_WRONG_THREAD
        assert child.join() == 0


def _remote_packet(runtime: Runtime, far: ProbeThread) -> bytes:
    with runtime.enter_apartment(MTA):
        packet: bytes = pyorpc.send_work(
            far.ident, pyorpc.marshal_interface, far.probe, IProbe, pyorpc.MSHCTX.LOCAL
        )
    return packet


class TellsItsContext(Probe):
    """Echoes the id of the context that it runs in."""

    def Echo(self, text: str) -> str:
        return str(pyorpc.get_object_context(pyorpc.IObjectContextInfo).GetContextId())


def test_WRG_06_raw_pointer_smuggled_into_another_context() -> None:
    with in_apartment(STA):
        a, b = pyorpc.create_context(), pyorpc.create_context()
        probe = TellsItsContext()
        packet = a.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.CROSSCTX)
        assert b.run(probe.Echo, "") == str(b.GetContextId())
        pointer = b.run(pyorpc.unmarshal_interface, packet, IProbe)
        assert pointer is not probe
        assert b.run(pointer.Echo, "") == str(a.GetContextId())
        assert a.GetContextId() != b.GetContextId()
