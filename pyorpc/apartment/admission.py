"""May this item enter the STA now, and as what? Pure: functions of what waits and what has come.

Ruling R-1: an unrelated call that reaches an STA which waits for a reply is held; a call of the
same causality, a callback, enters. Where a message filter decides on calls, none is held: it is
told what each one is, and says what becomes of it. What is sent (the sender waits) always enters.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from pyorpc.enumerations import CALLTYPE, SERVERCALL
from pyorpc.errors import HRESULT
from pyorpc.ids import CausalityId


class ItemKind(Enum):
    """The kinds of item in an STA's queue."""

    CALL = "call"
    POSTED = "posted"
    SENT = "sent"
    RUNTIME = "runtime"  # the runtime's own, never held or refused: dropping a reference, say


class Waiting(Enum):
    """What the STA's thread is doing while it takes items."""

    PUMPING = "pumping"  # nothing of its own: the message loop
    FOR_REPLY = "for a reply"  # inside an outgoing call
    FOR_HANDLES = "for handles"  # inside wait_for_multiple_handles


def may_enter(
    kind: ItemKind,
    causality: CausalityId | None,
    waiting: Waiting,
    own: CausalityId | None,
    *,
    is_filtered: bool = False,
) -> bool:
    """Whether an item of that kind and causality leaves the queue now, on a thread waiting so.

    `is_filtered`: a message filter decides on calls. Then every call comes before it at once.
    """
    if waiting is Waiting.PUMPING or kind in (ItemKind.SENT, ItemKind.RUNTIME):
        return True
    if kind is ItemKind.POSTED:
        return False
    # WAI-04: a wait for handles serves every incoming call, as a message loop does.
    return (
        is_filtered
        or waiting is Waiting.FOR_HANDLES
        or (causality is not None and causality == own)
    )


# Only a wait for a reply is a call pending: HandleInComingCall, CALLTYPE.
_CALL_TYPES: Final = {
    # (asynchronous, waits for a reply, same causality)
    (False, False, False): CALLTYPE.TOPLEVEL,
    (False, False, True): CALLTYPE.NESTED,  # a callback while it waits for handles
    (False, True, False): CALLTYPE.TOPLEVEL_CALLPENDING,
    (False, True, True): CALLTYPE.NESTED,
    (True, False, False): CALLTYPE.ASYNC,
    (True, False, True): CALLTYPE.ASYNC,
    (True, True, False): CALLTYPE.ASYNC_CALLPENDING,
    (True, True, True): CALLTYPE.ASYNC_CALLPENDING,
}


def call_type_of(
    waiting: Waiting, causality: CausalityId | None, own: CausalityId | None, *, is_async: bool
) -> CALLTYPE:
    """What a message filter is told that an incoming call is."""
    related = waiting is not Waiting.PUMPING and causality is not None and causality == own
    return _CALL_TYPES[is_async, waiting is Waiting.FOR_REPLY, related]


_REFUSALS: Final = {
    SERVERCALL.ISHANDLED: None,
    SERVERCALL.REJECTED: HRESULT.RPC_E_CALL_REJECTED,
    SERVERCALL.RETRYLATER: HRESULT.RPC_E_SERVERCALL_RETRYLATER,
}


def refusal_of(answer: SERVERCALL, call_type: CALLTYPE) -> HRESULT | None:
    """What the caller gets for a filter's answer; None: the call runs.

    Asynchronous calls run whatever it says (FLT-11): their callers do not wait to be refused.
    """
    if call_type in (CALLTYPE.ASYNC, CALLTYPE.ASYNC_CALLPENDING):
        return None
    return _REFUSALS[answer]
