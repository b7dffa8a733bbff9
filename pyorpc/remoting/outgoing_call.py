"""OutgoingCall: one call from the caller's side. The call table ends it, and nobody else does.

An end may be tried by the reply, a cancel, a deadline, a disconnect, a shutdown and the death of
the peer; the first one wins. Whoever waits is woken after the outcome is in place.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from threading import Lock, get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pyorpc.apartment.waits import Waker
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, CallCanceledError, ComError, Executed, Outcome
from pyorpc.ids import CausalityId, Guid
from pyorpc.remoting.link import references_in
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef

if TYPE_CHECKING:
    from pyorpc.remoting.channel_hooks import CallerExtent
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.line import Line

# Key of a REPLY's extension: the method was cancelled, and asked for it.
CANCEL_SEEN: Final = Guid("5d2b1c0e-8f4a-4a57-9a35-2f6f7c1d9e41").bytes


_listening: Final = Lock()  # guards who listens to which call


class _Listeners(list[Callable[[], None]]):
    """Several who want to know the end of one call."""

    def __call__(self) -> None:
        for on_done in list(self):
            on_done()


class _Nobody:
    """The waker of calls for which nobody waits."""

    def wake(self) -> None:
        pass


NOBODY: Final = _Nobody()


class OutgoingCall:
    """Made by a Link, entered in the call table until it ends.

    What few calls need has its default on the class: assigning it all for every call took longer
    than the codec does.
    """

    is_done = False
    is_cancel_sent = False
    is_cancel_awaited = False  # by a canceller, who gives the callee time to obey
    is_cancel_seen = False  # its method knows, says the answer
    is_cancel_remembered = False  # by the callee, who does not know the call (any more)
    is_cancellable = True  # by the waiting STA's message filter
    is_async = False  # begun, not waited for
    is_one_way = False  # nobody ever waits for it, and no answer comes
    hresult = HRESULT.S_OK
    body: bytes | None = None  # the encoded [out]s, of a call to another process
    value: Any = None  # the [out]s themselves, of a call inside this process
    error: ComError | None = None
    outcome: Outcome | None = None
    callee: object = None  # keeps the proxy manager, and so the references, alive
    args: Any = None  # the [in]s, of a call to another process: they may have to be taken back
    line: Line | None = None  # the connection that it went over, to another process
    peer: Any = None  # the PeerApartment called, of another process
    incoming: IncomingCall | None = None  # its other side, inside this process
    outer: IncomingCall | None = None  # the call inside which its thread waits for it
    extent: CallerExtent | None = None  # what channel hooks send along and get back
    on_done: Any = None  # called once, after is_done and before waking; see `listen`
    deadline: float | None = None  # when its caller goes on without it
    fate: tuple[Executed, Outcome] | None = None  # what its callee said after it was given up
    told: Any = None  # a weak reference to the error that its caller has, then

    def __init__(
        self, call_id: int, method: Method[Any, Any], causality: CausalityId, waker: Waker
    ) -> None:
        self.id = call_id
        self.method = method
        self.causality = causality
        self.waker = waker
        self.thread_id = get_ident()  # who waits for it
        self.started = monotonic()

    def __repr__(self) -> str:
        return f"<OutgoingCall {self.id} {self.method.name}>"

    def complete(self) -> None:
        """The outcome is in place: let the waiter go on."""
        self.is_done = True
        if self.on_done is not None:
            self.on_done()
        # A thread that reads its own reply is awake: a wake-up would only end its next wait.
        if self.thread_id != get_ident():
            self.waker.wake()

    def take_args(self) -> Any:
        """The [in]s, for the one who takes their references back; None for who comes second."""
        return self.__dict__.pop("args", None)

    def received(self, extensions: dict[bytes, bytes]) -> None:
        """What its answer brought along."""
        if self.extent is not None:
            self.extent.received = extensions
        if CANCEL_SEEN in extensions:
            self.is_cancel_seen = True

    def await_on(self, waker: Waker, thread_id: int) -> None:
        """From now on that thread waits for it; it looks at is_done after this. Its own thread."""
        self.waker = waker
        self.thread_id = thread_id
        self.outer = thread_state().incoming  # where it is waited for, not where it was begun

    def listen(self, on_done: Callable[[], None]) -> None:
        """Have it called once the call is done, beside who else listens; it may be done already.

        On whatever thread ends the call, so it only wakes somebody.
        """
        with _listening:
            if not isinstance(self.on_done, _Listeners):
                self.on_done = _Listeners([] if self.on_done is None else [self.on_done])
            self.on_done.append(on_done)

    def unlisten(self, on_done: Callable[[], None]) -> None:
        """Undo one listen."""
        with _listening:
            if isinstance(self.on_done, _Listeners) and on_done in self.on_done:
                self.on_done.remove(on_done)

    def unclaimed(self) -> list[ObjRef]:
        """The packets in its [out]s, for whoever releases them: nobody will unmarshal them."""
        self.extent = None  # nor does anybody tell the hooks
        try:
            return [] if self.error is not None else references_in(self.result())
        except ComError:
            return []

    def failure(self) -> ComError:
        """What it ended with, to be raised; once. It knows since when the call was under way.

        The call forgets it: an error keeps the frames that it went through, and so their calls.
        """
        error, self.error = self.error, None
        assert error is not None
        error.made_at = self.started
        self.hresult = error.hresult
        return error

    def learn(self, executed: Executed, outcome: Outcome) -> None:
        """Its callee tells what became of it, after it was given up. Any thread."""
        self.fate = executed, outcome
        self._tell()

    def settle(self, error: ComError) -> None:
        """The caller is through with its error: from now on that says what becomes known."""
        self.told = weakref.ref(error)
        self._tell()

    def _tell(self) -> None:
        # Either side sets its part first, and looks at the other's then.
        told = None if self.told is None else self.told()
        if told is None or self.fate is None or told.executed != "unknown":
            return
        told.executed, outcome = self.fate
        if told.outcome is not None:
            told.outcome = outcome

    @property
    def callee_thread(self) -> int:
        """Who runs it, inside this process; 0: unknown."""
        return 0 if self.incoming is None else self.incoming.callee_thread

    def result(self) -> Any:
        """The [out]s, decoded. Raises what the call ended with."""
        if self.extent is not None:
            extent, self.extent = self.extent, None
            extent.ended(self)
        if self.error is not None:
            raise self.failure()
        if self.body is None:
            return self.value
        return self.method.decode_result(self.body)


def cancelled(call: OutgoingCall) -> CallCanceledError:
    """What a call that was cancelled ends with, as far as it is known what became of it."""
    is_certain = call.outcome == "not started"
    return CallCanceledError(
        HRESULT.RPC_E_CALL_CANCELED,
        f"{call.method.name} was cancelled",
        executed="no" if is_certain else "unknown",
        outcome="not started" if is_certain else "unknown",
    )
