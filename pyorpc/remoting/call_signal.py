"""CallSignal: the manual-reset event of a call object. Set when its call is done.

Any thread sets it, also from inside the runtime: it only wakes those who wait.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyorpc.apartment.event import Event

if TYPE_CHECKING:
    from pyorpc.remoting.outgoing_call import OutgoingCall


class CallSignal(Event):
    """Set from the end of a call to the next Begin. A wait takes nothing: Finish does."""

    needs_reader = True

    def __init__(self, *, is_set: bool) -> None:
        super().__init__(manual_reset=True, initial=is_set)
        self._turn = 0  # which call it tells of; one that was finished may still announce its end

    def begun(self, call: OutgoingCall) -> None:
        """Be reset now, and set once that call is done; it may be done already."""
        with self.lock:
            self._turn += 1
            turn = self._turn
            self._is_set = False
        call.listen(partial(self._heard, turn))
        if call.is_done:
            self._ended(turn)

    def finished(self) -> None:
        """The call has just been finished: do not wait for the word of its end."""
        self._ended(self._turn)

    def _heard(self, turn: int) -> None:
        self._ended(turn)  # by whoever ended the call, perhaps long after it was finished

    def _ended(self, turn: int) -> None:
        with self.lock:
            if turn != self._turn or self._is_set:
                return
            self._is_set = True
        self.announce()
