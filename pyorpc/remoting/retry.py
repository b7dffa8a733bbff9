"""Trying a call again: a refused one as the message filter says, an idempotent one that was lost.

On the caller's thread. Nothing else is ever tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pyorpc.apartment.sta import Sta
from pyorpc.context.deadline import sooner
from pyorpc.errors import HRESULT, CallCanceledError, ComError
from pyorpc.remoting.link import references_in

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.wire.method import Method

_REFUSALS: Final = frozenset({HRESULT.RPC_E_CALL_REJECTED, HRESULT.RPC_E_SERVERCALL_RETRYLATER})
# A filter's answer below this means: at once.
_AT_ONCE_MS: Final = 100


def is_lost_idempotent(error: ComError, method: Method[Any, Any], args: object) -> bool:
    """Whether a call is to be made once more: only [idempotent], only a broken connection.

    Not where it passes pointers: the callee may have taken the references in their packets.
    """
    if not method.is_idempotent or error.executed != "unknown":
        return False
    return error.hresult == HRESULT.RPC_S_CALL_FAILED and not references_in(args)


class Pause:
    """What the STA waits for until it tries again: time, or a cancel. It serves calls meanwhile."""

    is_cancellable = True  # by the message filter

    def __init__(self, name: str, callee: int, started: float, wake: Callable[[], object]) -> None:
        self._name = name
        self.callee_thread = callee
        self.started = started
        self._wake = wake
        self.is_done = False
        self._end: list[None] = [None]  # whoever pops it, a cancel or the time, decides

    def __repr__(self) -> str:
        return f"the next try of {self._name}"

    def cancel(self, seconds: float, state: ThreadState) -> HRESULT:
        """Any thread, which does not wait: no method runs now. Results as of Cancellation."""
        if not seconds >= 0:
            return HRESULT.E_INVALIDARG
        if self.is_done:
            return HRESULT.RPC_E_CALL_CANCELED
        if not self._is_first():
            return self.test()
        self.is_done = True
        self._wake()
        return HRESULT.S_OK

    def test(self) -> HRESULT:
        """Whether the call was cancelled here, pends, or went on."""
        if self.is_done:
            return HRESULT.RPC_E_CALL_CANCELED
        return HRESULT.RPC_S_CALLPENDING if self._end else HRESULT.RPC_E_CALL_COMPLETE

    def end(self) -> None:
        """The STA's thread goes on. Raises RPC_E_CALL_CANCELED where it is not to."""
        if not self._is_first():
            raise CallCanceledError(
                HRESULT.RPC_E_CALL_CANCELED,
                f"{self._name} was cancelled while it waited to be tried again",
                executed="no",
                outcome="not started",
            )

    def _is_first(self) -> bool:
        try:
            self._end.pop()
        except IndexError:
            return False
        return True


def await_retry(error: ComError, name: str, since: float, state: ThreadState) -> float:
    """Return when a call that ended with `error` is to be made again: since when it is tried.

    0: it is not, that was no refusal, or nobody decides on refusals here. Raises
    RPC_E_CALL_REJECTED where the filter gives up (ruling R-12), RPC_E_CALL_CANCELED where it, or
    another thread, ends the wait.
    """
    if error.executed != "no" or error.hresult not in _REFUSALS:
        return 0.0
    sta = state.home
    if not isinstance(sta, Sta) or sta.filtered is None or not sta.filtered.retries:
        return 0.0
    since = since or error.made_at or monotonic()
    delay_ms = sta.filtered.retry_delay_ms(error, since)
    if delay_ms < 0:
        raise ComError(
            HRESULT.RPC_E_CALL_REJECTED,
            f"{name}: the message filter gave up after {monotonic() - since:.1f} s: "
            f"{error.description}",
            executed="no",
        ) from None
    if delay_ms >= _AT_ONCE_MS:
        pause = Pause(name, error.callee, since, sta.inbox.wake)
        delay_s = sooner(delay_ms / 1000, state.deadline)
        entry = len(state.outgoing), pause
        state.cancel_objects.append(entry)
        try:
            sta.wait_for(pause, delay_s, causality=state.own_causality())
        finally:
            state.cancel_objects.remove(entry)
        pause.end()
    return since
