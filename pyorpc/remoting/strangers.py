"""Strangers: connections that have not said who they are. A Port keeps so many and no more.

Used by the thread that reads the Port. A ROUTER does not tell when a connection has gone, so
without a limit anybody could fill the memory by connecting again and again.
"""

from __future__ import annotations

from pyorpc.transport.connection import Connection


class Strangers:
    """Of one Port; the one that came first is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._connections: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Connection) -> None:
        self._connections[connection] = None
        while len(self._connections) > self._most:
            oldest = next(iter(self._connections))
            del self._connections[oldest]
            oldest.close()  # should it speak again, it is a new stranger

    def discard(self, connection: Connection) -> None:
        """It said who it is, or has gone."""
        self._connections.pop(connection, None)
