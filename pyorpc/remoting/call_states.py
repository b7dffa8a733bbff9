"""The life of a call, from both sides, as tables of moves. Pure.

Every call is made of these moves, but no call pays for a table: which of several threads wins a
move is decided by one atomic step (`list.pop`, `dict.pop`), and the states are read from what those
steps leave behind. Tests hold both against each other.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class IncomingState(Enum):
    """A call at its callee."""

    QUEUED = "queued"
    """Accepted: it will be run or refused, and so answered."""
    WITHDRAWN = "withdrawn"
    """It was cancelled before its turn: it never starts."""
    RUNNING = "running"
    """A thread of the object's apartment has taken it."""
    ENDED = "ended"
    """Its answer has been given. There is one."""


class IncomingEvent(Enum):
    """What befalls it."""

    START = "start"
    """Its turn has come."""
    CANCEL = "cancel"
    """Its caller, or a detector, wants it to end."""
    END = "end"
    """It is answered: the method has returned or raised, or nobody will run it."""


# What is missing raises where it is looked up, and never happens: nothing runs twice.
INCOMING: Final = {
    (IncomingState.QUEUED, IncomingEvent.START): IncomingState.RUNNING,
    # A cancel that reaches a queued call is certain: `executed` is "no".
    (IncomingState.QUEUED, IncomingEvent.CANCEL): IncomingState.WITHDRAWN,
    # Refused: the apartment or the object has gone, the queue is full, a message filter said no.
    (IncomingState.QUEUED, IncomingEvent.END): IncomingState.ENDED,
    (IncomingState.WITHDRAWN, IncomingEvent.CANCEL): IncomingState.WITHDRAWN,
    # Its turn comes all the same: then it is answered with RPC_E_CALL_CANCELED.
    (IncomingState.WITHDRAWN, IncomingEvent.START): IncomingState.WITHDRAWN,
    (IncomingState.WITHDRAWN, IncomingEvent.END): IncomingState.ENDED,
    # CAN-04, CAN-08: a method is told by TestCancel, and not interrupted.
    (IncomingState.RUNNING, IncomingEvent.CANCEL): IncomingState.RUNNING,
    (IncomingState.RUNNING, IncomingEvent.END): IncomingState.ENDED,
    # CAN-07: too late.
    (IncomingState.ENDED, IncomingEvent.CANCEL): IncomingState.ENDED,
}


class OutgoingState(Enum):
    """A call at its caller."""

    WAITING = "waiting"
    """Nothing has ended it yet."""
    ABANDONED = "abandoned"
    """It has ended for its caller; an answer may come, and references in it are released then."""
    ENDED = "ended"


class OutgoingEvent(Enum):
    """What befalls it. The first one decides what its caller gets."""

    ANSWER = "answer"
    """A REPLY or a FAULT has come, or the callee in this process has returned."""
    GIVE_UP = "give up"
    """Cancelled, timed out, interrupted, found in a deadlock."""
    LOSE = "lose"
    """The connection or the peer is dead: no answer can come."""


OUTGOING: Final = {
    (OutgoingState.WAITING, OutgoingEvent.ANSWER): OutgoingState.ENDED,
    (OutgoingState.WAITING, OutgoingEvent.GIVE_UP): OutgoingState.ABANDONED,
    (OutgoingState.WAITING, OutgoingEvent.LOSE): OutgoingState.ENDED,
    # CAN-04: a late reply is dropped.
    (OutgoingState.ABANDONED, OutgoingEvent.ANSWER): OutgoingState.ENDED,
    (OutgoingState.ABANDONED, OutgoingEvent.GIVE_UP): OutgoingState.ABANDONED,
    (OutgoingState.ABANDONED, OutgoingEvent.LOSE): OutgoingState.ENDED,
    # The first law of endings: whatever comes second changes nothing.
    (OutgoingState.ENDED, OutgoingEvent.ANSWER): OutgoingState.ENDED,
    (OutgoingState.ENDED, OutgoingEvent.GIVE_UP): OutgoingState.ENDED,
    (OutgoingState.ENDED, OutgoingEvent.LOSE): OutgoingState.ENDED,
}
