"""WirePeer: a peer that speaks the wire without the runtime, well or badly, as its test says.

It has sockets of its own and knows packets and OBJREFs only, so that what it shows of a server is
true for any implementation. One thread uses it. Nothing is done behind the test's back but the
HELLO at the start, without which a server takes no request.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack
from uuid import UUID

import zmq

from pyorpc.errors import HRESULT, CallTimeoutError, ComError
from pyorpc.ids import Guid, new_causality_id, new_oxid
from pyorpc.remoting.peer import new_identity
from pyorpc.wire.codec import encode
from pyorpc.wire.objref import ObjRef, Tower, unpack
from pyorpc.wire.packets import (
    VERSION,
    Fault,
    Goodbye,
    Hello,
    Kind,
    Packet,
    Reply,
    Request,
    Welcome,
    decode_header,
    decode_prefix,
    encode_header,
)

_LINGER_MS = 500
_SEND_TIMEOUT_MS = 10_000


class RequestFields(TypedDict, total=False):
    """What else a request's header may be given; all have the values of a good call."""

    version: int
    call_id: int
    causality: bytes
    depth: int
    budget: float | None
    extensions: dict[bytes, bytes] | None


class WirePeer:
    """A connection to the apartment of an OBJREF, or to its process's housekeeping.

    `greets=False` leaves the HELLO to the test. Raises OR_INVALID_OXID for a packet that names no
    endpoint: it was marshaled for use inside its process.
    """

    def __init__(
        self, objref: bytes | ObjRef, *, to_process: bool = False, greets: bool = True
    ) -> None:
        self.objref = objref if isinstance(objref, ObjRef) else unpack(bytes(objref))
        self.identity = new_identity()
        self.causality = new_causality_id().bytes
        self.answer: Reply | Fault | None = None
        """The header of the last answer that `receive` gave."""
        self.body = b""
        """Its body, as it came."""
        self.welcome: Welcome | None = None
        self._is_to_process = to_process
        self._new_call_id = itertools.count(1).__next__
        self._is_closed = False
        endpoint = _endpoint(self.objref, Tower.PROCESS if to_process else Tower.APARTMENT)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, _LINGER_MS)
        self._socket.setsockopt(zmq.SNDTIMEO, _SEND_TIMEOUT_MS)
        # One that was cut off stays so.
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._monitor: zmq.Socket[bytes] = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._socket.connect(endpoint)
        if greets:
            self.send_packet(self.hello())

    # ---- what to send ----------------------------------------------------------------------

    def frames(
        self,
        ipid: Guid | UUID | str | bytes,
        slot: int,
        body: bytes | Sequence[Any],
        *,
        flags: int = 0,
        **fields: Unpack[RequestFields],
    ) -> list[bytes]:
        """A request: its header and its body. A tuple or list of [in]s is encoded.

        The keyword arguments beside `flags` are fields of the header (see RequestFields); an
        `ipid` of bytes is sent as it is, whatever its length.
        """
        header = Request(
            fields.get("version", VERSION),
            Kind.REQUEST,
            fields["call_id"] if "call_id" in fields else self._new_call_id(),
            ipid if isinstance(ipid, bytes) else Guid(ipid).bytes,
            slot,
            flags,
            fields.get("causality", self.causality),
            fields.get("depth", 1),
            fields.get("budget"),
            fields.get("extensions"),
        )
        octets = bytes(body) if isinstance(body, bytes | bytearray) else encode(body)
        return [encode_header(header), octets]

    def hello(self) -> Hello:
        """What it says of itself; a lie is `msgspec.structs.replace(peer.hello(), pid=1)`."""
        who = self.identity
        oxid, token = (0, b"") if self._is_to_process else (new_oxid(), Guid.new().bytes)
        return Hello(
            VERSION, Kind.HELLO, 0, oxid, who.process_id, who.host, who.pid, True, token, []
        )

    # ---- sending and receiving -------------------------------------------------------------

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a message of any frames whatever. Raises zmq.Again once it was cut off."""
        self._socket.send_multipart(list(frames))

    def send_packet(self, packet: Packet, body: bytes = b"\x90") -> None:
        self.send([encode_header(packet), body])

    def receive(self, timeout_s: float = 10.0) -> HRESULT:
        """The HRESULT of the next answer; `answer` and `body` have the rest.

        Raises RPC_E_TIMEOUT (a TimeoutError) where none comes in time.
        """
        give_up_at = time.monotonic() + timeout_s
        while True:
            header, body = self.receive_packet(give_up_at - time.monotonic())
            if isinstance(header, Reply | Fault):
                self.answer, self.body = header, body
                return HRESULT(header.hresult)

    def receive_packet(self, timeout_s: float = 10.0) -> tuple[Any, bytes]:
        """The next packet of any kind, and its body."""
        if not self._socket.poll(max(0, int(timeout_s * 1000)), zmq.POLLIN):
            raise CallTimeoutError(HRESULT.RPC_E_TIMEOUT, "the server sent no answer")
        frames = self._socket.recv_multipart()
        header = decode_header(decode_prefix(frames[0]), frames[0])
        if isinstance(header, Welcome):
            self.welcome = header
        return header, frames[1] if len(frames) > 1 else b""

    def await_cut(self, timeout_s: float = 10.0) -> bool:
        """Wait until the server has cut this connection. False: it has not."""
        return bool(self._monitor.poll(int(timeout_s * 1000), zmq.POLLIN))

    @property
    def executed(self) -> str:
        """What the last answer says of the method: `no`, `yes` or `unknown`."""
        return self.answer.executed if isinstance(self.answer, Fault) else "yes"

    # ---- ending ----------------------------------------------------------------------------

    def close(self) -> None:
        """Say goodbye and go. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self._is_to_process:
            goodbye = encode_header(Goodbye(VERSION, Kind.GOODBYE, 0))
            with suppress(zmq.ZMQError):  # it was cut off
                self._socket.send(goodbye, zmq.NOBLOCK)
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._socket.close()
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _endpoint(ref: ObjRef, tower: Tower) -> str:
    """Where to connect: a Unix socket that is there, else over TCP."""
    addresses = ref.addresses(tower)
    for address in addresses:
        if address.startswith("ipc://") and Path(address[6:]).exists():
            return address
    for address in addresses:
        if not address.startswith("ipc://"):
            return address
    raise ComError(
        HRESULT.OR_INVALID_OXID,
        f"the packet names no endpoint ({tower.name}) that is there",
        executed="no",
    )
