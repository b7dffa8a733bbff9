"""LateReplies: what still comes on a pool's line whose call ended before its reply.

A cancel ends it so, say. Its caller has gone on, and a late reply may hold references: so the
housekeeping thread reads the line until the reply has come, or the line has died.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pyorpc.errors import ComError

if TYPE_CHECKING:
    from pyorpc.remoting.call_table import CallTable
    from pyorpc.remoting.housekeeping import Housekeeping
    from pyorpc.remoting.line import Line


class LateReplies:
    """Of one line, which nobody else reads meanwhile. Afterwards, if it lives, it is given back."""

    def __init__(
        self,
        line: Line,
        give_back: Callable[[Line], None],
        table: CallTable,
        housekeeping: Housekeeping,
    ) -> None:
        self._line = line
        self._port = line.port
        self._give_back = give_back
        self._table = table
        self._housekeeping = housekeeping

    def begin(self) -> None:
        """Any thread. Once the Runtime is closing nothing happens: its lines end, too."""
        with suppress(ComError):
            self._housekeeping.post(self._begin)

    # ---- the housekeeping thread -----------------------------------------------------------

    def _begin(self) -> None:
        if not self._read():
            self._housekeeping.start().watch(self._port.fileno(), self._go_on)

    def _go_on(self) -> None:
        if self._read():
            self._housekeeping.start().unwatch(self._port.fileno())

    def _read(self) -> bool:
        """Take what has come. True: it was the last."""
        with suppress(ComError):  # its apartment has ended
            self._port.receive(0)
            while self._port.has_unread:  # which no descriptor tells
                self._port.receive(0)
        if self._port.is_closed:
            return True
        if self._table.is_owed(self._line):
            return False
        self._give_back(self._line)
        return True
