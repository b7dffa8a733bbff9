"""FTM: agile objects and the free-threaded marshaler."""

from __future__ import annotations

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS, Runtime, ThreadingModel, coclass
from pyorpc.remoting.proxy import InterfaceProxy
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, ProbeThread, alive
from tests.support.probe_idl import IProbe

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


@coclass(
    "7e2d1a54-0c6b-4f0e-9a5b-5c1f6a3e1501",
    threading_model=ThreadingModel.BOTH,
    free_threaded_marshaler=True,
)
class Agile(Probe):
    """Everybody in the process has the object itself."""

    def __init__(self) -> None:
        super().__init__()
        self.cookie = 0

    def CallHeld(self, a: int, b: int) -> int:
        if self.cookie:
            table = pyorpc.global_interface_table()
            return table.GetInterfaceFromGlobal(self.cookie, IProbe).Add(a, b)
        return super().CallHeld(a, b)


def packet_of(probe: Probe, flags: MSHLFLAGS = MSHLFLAGS.NORMAL) -> bytes:
    return pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, flags)


def new_packet(flags: MSHLFLAGS) -> bytes:
    """Of an agile object that nobody else holds."""
    return packet_of(Agile(), flags)


def take(packet: bytes) -> IProbe:
    return pyorpc.unmarshal_interface(packet, IProbe)


def forget_tasks(*threads: ApartmentThread) -> None:
    """A thread keeps its last task, and what that was given or returned, until the next one."""
    for thread in threads:
        thread.run(int)


def test_FTM_01_direct_pointer_in_every_apartment_of_the_process() -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as sta,
        ApartmentThread(runtime, MTA) as mta,
        ApartmentThread(runtime, STA) as other,
    ):
        made = sta.run(pyorpc.create_instance, Agile, IProbe)
        for thread in (mta, other, sta):
            pointer = thread.run(take, sta.run(packet_of, made))
            assert pointer is made
            assert thread.run(pointer.ThreadId) == thread.ident


@pytest.mark.parametrize("receiver", [STA, MTA])
def test_FTM_03_references_held_by_ftm_packets(receiver: COINIT) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, receiver) as other,
    ):
        before = alive()
        packet = home.run(new_packet, MSHLFLAGS.NORMAL)
        assert alive() == before + 1
        pointers: list[IProbe] = []
        other.run(lambda: pointers.append(take(packet)))
        assert runtime.exporter.managers() == []  # the pointer has it, and nothing else
        assert alive() == before + 1
        pointers.clear()
        assert alive() == before
        other.run(pyorpc.release_marshal_data, home.run(new_packet, MSHLFLAGS.NORMAL))
        assert alive() == before

        packet = home.run(new_packet, MSHLFLAGS.TABLESTRONG)
        for _ in range(2):
            assert other.run(take, packet).Add(1, 2) == 3
        assert alive() == before + 1
        home.run(pyorpc.release_marshal_data, packet)
        forget_tasks(home, other)
        assert alive() == before

        probes = [Agile()]
        packet = home.run(packet_of, probes[0], MSHLFLAGS.TABLEWEAK)
        assert other.run(take, packet) is probes[0]
        assert home.run(pyorpc.disconnect_object, probes[0]) == HRESULT.S_OK
        assert other.run(take, packet) is probes[0]
        probes.clear()
        forget_tasks(home, other)
        assert alive() == before
        assert other.run(failure_of, take, packet) == HRESULT.CO_E_OBJNOTREG


def test_FTM_04_ftm_object_that_keeps_an_apartment_bound_pointer() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, MTA) as far,
        ApartmentThread(runtime, STA) as a,
        ApartmentThread(runtime, STA) as b,
    ):
        agile = Agile()
        agile.held = a.run(take, far.packet)
        assert a.run(agile.CallHeld, 1, 2) == 3
        assert b.run(failure_of, agile.CallHeld, 1, 2) == HRESULT.RPC_E_WRONG_THREAD

        def register() -> int:
            return pyorpc.global_interface_table().RegisterInterfaceInGlobal(agile.held, IProbe)  # type: ignore[arg-type]

        agile.cookie = a.run(register)
        assert b.run(agile.CallHeld, 1, 2) == 3


def test_an_agile_object_is_itself_in_calls_between_apartments_and_a_proxy_elsewhere() -> None:
    with (
        Runtime() as runtime,
        ProbeThread(runtime, STA) as host,
        ApartmentThread(runtime, MTA) as client,
        FarRuntime() as far,
    ):
        agile = Agile()
        pointer = client.run(take, host.packet)
        client.run(pointer.Hold, agile)
        assert host.probe.held is agile
        assert client.run(pointer.Same, agile) is agile
        outside = client.run(take, far.packet())
        client.run(outside.Hold, agile)
        assert isinstance(far.probe.held, InterfaceProxy)
        assert client.run(outside.Same, agile) is agile
        client.run(outside.LetGo)
