"""Pump: the message loop of an STA as a trio task, and the look before trio waits.

ZMQ_FD is edge-triggered, and whatever a task sends may consume the edge that would have woken the
pump. So before trio goes to wait, on each of its rounds, the pump looks whether anything is there
that it has not seen, and ends that wait at once. No wake-up is lost, whoever used the sockets.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from pyorpc.apartment.admission import Waiting
from pyorpc.apartment.sta import Sta
from pyorpc.ids import CausalityId
from pyorpc.trio.library import trio

# So many items are run before other tasks have their turn.
IN_A_ROW: Final = 32


class Pump(trio.abc.Instrument):
    """A Gate of its STA. Used by the STA's thread; `completed` takes from any."""

    def __init__(self, sta: Sta, *, serialize: bool) -> None:
        self._sta = sta
        self._inbox = sta.inbox
        self.is_serialized = serialize
        self.is_leaving = False  # nothing new enters any more
        self.completed: deque[trio.Event] = deque()  # of calls that other threads have completed
        self._under_way: Counter[CausalityId] = Counter()
        self._held = 0  # items that were left in the queue: they may not enter yet
        self._is_due = True

    # ---- the task --------------------------------------------------------------------------

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        """Serve the STA until cancelled. Ctrl-C ends no item half-way: it goes to the program."""
        while True:
            if self._step():
                await trio.lowlevel.checkpoint()
            else:
                await trio.lowlevel.wait_readable(self._inbox.fileno())

    def _step(self) -> bool:
        """Run what may run now. True: there may be more."""
        self._is_due = False
        count = self._sta.run_some(IN_A_ROW, self)
        self._held = self._sta.queue_length()
        while self.completed:
            self.completed.popleft().set()
        return count == IN_A_ROW or self._inbox.has_unread

    def set_soon(self, event: trio.Event) -> None:
        """Set an event of this loop. Any thread."""
        if self._sta.is_current_thread():
            event.set()
        else:
            self.completed.append(event)
            self._inbox.wake()

    def look(self) -> None:
        """Take what has come; whoever has just sent calls this, and so spares trio a round."""
        self._inbox.receive(0)

    # ---- Instrument ------------------------------------------------------------------------

    def before_io_wait(self, timeout: float) -> None:
        if timeout > 0 and self._has_work():
            self._inbox.wake()

    def _has_work(self) -> bool:
        return (
            self._is_due
            or self._inbox.has_unread
            or bool(self.completed)
            or self._sta.queue_length() != self._held
        )

    # ---- what may enter --------------------------------------------------------------------

    @property
    def waiting(self) -> Waiting:
        is_waiting = self.is_serialized and bool(self._under_way)
        return Waiting.FOR_REPLY if is_waiting or self.is_leaving else Waiting.PUMPING

    def own(self, causality: CausalityId | None) -> CausalityId | None:
        return causality if causality in self._under_way else None

    def begun(self, causality: CausalityId | None) -> None:
        """A method, or an awaited call: where calls are serialized, only its own enter meanwhile.

        So it is while the apartment is left, too.
        """
        if causality is not None:
            self._under_way[causality] += 1

    def ended(self, causality: CausalityId | None) -> None:
        if causality is not None:
            self._under_way[causality] -= 1
            if not self._under_way[causality]:
                del self._under_way[causality]
            self._is_due = True
