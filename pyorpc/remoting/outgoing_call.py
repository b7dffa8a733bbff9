"""OutgoingCall: one call from the caller's side, and the one place where it ends.

`finish` may be tried by the reply, a cancel, a deadline, a disconnect, a shutdown and the death of
the peer; the first one wins. Whoever waits is woken after the outcome is in place.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from pyorpc.errors import HRESULT, ComError, Outcome
from pyorpc.ids import CausalityId
from pyorpc.wire.method import Method

if TYPE_CHECKING:
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.line import Line


class Waker(Protocol):
    """What ends another thread's wait."""

    def wake(self) -> None:
        """Have the waiting thread look again. Any thread."""


class OutgoingCall:
    """Made by a Link, entered in the call table until it ends."""

    __slots__ = (
        "body",
        "callee",
        "causality",
        "error",
        "hresult",
        "id",
        "incoming",
        "is_abandoned",
        "is_cancel_sent",
        "is_done",
        "line",
        "method",
        "on_done",
        "outcome",
        "peer",
        "started",
        "thread_id",
        "value",
        "waker",
    )

    def __init__(
        self, call_id: int, method: Method[Any, Any], causality: CausalityId, waker: Waker
    ) -> None:
        self.id = call_id
        self.method = method
        self.causality = causality
        self.waker = waker
        self.thread_id = threading.get_ident()
        self.started = time.monotonic()
        self.is_done = False
        self.is_abandoned = False  # nobody waits for the reply any more
        self.is_cancel_sent = False
        self.hresult = HRESULT.S_OK
        self.body: bytes | None = None  # the encoded [out]s, of a call to another process
        self.value: Any = None  # the [out]s themselves, of a call inside this process
        self.error: ComError | None = None
        self.outcome: Outcome | None = None
        self.callee: object = None  # keeps the proxy manager, and so the references, alive
        self.line: Line | None = None  # the connection that it went over, to another process
        self.peer: Any = None  # the PeerApartment called, of another process
        self.incoming: IncomingCall | None = None  # its other side, inside this process
        self.on_done: Any = None  # called once, after is_done, instead of waking

    def __repr__(self) -> str:
        return f"<OutgoingCall {self.id} {self.method.name}>"

    def complete(self) -> None:
        """The outcome is in place: let the waiter go on."""
        self.is_done = True
        if self.on_done is not None:
            self.on_done()
        self.waker.wake()

    def result(self) -> Any:
        """The [out]s, decoded. Raises what the call ended with."""
        if self.error is not None:
            raise self.error
        if self.body is None:
            return self.value
        return self.method.decode_result(self.body)
