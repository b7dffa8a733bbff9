"""TimeLimit: an activation may take so long, also where a constructor of the user's never returns.

The thread that activates enters the block; the housekeeping thread ends the call that it waits for.
What was called goes on, is told of the cancel, and what it returns in the end is released.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from pyorpc.activation.process import Process
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, CallCanceledError, CallTimeoutError, ComError
from pyorpc.remoting.cancel import Cancellation
from pyorpc.remoting.outgoing_call import OutgoingCall

_AGAIN_S: Final = 0.05
_LONGEST_S: Final = 60.0


@contextmanager
def time_limit(
    timeout_s: float | None, process: Process, state: ThreadState, what: str
) -> Generator[None]:
    """Calls to other apartments and processes in this block end in time. Raises RPC_E_TIMEOUT."""
    if timeout_s is None:
        yield
        return
    limit = TimeLimit(timeout_s, process, state)
    limit.look_later()
    try:
        yield
    except CallCanceledError as error:
        if not limit.has_expired:
            raise
        raise CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT,
            f"{what} has not come within the time given; what its server began goes on",
            executed=error.executed,
        ) from None
    finally:
        limit.lift()


class TimeLimit:
    """Of the calls that one thread makes from now on."""

    def __init__(self, timeout_s: float, process: Process, state: ThreadState) -> None:
        self._deadline = time.monotonic() + timeout_s
        self._process = process
        self._calls = state.outgoing
        self._depth = len(state.outgoing)  # calls beyond are the block's
        self._state = state
        self._lock = threading.Lock()  # guards _is_lifted
        self._is_lifted = False
        self.has_expired = False

    def lift(self) -> None:
        """The block is left: later calls of the thread are not concerned."""
        with self._lock:
            self._is_lifted = True

    def look_later(self) -> None:
        """Look when time is over; a lifted limit is not remembered for longer than a minute."""
        left_s = max(_AGAIN_S, self._deadline - time.monotonic())
        self._process.housekeeping.after(min(left_s, _LONGEST_S), self._look)

    def _look(self) -> None:
        """Once time is over: end the thread's call, or the next one that it makes in the block."""
        calls: list[OutgoingCall] = []
        with self._lock:
            if self._is_lifted:
                return
            if time.monotonic() >= self._deadline:
                # The thread is in the block while this lock is held: so the call is one of it.
                calls = self._calls[self._depth : self._depth + 1]
                self.has_expired = True
        for call in calls:
            with suppress(ComError):  # of telling a process that has ended; the call ends anyway
                Cancellation(call, self._process.resolver).cancel(0, self._state)
        self.look_later()
