"""Every kind of packet, spent or not, and every event; and real packets in each of them."""

from __future__ import annotations

from itertools import product

import pytest

import pyorpc
from pyorpc import COINIT, HRESULT, MSHCTX, MSHLFLAGS
from pyorpc.remoting.packet_state import MOVES, PacketEvent, PacketState
from tests.support.probe import Probe, in_apartment
from tests.support.probe_idl import IProbe

COLUMNS = ["UNMARSHAL", "RELEASE", "DISCONNECT"]
TABLE: dict[str, list[str | None]] = {
    "NORMAL": ["SPENT", "SPENT", "SPENT"],
    "TABLESTRONG": ["TABLESTRONG", "RELEASED", "SPENT"],
    "TABLEWEAK": ["TABLEWEAK", "RELEASED", "SPENT"],
    "RELEASED": ["RELEASED", None, "SPENT"],
    "SPENT": [None, None, "SPENT"],
}
CELLS = [
    (PacketState[state], PacketEvent[event], None if after is None else PacketState[after])
    for state, row in TABLE.items()
    for event, after in zip(COLUMNS, row, strict=True)
]
FRESH = [PacketState.NORMAL, PacketState.TABLESTRONG, PacketState.TABLEWEAK]


def test_every_state_and_every_event_is_tested() -> None:
    assert [cell[:2] for cell in CELLS] == list(product(PacketState, PacketEvent))


@pytest.mark.parametrize(("state", "event", "after"), CELLS)
def test_the_table_has_these_moves_and_no_others(
    state: PacketState, event: PacketEvent, after: PacketState | None
) -> None:
    assert MOVES.get((state, event)) is after


def do(event: PacketEvent, packet: bytes, probe: Probe) -> None:
    if event is PacketEvent.UNMARSHAL:
        assert pyorpc.unmarshal_interface(packet, IProbe) is probe
    elif event is PacketEvent.RELEASE:
        pyorpc.release_marshal_data(packet)
    else:
        pyorpc.disconnect_object(probe)


@pytest.mark.parametrize(("first", "second"), list(product(PacketEvent, PacketEvent)))
@pytest.mark.parametrize("kind", FRESH)
def test_a_packet_does_what_the_table_says(
    kind: PacketState, first: PacketEvent, second: PacketEvent
) -> None:
    """Two events, one after the other, to a packet of each kind, whose object somebody keeps."""
    with in_apartment(COINIT.APARTMENTTHREADED):
        probe = Probe()
        pyorpc.lock_object_external(probe, True)
        packet = pyorpc.marshal_interface(probe, IProbe, MSHCTX.INPROC, MSHLFLAGS[kind.name])
        do(first, packet, probe)
        if (MOVES[kind, first], second) in MOVES:
            do(second, packet, probe)
        else:
            with pytest.raises(pyorpc.DisconnectedError) as refused:
                do(second, packet, probe)
            assert refused.value.hresult == HRESULT.CO_E_OBJNOTCONNECTED
