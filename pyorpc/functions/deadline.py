"""deadline: a time within which the calls of a block must be over, the calls they make included."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager

from pyorpc.context.deadline import within
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, InvalidArgumentError


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """A budget for the calls that this thread makes in the block; they hand it down.

    A call that is not over when it is spent ends with RPC_E_TIMEOUT (CallTimeoutError) at once; its
    method is told through `test_cancel()` and is not interrupted. What has not begun by then never
    does. Of nested deadlines, and that of the call which runs here, the smallest counts. Other work
    of the thread is not concerned. Raises E_INVALIDARG for what is no number of seconds.
    """
    if not _is_time(seconds):
        raise InvalidArgumentError(HRESULT.E_INVALIDARG, f"seconds: {seconds!r} is no time")
    with within(seconds, thread_state()):
        yield


def _is_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not math.isnan(seconds)
