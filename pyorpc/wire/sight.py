"""What a process tells of itself when it is asked (LOOK): the body of the REPLY, by `what`. Pure.

Ids that are capabilities, IPIDs, are not in here. Lists end after MOST records and texts after
LONGEST characters, so that an answer stays far below what a process link takes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pyorpc.errors import HRESULT, ComError

PROCESS: Final = "process"
CALLS: Final = "calls"
REFERENCES: Final = "references"

MOST: Final = 2_000
LONGEST: Final = 120


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the records. Travels as a map: a newer process may tell more."""


class ApartmentSeen(Seen, frozen=True, kw_only=True):
    """`state`: idle, running, waiting (for a reply), or outside: its thread does not pump."""

    kind: str
    name: str
    oxid: str
    state: str
    queue_length: int
    objects: int
    thread_id: int = 0
    """Of an STA: `threading.get_ident()`."""
    threads: int = 0
    """Of the MTA: how many its pool has."""


class LinkSeen(Seen, frozen=True, kw_only=True):
    """Another process, as this one knows it."""

    process_id: str
    pid: int
    is_same_host: bool
    connections: int
    calls: int
    """Of the peer's calls to this process: not answered yet."""
    holds: int
    """References on objects of this process that it holds."""
    held: int
    """References on objects of the peer that this process holds."""


class ProcessSeen(Seen, frozen=True, kw_only=True):
    """The answer to `process`."""

    process_id: str
    pid: int
    program: str
    threads: int
    objects: int
    calls_incoming: int
    calls_outgoing: int
    apartments: list[ApartmentSeen]
    classes: list[str]
    links: list[LinkSeen]


class CallSeen(Seen, frozen=True, kw_only=True):
    """One side of a call in flight. `caller` and `call_id` are the same on both sides."""

    direction: str
    method: str
    state: str
    since_s: float
    causality: str
    thread_id: int
    apartment: str
    peer: str
    """The other side, as texts name it; empty: the same process."""
    peer_id: str
    peer_pid: int
    oxid: str
    """Of the apartment that is called; empty: the process itself is asked."""
    caller: str
    """The process id of the caller."""
    call_id: int
    is_cancelled: bool


class CallsSeen(Seen, frozen=True, kw_only=True):
    """The answer to `calls`: the oldest first."""

    process_id: str
    pid: int
    calls: list[CallSeen]
    left_out: int = 0


class ReferenceSeen(Seen, frozen=True, kw_only=True):
    """Somebody who keeps an object alive. Times are `time.time()` of the object's process."""

    type_name: str
    oid: str
    interface: str
    kind: str
    """process, apartment, transit, packets, table packets, locks, interface table, or runtime: the
    class objects of a server, and what is being marshaled at this moment."""
    process_id: str = ""
    """Of a holder that is another process, and of the receiver of what is in transit."""
    pid: int = 0
    where: str = ""
    """Of a holder inside the process: its apartment, and its context if that is private."""
    count: int
    since: float
    last_ping: float | None = None

    def holder(self, home: str) -> str:
        """Who that is, in words; `home` is how to call the object's own process."""
        peer = f"<process {self.process_id[:8]} pid {self.pid or '?'}>"
        match self.kind:
            case "process":
                return peer
            case "transit":
                return f"in transit to {peer}"
            case "apartment":
                return f"{home}: {self.where}"
            case kind:
                return f"{home}: {kind}"


class ReferencesSeen(Seen, frozen=True, kw_only=True):
    """The answer to `references`: of all objects, or of the one that was asked for."""

    process_id: str
    pid: int
    references: list[ReferenceSeen]
    left_out: int = 0


ANSWERS: Final[dict[str, type[Seen]]] = {
    PROCESS: ProcessSeen,
    CALLS: CallsSeen,
    REFERENCES: ReferencesSeen,
}

_decoders: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    what: msgspec.msgpack.Decoder(answer) for what, answer in ANSWERS.items()
}


def decode_seen(what: str, body: bytes) -> Any:
    """The answer to a LOOK for `what`. Raises RPC_X_BAD_STUB_DATA."""
    try:
        return _decoders[what].decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ComError(HRESULT.RPC_X_BAD_STUB_DATA, f"the answer about {what}: {error}") from None


def shown(text: str, longest: int = LONGEST) -> str:
    """A text as it travels: cut, and without what UTF-8 cannot say."""
    return text[:longest].encode("utf-8", "replace").decode()
