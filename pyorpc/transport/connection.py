"""Connection: one peer at the end of one socket of a Port, and who takes what it sends."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyorpc.transport.port import Port
    from pyorpc.transport.zeromq import RawSocket


class Break(Enum):
    """Why a connection is dead for good."""

    REFUSED = "the connection was refused or not answered"
    CUT = "the connection broke"
    PEER_ENDED = "the peer process ended"


class LinkEnd(Protocol):
    """Who takes what arrives on a connection. Called by the thread that reads the Port."""

    def received(self, frames: list[bytes]) -> None: ...

    def broke(self, why: Break) -> None:
        """The connection is dead; what had arrived before was delivered first."""


class Connection:
    """A way to one peer: a DEALER of ours, or an identity behind our ROUTER."""

    __slots__ = ("_prefix", "broken", "identity", "link", "port", "raw")

    def __init__(self, port: Port, raw: RawSocket, identity: bytes | None) -> None:
        self.port = port
        self.raw = raw
        self.identity = identity
        self._prefix = () if identity is None else (identity,)
        self.link: LinkEnd | None = None
        self.broken: Break | None = None

    def send(self, frames: tuple[bytes, ...]) -> None:
        """Hand a message over. Any thread. Raises zmq.Again (full) or ZMQError (unroutable)."""
        self.port.send(self.raw, self._prefix + frames)

    def break_off(self, why: Break) -> None:
        """Any thread: the connection is dead. Its Port's reader delivers what came, then tells."""
        self.port.report_break(self, why)

    def close(self) -> None:
        self.port.disconnect(self)
