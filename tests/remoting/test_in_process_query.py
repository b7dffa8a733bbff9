"""An object's own QueryInterface runs where the object lives."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, Runtime
from pyorpc.wire.objref import unpack
from tests.support.apartment_thread import ApartmentThread
from tests.support.failures import failure_of
from tests.support.far_runtime import FarRuntime
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import INobody, IProbe, IProbeMore

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Choosy(Probe):
    """Answers QueryInterface itself, and notes where."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, int]] = []

    def QueryInterface(self, iface: Any) -> Any:
        self.asked.append((threading.get_ident(), pyorpc.get_context_token()))
        if iface is INobody:
            raise ZeroDivisionError("not that")
        return super().QueryInterface(iface)


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_it_runs_on_a_thread_of_the_objects_apartment_in_its_context(coinit: COINIT) -> None:
    with (
        Runtime() as runtime,
        ApartmentThread(runtime, STA) as home,
        ApartmentThread(runtime, coinit) as client,
    ):
        probe = Choosy()
        context = home.run(pyorpc.create_context)

        def marshal() -> bytes:
            packet: bytes = context.run(pyorpc.marshal_interface, probe, IProbe, MSHCTX.INPROC)
            return packet

        pointer: Any = client.run(pyorpc.unmarshal_interface, home.run(marshal), IProbe)
        [where, *_] = probe.asked
        probe.asked.clear()
        more = client.run(pointer.QueryInterface, IProbeMore)
        assert client.run(more.Log) == ""
        assert probe.asked == [where]
        assert where[0] == home.ident
        failure = client.run(failure_of, pointer.QueryInterface, INobody)
        assert failure == HRESULT.RPC_E_SERVERFAULT
        # The other context of the same thread asks without a hand-off.
        near: Any = home.run(pyorpc.unmarshal_interface, home.run(marshal), IProbe)
        assert client.run(failure_of, near.Add, 1, 2) == HRESULT.RPC_E_WRONG_THREAD
        probe.asked.clear()
        assert home.run(failure_of, near.QueryInterface, INobody) == HRESULT.RPC_E_SERVERFAULT
        assert probe.asked == [where]


def test_from_another_process_too() -> None:
    probe = Choosy()
    with FarRuntime(STA, probe) as far, in_apartment(MTA):
        pointer = far.pointer()
        probe.asked.clear()
        pointer.QueryInterface(IProbeMore)
        assert [ident for ident, _ in probe.asked] == [far.thread.ident]
        assert failure_of(pointer.QueryInterface, INobody) == HRESULT.RPC_E_SERVERFAULT


def test_an_apartment_that_has_ended_refuses() -> None:
    with Runtime() as runtime, ApartmentThread(runtime, MTA) as client:
        with ApartmentThread(runtime, STA) as home:
            packet = home.run(pyorpc.marshal_interface, Choosy(), IProbe, MSHCTX.INPROC)
            pointer: Any = client.run(pyorpc.unmarshal_interface, packet, IProbe)
        refused = client.run(failure_of, pointer.QueryInterface, IProbeMore)
        assert refused == HRESULT.RPC_E_DISCONNECTED
        assert unpack(packet).iid == IProbe.IID
