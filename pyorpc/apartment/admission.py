"""May this item enter the STA now? Pure: a function of what waits and what has come.

Ruling R-1: an unrelated call that reaches an STA which waits for a reply is held; a call of the
same causality, a callback, enters. What is sent (the sender waits for it) always enters.
"""

from __future__ import annotations

from enum import Enum

from pyorpc.ids import CausalityId


class ItemKind(Enum):
    """The kinds of item in an STA's queue."""

    CALL = "call"
    POSTED = "posted"
    SENT = "sent"
    RUNTIME = "runtime"  # the runtime's own: dropping a reference, say; runs no user method


class Waiting(Enum):
    """What the STA's thread is doing while it takes items."""

    PUMPING = "pumping"  # nothing of its own: the message loop
    FOR_REPLY = "for a reply"  # inside an outgoing call
    FOR_HANDLES = "for handles"  # inside wait_for_multiple_handles


def may_enter(
    kind: ItemKind, causality: CausalityId | None, waiting: Waiting, own: CausalityId | None
) -> bool:
    """Whether an item of that kind and causality runs now, on a thread waiting in that way."""
    if waiting is Waiting.PUMPING or kind in (ItemKind.SENT, ItemKind.RUNTIME):
        return True
    if kind is ItemKind.POSTED:
        return False
    # WAI-04: a wait for handles serves every incoming call, as a message loop does.
    return waiting is Waiting.FOR_HANDLES or (causality is not None and causality == own)
