"""Neutral: the apartment without threads. In-process callers enter on their own thread.

What comes from another process, and the runtime's own errands, run on the MTA's pool.
"""

from __future__ import annotations

from pyorpc.apartment.apartment import Apartment, ApartmentKind, WorkItem
from pyorpc.apartment.apartment_state import ApartmentEvent
from pyorpc.apartment.mta import Mta
from pyorpc.ids import Oxid


class Neutral(Apartment):
    """The one neutral apartment of a Runtime."""

    kind = ApartmentKind.NEUTRAL

    def __init__(self, oxid: Oxid, mta: Mta) -> None:
        super().__init__(oxid, "NTA")
        self._mta = mta

    def submit(self, item: WorkItem) -> None:
        self._mta.submit(item)

    def close(self) -> None:
        """Take no more; what was accepted runs in the MTA."""
        self.apply(ApartmentEvent.LEAVE)

    def is_current_thread(self) -> bool:
        return True

    def queue_length(self) -> int:
        return 0
