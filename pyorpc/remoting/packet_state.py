"""PacketState: the life of a packet that a user has made by hand, as a table of moves. Pure.

HandPackets applies it, in the process that made the packet. Packets of one interface and kind are
alike, so the stub manager counts how many there are in each state.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class PacketState(Enum):
    """What a packet is good for."""

    NORMAL = "normal"
    """It holds references, for whoever unmarshals it."""
    TABLESTRONG = "table strong"
    """It keeps its object."""
    TABLEWEAK = "table weak"
    """It names its object."""
    RELEASED = "released"
    """A table packet was released. It names its object for as long as clients keep that."""
    SPENT = "spent"
    """It is used up: CO_E_OBJNOTCONNECTED; a table packet elsewhere: CO_E_OBJNOTREG."""


class PacketEvent(Enum):
    """What befalls it."""

    UNMARSHAL = "unmarshal"
    RELEASE = "release"
    DISCONNECT = "disconnect"
    """Its object is taken from all its clients."""


# What is missing is refused with CO_E_OBJNOTCONNECTED: MSH-07.
MOVES: Final = {
    # MSH-07: it is used once, and its references go to the pointer.
    (PacketState.NORMAL, PacketEvent.UNMARSHAL): PacketState.SPENT,
    # MSH-03: its references are given back.
    (PacketState.NORMAL, PacketEvent.RELEASE): PacketState.SPENT,
    # LIF-07: disconnecting does not ask who has references.
    (PacketState.NORMAL, PacketEvent.DISCONNECT): PacketState.SPENT,
    # MSH-17: as often as one likes.
    (PacketState.TABLESTRONG, PacketEvent.UNMARSHAL): PacketState.TABLESTRONG,
    # MSH-17: the object is alive until then.
    (PacketState.TABLESTRONG, PacketEvent.RELEASE): PacketState.RELEASED,
    # LIF-09: also what is kept is disconnected.
    (PacketState.TABLESTRONG, PacketEvent.DISCONNECT): PacketState.SPENT,
    # MSH-13: as often as one likes, while the object lives.
    (PacketState.TABLEWEAK, PacketEvent.UNMARSHAL): PacketState.TABLEWEAK,
    # Page of CoReleaseMarshalData: a table packet is destroyed by it.
    (PacketState.TABLEWEAK, PacketEvent.RELEASE): PacketState.RELEASED,
    # LIF-10: also by a last unlock that releases.
    (PacketState.TABLEWEAK, PacketEvent.DISCONNECT): PacketState.SPENT,
    # W:marshal:test_tableweak_marshal_releasedata1: its bytes still say where the object is.
    (PacketState.RELEASED, PacketEvent.UNMARSHAL): PacketState.RELEASED,
    # Afterwards nobody keeps the object.
    (PacketState.RELEASED, PacketEvent.DISCONNECT): PacketState.SPENT,
    # Once used up, nothing more can happen to it.
    (PacketState.SPENT, PacketEvent.DISCONNECT): PacketState.SPENT,
}
