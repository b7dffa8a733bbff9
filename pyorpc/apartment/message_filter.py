"""IMessageFilter: an STA's say in which calls enter it, whether to try again, and how to wait.

Its methods run on the STA's own thread, between two items, with no lock held. What a filter leaves
out, or fails to answer, is decided as if there were no filter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from pyorpc.apartment.admission import ItemKind, Waiting, call_type_of, refusal_of
from pyorpc.enumerations import PENDINGMSG, PENDINGTYPE, SERVERCALL
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, Iid, iid
from pyorpc.unknown import IUnknown

_log = logging.getLogger(__name__)
_GIVE_UP: Final = 0xFFFFFFFF
_LONGEST_MS: Final = 24 * 3600 * 1000


class INTERFACEINFO(NamedTuple):
    """What an incoming call is for."""

    pUnk: IUnknown | None  # COM's names
    """The object itself; None where it is gone already."""
    iid: Iid
    """Of the interface that it is called through."""
    wMethod: int
    """The method's slot; the first own method of an interface has 3."""


class IMessageFilter(IUnknown):
    """Subclass it, override what matters, and register_message_filter(it) in an STA."""

    IID: ClassVar[Iid] = iid("00000016-0000-0000-c000-000000000046")

    def HandleInComingCall(
        self, call_type: int, caller: int, tick_count: int, info: INTERFACEINFO
    ) -> int:
        """Whether a call enters now: a SERVERCALL. Asked of asynchronous calls, but not obeyed.

        `call_type` is a CALLTYPE, `caller` the `threading.get_ident()` of the calling thread (0:
        unknown), `tick_count` how many ms ago the outgoing call was made that this thread waits for
        (0: none). Not asked of the runtime's own packets (ruling R-15).
        """
        raise NotImplementedError

    def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
        """A call of this thread was refused: try again in so many ms (below 100: at once)?

        -1 gives up: the call fails with RPC_E_CALL_REJECTED. `reject_type` is SERVERCALL.REJECTED
        or RETRYLATER, `callee` the thread that refused (0: unknown), `tick_count` how many ms ago
        the call was made.
        """
        raise NotImplementedError

    def MessagePending(self, callee: int, tick_count: int, pending_type: int) -> int:
        """A posted item has come while this thread waits for a reply or handles: a PENDINGMSG.

        CANCELCALL ends the call, or the wait, with RPC_E_CALL_CANCELED; otherwise the item stays in
        the queue until the wait is over (as in COM, the other two answers do the same).
        """
        raise NotImplementedError


class FilteredItem(Protocol):
    """What the filter is told of a queue's item."""

    kind: ItemKind
    causality: CausalityId | None
    is_async: bool
    caller: int

    @property
    def method_name(self) -> str: ...
    def interface_info(self) -> INTERFACEINFO: ...


class RegisteredFilter:
    """A filter and its STA: asks the filter, and knows what to do where that has no answer."""

    def __init__(
        self, message_filter: object, where: object, thread_id: int, is_nested: Callable[[], bool]
    ) -> None:
        self.filter: Any = message_filter
        self._where = where
        self._thread_id = thread_id
        self._is_nested = is_nested
        self.screens_calls = self._has("HandleInComingCall")
        self.retries = self._has("RetryRejectedCall")
        self.watches_waits = self._has("MessagePending")

    def _has(self, name: str) -> bool:
        method = getattr(self.filter, name, None)
        return callable(method) and getattr(method, "__func__", method) is not getattr(
            IMessageFilter, name
        )

    @property
    def is_any(self) -> bool:
        """Whether it answers anything at all."""
        return self.screens_calls or self.retries or self.watches_waits

    def refusal(
        self, item: Any, waiting: Waiting, own: CausalityId | None, since: float
    ) -> ComError | None:
        """Ask about an incoming call. None: it runs now."""
        call: FilteredItem = item
        call_type = call_type_of(waiting, call.causality, own, is_async=call.is_async)
        ticks = _ms_since(since) if waiting is Waiting.FOR_REPLY else 0
        try:
            answer = SERVERCALL(
                self.filter.HandleInComingCall(call_type, call.caller, ticks, call.interface_info())
            )
        except Exception:
            _log.exception("the message filter of %r failed on %s", self._where, call.method_name)
            related = call.causality is not None and call.causality == own
            unasked = waiting is not Waiting.FOR_REPLY or related
            answer = SERVERCALL.ISHANDLED if unasked else SERVERCALL.RETRYLATER
        hresult = refusal_of(answer, call_type)
        if hresult is None:
            return None
        error = ComError(
            hresult,
            f"{call.method_name} was refused by the message filter of {self._where!r}: it is "
            + ("busy; try later" if answer is SERVERCALL.RETRYLATER else "not to be called now"),
            executed="no",
        )
        error.callee = self._thread_id
        return error

    def cancels_wait(self, callee: int, since: float) -> bool:
        """Ask about a posted item. True: the call that the thread waits for is to end."""
        pending = PENDINGTYPE.NESTED if self._is_nested() else PENDINGTYPE.TOPLEVEL
        try:
            answer = self.filter.MessagePending(callee, _ms_since(since), pending)
        except Exception:
            _log.exception("the message filter of %r failed while it waits", self._where)
            return False
        return bool(answer == PENDINGMSG.CANCELCALL)

    def retry_delay_ms(self, error: ComError, since: float) -> int:
        """Ask about a call that was refused: wait so long and try again; -1: give up."""
        is_busy = error.hresult == HRESULT.RPC_E_SERVERCALL_RETRYLATER
        kind = SERVERCALL.RETRYLATER if is_busy else SERVERCALL.REJECTED
        try:
            delay_ms = int(self.filter.RetryRejectedCall(error.callee, _ms_since(since), kind))
        except Exception:
            _log.exception("the message filter of %r failed on a refused call", self._where)
            return -1
        if delay_ms < 0 or delay_ms == _GIVE_UP:
            return -1
        return min(delay_ms, _LONGEST_MS)


def _ms_since(since: float) -> int:
    return int((monotonic() - since) * 1000)
