"""PendingCall: a call that an object's own call object carries, from Begin_X to Finish_X.

Begin_X runs as the method would; then the thread goes on. Signal may come on any thread, also from
inside Begin_X, and again: Finish_X runs once, after Begin_X has succeeded, in the object's
apartment. An end of the apartment answers the call, and Finish_X does not run.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.call_signal import CallSignal
from pyorpc.unknown import IUnknown

if TYPE_CHECKING:
    from pyorpc.remoting.deferral import Deferred
    from pyorpc.remoting.incoming_call import IncomingCall


class Stage(Enum):
    """Where the call is."""

    BEGINNING = "Begin_X has not returned"
    SIGNALLED_EARLY = "it has not returned, and was signalled"
    OPEN = "it waits for Signal"
    OVER = "Finish_X is on its way, or Begin_X has failed"


# By a Signal; what is missing is ignored.
SIGNALLED: Final = {Stage.BEGINNING: Stage.SIGNALLED_EARLY, Stage.OPEN: Stage.OVER}


class CallFactory(Protocol):
    """ICallFactory, which is a layer above."""

    def CreateCall(self, riid: type[IUnknown], outer: IUnknown) -> IUnknown: ...


class PendingCall:
    """Made by a stub for one call; its outer is a face of it."""

    def __init__(self, incoming: IncomingCall, async_iface: type[IUnknown]) -> None:
        self.incoming = incoming
        self.async_iface = async_iface
        self.signal = CallSignal(is_set=False)
        self.call_object: IUnknown | None = None
        self._lock = Lock()  # guards _stage
        self._stage = Stage.BEGINNING
        self._finish: Callable[[], object] | None = None

    def made_by(self, factory: CallFactory, outer: IUnknown) -> IUnknown | None:
        """The object's call object, which `outer` aggregates; None: it has none for this interface.

        Raises what CreateCall raises, except E_NOINTERFACE (ruling R-10).
        """
        try:
            inner = factory.CreateCall(self.async_iface, outer)
            if not isinstance(inner, self.async_iface):
                inner = inner.QueryInterface(self.async_iface)
        except ComError as error:
            if error.hresult != HRESULT.E_NOINTERFACE:
                raise
            return None
        self.call_object = inner
        return inner

    def begun(self, finish: Callable[[], object]) -> Deferred:
        """Begin_X has succeeded: after Signal, answer with what `finish` gives."""
        deferred = self.incoming.defer(self)
        self._finish = finish
        with self._lock:
            is_signalled = self._stage is Stage.SIGNALLED_EARLY
            self._stage = Stage.OVER if is_signalled else Stage.OPEN
        if is_signalled:
            self._resume()
        return deferred

    def failed(self) -> None:
        """It has failed: signals mean nothing any more."""
        with self._lock:
            self._stage = Stage.OVER

    def signalled(self) -> None:
        """The method is through. Any thread."""
        with self._lock:
            was_open = self._stage is Stage.OPEN
            self._stage = SIGNALLED.get(self._stage, self._stage)
        self.signal.set()
        if was_open:
            self._resume()

    def _resume(self) -> None:
        finish, self._finish = self._finish, None
        assert finish is not None
        self.incoming.resume(finish)
