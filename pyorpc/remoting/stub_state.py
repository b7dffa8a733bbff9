"""StubState: the life of an exported object, as a table of moves. Pure.

Stub managers apply it. What each state answers to a call is ruling R-7.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class StubState(Enum):
    """What an exported object is to those outside."""

    CONNECTED = "connected"
    """It takes calls, and is kept while anybody outside has a reference."""
    LOOSE = "loose"
    """Only weak packets name it: it lives as long as its owner lets it, and takes no calls."""
    DRAINING = "draining"
    """It was disconnected and takes no new calls; some still run."""
    DISCONNECTED = "disconnected"
    """It is in no table: its IPIDs are dead. The object can be exported afresh."""


class StubEvent(Enum):
    """What befalls it."""

    LOOSEN = "loosen"
    """The last client has let go of it, and weak packets are left."""
    TIGHTEN = "tighten"
    """A weak packet is unmarshaled, the object is marshaled or locked: it has a client again."""
    DISCONNECT = "disconnect"
    """disconnect_object(), disconnect_context()."""
    RETIRE = "retire"
    """It leaves the tables: nobody wants it, its calls have drained, its apartment ends."""
    DIE = "die"
    """The owner's last reference has gone. Nobody else had one."""


# What is missing raises: only what nobody holds dies, or loosens, and only the loose is tightened.
MOVES: Final = {
    # MSH-13, LIF-10: a weak packet keeps the stub; the object only until its first clients go.
    (StubState.CONNECTED, StubEvent.LOOSEN): StubState.LOOSE,
    # LIF-07, LIF-09: also where clients have references, or it is locked. R-7: draining.
    (StubState.CONNECTED, StubEvent.DISCONNECT): StubState.DRAINING,
    # DCOM 3.1.1.5.6.1.3, RemRelease: it goes with its last reference. APT-13: or its apartment.
    (StubState.CONNECTED, StubEvent.RETIRE): StubState.DISCONNECTED,
    # MSH-13: a weak packet is unmarshaled again while the object lives.
    (StubState.LOOSE, StubEvent.TIGHTEN): StubState.CONNECTED,
    # LIF-07: weak packets are disconnected, too.
    (StubState.LOOSE, StubEvent.DISCONNECT): StubState.DRAINING,
    # LIF-10: the last unlock releases it. CoReleaseMarshalData: its last weak packet is released.
    (StubState.LOOSE, StubEvent.RETIRE): StubState.DISCONNECTED,
    # MSH-13: from then on its packets are refused.
    (StubState.LOOSE, StubEvent.DIE): StubState.DISCONNECTED,
    # Page of CoDisconnectObject: it may be called at any time. Each call waits for the drain.
    (StubState.DRAINING, StubEvent.DISCONNECT): StubState.DRAINING,
    # the last running call has left; from now on RPC_E_DISCONNECTED.
    (StubState.DRAINING, StubEvent.RETIRE): StubState.DISCONNECTED,
    # It was loose when it was disconnected.
    (StubState.DRAINING, StubEvent.DIE): StubState.DISCONNECTED,
    # LIF-07: to disconnect what is disconnected succeeds and does nothing.
    (StubState.DISCONNECTED, StubEvent.DISCONNECT): StubState.DISCONNECTED,
    # Two events met: it died while it was being retired.
    (StubState.DISCONNECTED, StubEvent.RETIRE): StubState.DISCONNECTED,
    # It was loose when it was retired.
    (StubState.DISCONNECTED, StubEvent.DIE): StubState.DISCONNECTED,
}
