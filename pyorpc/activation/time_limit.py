"""time_limit: an activation may take so long, also where a constructor of the user's never returns.

It is a deadline with a text of its own. What was called goes on, is told of it, and what it returns
in the end is released.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic

from pyorpc.context.deadline import within
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, CallTimeoutError


@contextmanager
def time_limit(timeout_s: float | None, state: ThreadState, what: str) -> Generator[None]:
    """Calls to other apartments and processes in this block end in time. Raises RPC_E_TIMEOUT."""
    if timeout_s is None:
        yield
        return
    at = monotonic() + timeout_s
    try:
        with within(timeout_s, state):
            yield
    except CallTimeoutError as error:
        if monotonic() < at or error.hresult != HRESULT.RPC_E_TIMEOUT:
            raise
        raise CallTimeoutError(
            HRESULT.RPC_E_TIMEOUT,
            f"{what} has not come within the time given; what its server began goes on",
            executed=error.executed,
        ) from None
