"""Policy: what a context does around every call into it. The interception hook.

Policies sit on the callee's side, between the arrival of a call on the object's thread and the
object's method: security checks, synchronisation, metrics and tracing hang here. A context without
policies pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pyorpc.context.thread_state import CurrentCall

R = TypeVar("R")


class Policy(Protocol):
    """Chosen per context. Runs on the thread that runs the method, inside the context."""

    def enter(self, call: CurrentCall) -> None:
        """Before the method. Raise a ComError to refuse: the method then does not run."""

    def leave(self, call: CurrentCall, error: BaseException | None) -> None:
        """After the method, with what it raised; also if a later policy refused the call."""


def run_inside(policies: Sequence[Policy], call: CurrentCall, body: Callable[[], R]) -> R:
    """Run `body` between every policy's enter (in order) and leave (in reverse)."""
    if not policies:
        return body()
    first, rest = policies[0], policies[1:]
    first.enter(call)
    error: BaseException | None = None
    try:
        return run_inside(rest, call, body)
    except BaseException as raised:
        error = raised
        raise
    finally:
        first.leave(call, error)
