"""Waiting with a deadline, for conditions that nobody announces."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 10.0
_GLANCE_S = 0.005


def wait_until(
    condition: Callable[[], object], what: str = "the condition", timeout_s: float = DEADLINE_S
) -> None:
    """Return once condition() is true; AssertionError after timeout_s.

    For what gives no signal: a process that ends, a finaliser. Where there is an event, wait on it.
    """
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(_GLANCE_S)
