"""ApartmentState: the life of an apartment, as a table of moves. Pure.

Apartments apply it: an STA on its own thread, the MTA and the neutral apartment under their locks.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class ApartmentState(Enum):
    """What an apartment still does."""

    OPEN = "open"
    """It takes calls."""
    LEAVING = "leaving"
    """It refuses calls: what waited was refused, what runs has the grace time; objects go."""
    ENDED = "ended"
    """Its sockets are closed. An MTA that is needed again is a new one."""


class ApartmentEvent(Enum):
    """What befalls it."""

    LEAVE = "leave"
    """uninitialize() of an STA's thread, or of the last thread of all; the Runtime closes."""
    END = "end"
    """The grace time is over, or nothing runs any more."""


# What is missing raises: no apartment ends that has not refused its calls first.
MOVES: Final = {
    # APT-13, APT-15: leaving disconnects the objects; a thread that dies has left.
    (ApartmentState.OPEN, ApartmentEvent.LEAVE): ApartmentState.LEAVING,
    # The Runtime may close while the apartment's own thread leaves.
    (ApartmentState.LEAVING, ApartmentEvent.LEAVE): ApartmentState.LEAVING,
    (ApartmentState.LEAVING, ApartmentEvent.END): ApartmentState.ENDED,
    (ApartmentState.ENDED, ApartmentEvent.LEAVE): ApartmentState.ENDED,
}
