"""Every state of an exported object, and every event; and how the exporter comes to them."""

from __future__ import annotations

import gc
from itertools import product
from typing import Any

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS
from pyorpc.context.thread_state import thread_state
from pyorpc.remoting.stub_state import MOVES, StubEvent, StubState
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe

STA = COINIT.APARTMENTTHREADED
COLUMNS = ["LOOSEN", "TIGHTEN", "DISCONNECT", "RETIRE", "DIE"]
TABLE: dict[str, list[str | None]] = {
    "CONNECTED": ["LOOSE", None, "DRAINING", "DISCONNECTED", None],
    "LOOSE": [None, "CONNECTED", "DRAINING", "DISCONNECTED", "DISCONNECTED"],
    "DRAINING": [None, None, "DRAINING", "DISCONNECTED", "DISCONNECTED"],
    "DISCONNECTED": [None, None, "DISCONNECTED", "DISCONNECTED", "DISCONNECTED"],
}
CELLS = [
    (StubState[state], StubEvent[event], None if after is None else StubState[after])
    for state, row in TABLE.items()
    for event, after in zip(COLUMNS, row, strict=True)
]


def test_every_state_and_every_event_is_tested() -> None:
    assert [cell[:2] for cell in CELLS] == list(product(StubState, StubEvent))


@pytest.mark.parametrize(("state", "event", "after"), CELLS)
def test_an_exported_object_makes_the_moves_of_the_table_and_no_others(
    state: StubState, event: StubEvent, after: StubState | None
) -> None:
    with in_apartment(STA) as runtime:
        probe = Probe()
        manager = runtime.exporter.export(probe, thread_state())
        manager.state = state
        if after is None:
            with pytest.raises(KeyError):
                manager.apply(event)
            assert manager.state is state
            assert (state, event) not in MOVES
        else:
            manager.apply(event)
            assert manager.state is after
        manager.state = StubState.CONNECTED


def weak_packet_of(probe: Probe) -> bytes:
    """It keeps its object until its first clients have gone, which is at once."""
    weak = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLEWEAK)
    pyorpc.release_marshal_data(pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC))
    return weak


def test_a_weak_packet_keeps_its_object_until_its_first_clients_have_gone() -> None:
    with in_apartment(STA) as runtime:
        probe = Probe()
        pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, MSHLFLAGS.TABLEWEAK)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        assert (manager.state, manager.target) == (StubState.CONNECTED, probe)
        weak_packet_of(probe)
        assert (manager.state, manager.target) == (StubState.LOOSE, None)


def test_the_last_client_makes_an_object_loose_and_another_holds_it_again() -> None:
    with in_apartment(STA) as runtime:
        probe = Probe()
        packet = weak_packet_of(probe)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        states = [manager.state]
        assert manager.target is None
        pyorpc.lock_object_external(probe, True)
        assert manager.target is probe
        states.append(manager.state)
        pyorpc.lock_object_external(probe, False)
        states.append(manager.state)
        pyorpc.release_marshal_data(packet)
        states.append(manager.state)
        assert [each.name for each in states] == ["LOOSE", "CONNECTED", "LOOSE", "DISCONNECTED"]


def test_a_loose_object_that_dies_is_disconnected_and_takes_its_packet_along() -> None:
    with in_apartment(STA) as runtime:
        probe: Any = Probe()
        packet = weak_packet_of(probe)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        del probe
        gc.collect()
        assert manager.state is StubState.DISCONNECTED
        with pytest.raises(pyorpc.DisconnectedError) as gone:
            pyorpc.unmarshal_interface(packet, IProbe)
        assert gone.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED


def test_a_loose_object_takes_no_call() -> None:
    """One that arrives late: its caller has let go of the object meanwhile."""
    with in_apartment(STA) as runtime:
        probe = Probe()
        weak_packet_of(probe)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        with pytest.raises(pyorpc.DisconnectedError) as refused:
            manager.enter()
        assert refused.value.executed == "no"
        assert manager.running == 0


def test_a_loose_object_is_disconnected_like_any_other() -> None:
    with in_apartment(STA) as runtime:
        probe = Probe()
        packet = weak_packet_of(probe)
        manager = runtime.exporter.manager_of(probe)
        assert manager is not None
        assert pyorpc.disconnect_object(probe) == HRESULT.S_OK
        assert manager.state is StubState.DISCONNECTED
        with pytest.raises(pyorpc.DisconnectedError):
            pyorpc.unmarshal_interface(packet, IProbe)
        assert pyorpc.unmarshal_interface(weak_packet_of(probe), IProbe) is probe
