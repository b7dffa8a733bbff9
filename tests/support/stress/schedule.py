"""Schedules: from a seed to what each actor tries, and to what befalls the processes. Pure.

An action names things by number; the actor takes the number modulo of what it has at that moment.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from enum import Enum
from typing import Final, NamedTuple


class Verb(Enum):
    """What an actor may try. The value is how often, relative to the others."""

    CREATE = "create", 4
    OFFER = "offer", 12
    TAKE = "take", 14
    ECHO = "echo", 24
    ECHO_IN_CONTEXT = "echo in a private context", 3
    ASK_MORE = "ask for another interface", 3
    CALL_BACK = "call back", 4
    DESCEND = "descend", 5
    BEGIN = "begin", 10
    FINISH = "finish", 8
    ABANDON = "abandon", 2
    RAISE = "raise", 2
    FAIL = "fail", 2
    MAKE = "make", 5
    SAME = "same", 5
    MANY = "many", 3
    HOLD = "hold", 4
    CALL_HELD = "call what is held", 3
    LET_GO = "let go", 2
    POLL = "poll for cancellation", 2
    CANCEL = "cancel", 6
    RELEASE = "release", 5
    FORGET = "forget", 8
    LOCK = "lock", 2
    UNLOCK = "unlock", 2
    WITHDRAW = "withdraw a packet", 3
    DROP = "drop an object", 3
    COLLECT = "collect garbage", 0.3
    # These end what others use: not in a calm run.
    DISCONNECT_OBJECT = "disconnect an object", 1
    DISCONNECT_CONTEXT = "disconnect a context", 0.6
    END_APARTMENT = "end the apartment", 0.3

    def __init__(self, text: str, weight: float) -> None:
        self.text = text
        self.weight = weight


ROUGH: Final = frozenset({Verb.DISCONNECT_OBJECT, Verb.DISCONNECT_CONTEXT, Verb.END_APARTMENT})


class Action(NamedTuple):
    """One try."""

    verb: Verb
    first: int  # picks the object called, or the like
    second: int  # picks a second one
    number: int  # an argument, or a choice


def actions(seed: str, *, is_calm: bool) -> Iterator[Action]:
    """What one actor tries, without end."""
    dice = random.Random(seed)
    verbs = [verb for verb in Verb if not (is_calm and verb in ROUGH)]
    weights = [verb.weight for verb in verbs]
    while True:
        [verb] = dice.choices(verbs, weights)
        yield Action(verb, dice.getrandbits(16), dice.getrandbits(16), dice.getrandbits(16))


class TroubleKind(Enum):
    """What happens to a whole process."""

    KILL = "killed"  # and another one takes its place
    RETIRE = "retired"  # it ends in good order, and another one takes its place
    FREEZE = "frozen"  # stopped for a moment


class Trouble(NamedTuple):
    """At that time, to the process in that slot."""

    at_s: float
    kind: TroubleKind
    slot: int
    lasts_s: float


# Shorter than a heartbeat's time-out by far: a frozen process is not taken for dead.
LONGEST_FREEZE_S: Final = 0.6
_BETWEEN_S: Final = 0.4, 1.6


def troubles(seed: str, *, processes: int, seconds: float) -> list[Trouble]:
    """What befalls the processes within that time, in order."""
    dice = random.Random(seed)
    found: list[Trouble] = []
    at_s = dice.uniform(*_BETWEEN_S)
    while at_s < seconds:
        [kind] = dice.choices(list(TroubleKind), [4, 2, 3])
        lasts_s = dice.uniform(0.05, LONGEST_FREEZE_S)
        found.append(Trouble(at_s, kind, dice.randrange(processes), lasts_s))
        at_s += dice.uniform(*_BETWEEN_S)
    return found


# ---- ranks: no deadlock by design -----------------------------------------------------------

# STAs that wait for each other in different causalities wait for ever (ruling R-1). So each has a
# rank, and a chain of calls that wait goes from lower to higher ones only. What has no thread of
# its own to block has no rank.
FREE: Final = 0
# The STAs of the runtimes' own, one in each process: last in every chain.
_HOST: Final = 1 << 30


def rank_of(slot: int, number: int) -> int:
    """The rank of a process's n-th STA."""
    return 100 * (slot + 1) + number


def host_rank_of(slot: int) -> int:
    return _HOST + slot


def may_call(chain: Collection[int], callee: int) -> bool:
    """Whether calls that wait already in STAs of these ranks may go on to that one."""
    return callee == FREE or callee in chain or callee > max(chain, default=FREE)
