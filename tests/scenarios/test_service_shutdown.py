"""A service unloads: its context is disconnected as one. Retells seeds/contexts.txt."""

from __future__ import annotations

import threading
import time

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, ComError
from pyorpc.remoting.stub_manager import StubManager
from tests.scenarios.test_wrong_context import on_a_thread
from tests.support.probe import ALIVE, Probe, ProbeThread, alive, in_apartment
from tests.support.probe_idl import IProbe
from tests.support.waiting import DEADLINE_S, wait_until

STA, MTA = COINIT.APARTMENTTHREADED, COINIT.MULTITHREADED


class Service:
    """A private context in the MTA with two objects that go with it, and one client's proxies."""

    def __init__(self, runtime: pyorpc.Runtime) -> None:
        self.runtime = runtime
        self.context = pyorpc.create_context()
        self.probes = [Probe(), Probe()]
        self.packets: list[bytes] = self.context.run(self._marshal)

    def _marshal(self) -> list[bytes]:
        packets = [
            pyorpc.marshal_interface(probe, IProbe, pyorpc.MSHCTX.INPROC) for probe in self.probes
        ]
        for probe in self.probes:
            # As if a LOCAL_SERVER class object had made them.
            manager = self.runtime.exporter.manager_of(probe)
            assert isinstance(manager, StubManager)
            manager.goes_with_context = True
        return packets

    def disconnect(self, timeout_ms: int) -> HRESULT:
        return self.context.run(pyorpc.disconnect_context, timeout_ms)


def test_a_context_is_disconnected_and_its_objects_are_let_go() -> None:
    with in_apartment(MTA) as runtime:
        before = alive()
        service = Service(runtime)
        pointers = [pyorpc.unmarshal_interface(packet, IProbe) for packet in service.packets]
        assert [pointer.Place()[0] for pointer in pointers] == [service.context.token] * 2
        service.probes.clear()
        assert service.disconnect(5000) == HRESULT.S_OK
        wait_until(lambda: len(ALIVE) == before, "the objects are let go")
        for pointer in pointers:
            with pytest.raises(pyorpc.DisconnectedError) as gone:
                pointer.Add(1, 2)
            assert gone.value.hresult == HRESULT.RPC_E_DISCONNECTED
            assert pyorpc.release(pointer) == 0


def test_a_running_call_is_waited_for_and_keeps_its_own_result() -> None:
    with in_apartment(MTA) as runtime:
        service = Service(runtime)
        results: list[float] = []

        def call_it() -> None:
            with runtime.enter_apartment(STA):
                probe = pyorpc.unmarshal_interface(service.packets[0], IProbe)
                probe.Sleep(0.4)
                results.append(time.monotonic())

        caller = threading.Thread(target=call_it)
        caller.start()
        assert service.probes[0].started.wait(DEADLINE_S)
        with pytest.raises(pyorpc.CallTimeoutError) as late:
            service.disconnect(50)
        assert late.value.hresult == HRESULT.RPC_E_TIMEOUT
        assert service.disconnect(5000) == HRESULT.S_OK
        returned = time.monotonic()
        caller.join(DEADLINE_S)
        assert results
        assert returned > results[0] - 0.1


def test_while_it_drains_new_calls_are_refused_with_another_code() -> None:
    """Ruling R-7."""
    with in_apartment(MTA) as runtime:
        service = Service(runtime)
        pointer = pyorpc.unmarshal_interface(service.packets[0], IProbe)

        def call_it() -> None:
            with runtime.enter_apartment(STA):
                probe = pyorpc.unmarshal_interface(
                    pyorpc.marshal_interface(Probe(), IProbe), IProbe
                )
                assert probe is not None
                packets: list[bytes] = []
                on_a_thread(lambda: packets.append(_packet(runtime, pointer)))
                mine = pyorpc.unmarshal_interface(packets[0], IProbe)
                mine.Sleep(0.4)

        caller = threading.Thread(target=call_it)
        caller.start()
        assert service.probes[0].started.wait(DEADLINE_S)
        with pytest.raises(pyorpc.CallTimeoutError):
            service.disconnect(20)
        with pytest.raises(pyorpc.DisconnectedError) as draining:
            pointer.Add(1, 2)
        assert draining.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
        assert service.disconnect(5000) == HRESULT.S_OK
        caller.join(DEADLINE_S)


def _packet(runtime: pyorpc.Runtime, pointer: IProbe) -> bytes:
    with runtime.enter_apartment(MTA):
        return pyorpc.marshal_interface(pointer, IProbe, pyorpc.MSHCTX.INPROC)


def test_a_call_inside_the_context_may_not_disconnect_it() -> None:
    class Suicidal(Probe):
        def Fail(self, hresult: int, text: str) -> None:
            pyorpc.disconnect_context()

    with in_apartment(MTA):
        context = pyorpc.create_context()
        probe = Suicidal()
        packet = context.run(pyorpc.marshal_interface, probe, IProbe, pyorpc.MSHCTX.INPROC)
        pointer = pyorpc.unmarshal_interface(packet, IProbe)
        with pytest.raises(ComError) as refused:
            pointer.Fail(0, "")
        assert refused.value.hresult == HRESULT.CONTEXT_E_WOULD_DEADLOCK
        assert pointer.Add(1, 2) == 3


@pytest.mark.parametrize("coinit", [STA, MTA])
def test_a_default_context_cannot_be_disconnected(coinit: COINIT) -> None:
    with in_apartment(coinit), pytest.raises(ComError) as refused:
        pyorpc.disconnect_context(0)
    assert refused.value.hresult == HRESULT.CO_E_NOT_SUPPORTED


def test_contexts_nest_and_unwind_also_when_the_callback_raises() -> None:
    with in_apartment(STA):
        outside = pyorpc.get_context_token()
        a, b = pyorpc.create_context(), pyorpc.create_context()
        token = pyorpc.get_context_token
        assert a.run(lambda: (token(), b.run(lambda: (token(), a.run(token))))) == (
            a.token,
            (b.token, a.token),
        )
        with pytest.raises(ZeroDivisionError):
            a.run(lambda: 1 // 0)
        assert token() == outside
        assert a.ContextCallback(lambda data: HRESULT.S_FALSE, None) == HRESULT.S_FALSE


def test_a_disconnected_object_can_be_marshaled_afresh() -> None:
    with in_apartment(STA) as runtime, ProbeThread(runtime, MTA) as far:
        pointer = pyorpc.unmarshal_interface(far.packet, IProbe)

        def disconnect() -> None:
            with runtime.enter_apartment(MTA):
                assert pyorpc.disconnect_object(far.probe) == HRESULT.S_OK
                far.packet = pyorpc.marshal_interface(far.probe, IProbe, pyorpc.MSHCTX.INPROC)

        on_a_thread(disconnect)
        with pytest.raises(pyorpc.DisconnectedError):
            pointer.Add(1, 2)
        fresh = pyorpc.unmarshal_interface(far.packet, IProbe)
        assert fresh.Add(1, 2) == 3
        assert fresh != pointer
