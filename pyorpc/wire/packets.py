"""The protocol: every packet, who sends it, when, and what the receiver owes. Pure.

A message is `[header][body]`. A header is a MessagePack array whose first three fields, the
version, the kind and the call id, are the same for every packet, so that a request which cannot be
understood can still be answered. A body is the array of the [in]s, or the [out]s.

Two kinds of link carry packets. A *data link* joins two apartments: HELLO once, then REQUEST,
REPLY and FAULT in both directions. A *process link* joins the housekeeping of two processes and is
served also while every apartment computes: all other packets travel there.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any, Final

import msgspec

from pyorpc.errors import HRESULT, ComError

MAJOR: Final = 1
# 1.1: a request's unknown flags are refused; 1.0 ignored them. 1.2: ASYNC, threads, WAIT_PROBE.
MINOR: Final = 2
VERSION: Final = MAJOR << 8 | MINOR

# A header is short; but a FAULT has texts, and what lists references may list many.
MAX_HEADER: Final = 64 * 1024
MAX_LONG_HEADER: Final = 4 * 1024 * 1024


class Kind(IntEnum):
    """The second field of every header."""

    REQUEST = 1
    REPLY = 2
    FAULT = 3
    CANCEL = 4
    CANCEL_ACK = 5
    ADD_REF = 6
    RELEASE = 7
    QUERY_INTERFACE = 8
    PING = 9
    DISCONNECTED = 10
    HELLO = 11
    WELCOME = 12
    GOODBYE = 13
    CLAIM = 14
    TRANSFER = 15
    BOOTSTRAP = 16
    LINK_BROKEN = 17
    WAIT_PROBE = 18
    LOOK = 19


class RequestFlag(IntFlag):
    """`Request.flags`. A callee refuses what it does not know: it would do the wrong thing."""

    ONE_WAY = 1
    """Nobody waits: nothing is answered, not even a failure."""
    ASYNC = 0x10
    """The call was begun: its caller does not wait. A message filter is told, and not obeyed."""


KNOWN_FLAGS: Final = int(RequestFlag.ONE_WAY | RequestFlag.ASYNC)


class Packet(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What every header begins with."""

    version: int
    kind: int
    call_id: int


class Request(Packet, frozen=True):
    """Caller to callee: run a method. The callee owes exactly one REPLY or FAULT, unless ONE_WAY.

    `ipid` names the interface of the object; its first half is the OXID of the apartment that is
    meant, so a request that reaches another process by mistake is refused there. `flags` are
    RequestFlags. Its body is the second frame, and the last one.
    `budget` is what is left of the caller's deadline, in seconds: the callee does not start a call,
    nor deliver a result, for which it is too late. Unknown extensions are skipped.
    `thread` names the calling thread, inside its process; 0: not told.
    """

    ipid: bytes
    slot: int
    flags: int
    causality: bytes
    depth: int
    budget: float | None = None
    extensions: dict[bytes, bytes] | None = None
    thread: int = 0


class Reply(Packet, frozen=True):
    """Callee to caller: the method returned; the body holds its [out]s. Nothing is owed."""

    hresult: int
    extensions: dict[bytes, bytes] | None = None


class Fault(Packet, frozen=True):
    """Callee to caller: the call failed, and whether the method ran. Nothing is owed.

    `thread` names the thread whose message filter refused it, inside its process; 0: none did.
    """

    hresult: int
    executed: str
    description: str = ""
    traceback: str | None = None
    outcome: str | None = None
    extensions: dict[bytes, bytes] | None = None
    thread: int = 0


class Hello(Packet, frozen=True):
    """First packet of every connection, once: who speaks. Owed: a WELCOME.

    Until it has come, everything else is refused. `oxid` is the speaker's apartment (0 on a process
    link), `process_id` its process, `host` the machine and pid namespace, so that a peer on the
    same host can watch the pid. `token` names the connection in a later LINK_BROKEN.
    """

    oxid: int
    process_id: str
    host: str
    pid: int
    is_primary: bool
    token: bytes
    endpoints: list[str]


class Welcome(Packet, frozen=True):
    """Answer to HELLO: the receiver has entered the link and may send requests over it."""

    oxid: int
    process_id: str
    host: str
    pid: int
    endpoints: list[str]


class Count(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """So many references on one interface."""

    ipid: bytes
    refs: int


class Claim(Packet, frozen=True):
    """Holder to exporter: I hold these references now (they were in transit). Nothing is owed.

    With the call id of a PING that was refused, they are all that the holder has.
    `receiver` names the process that they were in transit to, where they did not get there.
    """

    counts: list[Count]
    receiver: str = ""


class Transfer(Packet, frozen=True):
    """Holder to exporter: I pass these on; they are in transit again. With a call id: a REPLY.

    They leave the holder after that, so that no claim of theirs comes first. `receiver` names the
    process that they go to, where that is known, and `endpoints` its housekeeping: if it dies, its
    exporter takes them back.
    """

    counts: list[Count]
    receiver: str = ""
    endpoints: list[str] = []


class Release(Packet, frozen=True):
    """Holder to exporter: I gave these up. With a call id: a REPLY once they are released.

    With a `fence`: not before that was read on the data link `token`, or that link is dead. A fence
    is a RELEASE of nothing on a data link, its call id the number: behind a one-way call, which the
    release must not overtake. Nothing is owed for it.
    """

    counts: list[Count]
    token: bytes = b""
    fence: int = 0


class AddRef(Packet, frozen=True):
    """Holder to exporter: give me more. Owed: a REPLY with one HRESULT for each."""

    counts: list[Count]


class QueryInterface(Packet, frozen=True):
    """Holder to exporter: does the object of `ipid` answer these IIDs? Owed: a REPLY.

    Its body is a list of Found, in order. What is found has `refs` references, in transit.
    """

    ipid: bytes
    refs: int
    iids: list[bytes]


class Found(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What became of a query for one interface. `flags` are those of the object's OBJREFs."""

    hresult: int
    ipid: bytes = b""
    oid: int = 0
    flags: int = 0


class Ping(Packet, frozen=True):
    """Holder to exporter, once a period: I am alive and hold `references` references of yours.

    Its call id is its sequence number. References on NOPING objects do not count. Owed: nothing, or
    a FAULT with OR_INVALID_SET where the exporter does not know the holder; the holder of the last
    ping then sends a CLAIM of all that it has.
    """

    references: int


class Cancel(Packet, frozen=True):
    """Caller to callee: stop call `call_id`. Owed: a CANCEL_ACK.

    Where the request has not come yet, the cancel is remembered, and that call never starts.
    `is_over`: the call has ended, its request does not come any more; nothing is owed.
    """

    process_id: str
    is_over: bool = False


class CancelAck(Packet, frozen=True):
    """Callee to caller: the cancel was marked; `outcome` as far as it is known.

    `is_remembered`: there is no such call; the caller says when there will be none any more.
    """

    outcome: str
    is_remembered: bool = False


class Disconnected(Packet, frozen=True):
    """Exporter to holder: these objects were disconnected. Nothing is owed."""

    oids: list[int]


class Goodbye(Packet, frozen=True):
    """Either: my process ends now; what I still owe will not come. Nothing is owed.

    On a data link its opener says this last: the connection ends.
    """


class Bootstrap(Packet, frozen=True):
    """Anybody to a process's endpoint: a pointer to its activator, please. Owed: a REPLY.

    Its body is the ObjRef.
    """


class LinkBroken(Packet, frozen=True):
    """One end of a data link to the other: the connection `token` is dead. Nothing is owed."""

    token: bytes


class Hop(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One call of a chain of waits: which it is, and a text for people."""

    process_id: str
    call_id: int
    text: str


class WaitProbe(Packet, frozen=True):
    """Caller to callee: call `call_id` of mine waits there; does what it waits for wait for me?

    The chain began with the first hop. Who receives it follows the chain as far as it can see, and
    passes it on; it ends where a call moves, and closes where it comes back to the first hop's
    process. `round` tells the looks of that process apart. Nothing is owed.
    """

    round: int
    hops: list[Hop]


class Look(Packet, frozen=True):
    """A process of the same host to another: what goes on in you? Owed: a REPLY.

    `what` is `process`, `calls` or `references`, and wire/sight.py has what its body is. With an
    `oid` it is about that object only, and a holder on another host may ask for it, too.
    """

    what: str
    oid: int = 0


PACKETS: Final[dict[int, type[Packet]]] = {
    Kind.REQUEST: Request,
    Kind.REPLY: Reply,
    Kind.FAULT: Fault,
    Kind.CANCEL: Cancel,
    Kind.CANCEL_ACK: CancelAck,
    Kind.ADD_REF: AddRef,
    Kind.RELEASE: Release,
    Kind.QUERY_INTERFACE: QueryInterface,
    Kind.PING: Ping,
    Kind.DISCONNECTED: Disconnected,
    Kind.HELLO: Hello,
    Kind.WELCOME: Welcome,
    Kind.GOODBYE: Goodbye,
    Kind.CLAIM: Claim,
    Kind.TRANSFER: Transfer,
    Kind.BOOTSTRAP: Bootstrap,
    Kind.LINK_BROKEN: LinkBroken,
    Kind.WAIT_PROBE: WaitProbe,
    Kind.LOOK: Look,
}

_MAY_BE_LONG: Final = frozenset({Kind.FAULT, Kind.ADD_REF, Kind.RELEASE, Kind.CLAIM, Kind.TRANSFER})

_encoder: Final = msgspec.msgpack.Encoder()
_prefix: Final = msgspec.msgpack.Decoder(Packet)
_decoders: Final[dict[int, msgspec.msgpack.Decoder[Any]]] = {
    int(kind): msgspec.msgpack.Decoder(packet) for kind, packet in PACKETS.items()
}

encode_header = _encoder.encode


def decode_prefix(frame: bytes) -> Packet:
    """The first three fields. Raises RPC_E_INVALID_HEADER: such a frame cannot be answered."""
    try:
        return _prefix.decode(frame)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ComError(HRESULT.RPC_E_INVALID_HEADER, f"unreadable header: {error}") from None


def decode_header(prefix: Packet, frame: bytes) -> Any:
    """The whole header. Raises RPC_E_VERSION_MISMATCH or RPC_E_INVALID_HEADER."""
    if prefix.version != VERSION and not is_compatible(prefix.version):
        raise ComError(
            HRESULT.RPC_E_VERSION_MISMATCH,
            f"the peer speaks version {prefix.version >> 8}.{prefix.version & 0xFF}, "
            f"this process {MAJOR}.{MINOR}",
            executed="no",
        )
    if len(frame) > MAX_HEADER and (
        prefix.kind not in _MAY_BE_LONG or len(frame) > MAX_LONG_HEADER
    ):
        raise ComError(
            HRESULT.RPC_E_INVALID_HEADER, f"a header of {len(frame)} bytes", executed="no"
        )
    try:
        return _decoders[prefix.kind].decode(frame)
    except KeyError:
        text = f"no packet has the kind {prefix.kind}"
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        text = f"malformed header: {error}"
    raise ComError(HRESULT.RPC_E_INVALID_HEADER, text, executed="no")


def is_compatible(version: int) -> bool:
    """The same major version and no higher minor one, as in [MS-DCOM]."""
    return version >> 8 == MAJOR and version & 0xFF <= MINOR
