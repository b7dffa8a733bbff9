"""LateReply: the reply of a call that its caller has given up, on a connection that nobody reads.

A synchronous caller of the MTA reads a connection of its own. Where it goes on before the reply has
come, the housekeeping thread reads that until it has: references in it are released, and the
connection serves the next caller.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pyorpc.errors import ComError

if TYPE_CHECKING:
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.transport.port import Port


class LateReply:
    """Of one call. On the housekeeping thread."""

    def __init__(
        self, call: OutgoingCall, line: Line, reader: Port, settled: Callable[[Line], None]
    ) -> None:
        self._call = call
        self._line = line
        self._reader = reader
        self._settled = settled

    def await_it(self) -> None:
        """Read now, and whenever something arrives, until the call is answered or its line dead."""
        self._reader.watch(self._line.port.fileno(), self._read)
        self._read()

    def _read(self) -> None:
        port = self._line.port
        is_unread = not port.is_closed
        while is_unread:
            with suppress(ComError):  # closed in this moment
                port.receive(0)
            is_unread = port.has_unread and not port.is_closed
        if port.is_closed:
            self._reader.unwatch(port.fileno())
        elif self._line.lines.table.abandoned.get(self._call.id) is not self._call:
            self._reader.unwatch(port.fileno())
            self._settled(self._line)
