"""Message filters to use as they are: one that admits calls, one that tries again.

Each says only what it is for; the rest is decided as without a filter. A class with both as its
bases does both.
"""

from __future__ import annotations

import random
from typing import Final

from pyorpc.apartment.message_filter import INTERFACEINFO, IMessageFilter
from pyorpc.enumerations import SERVERCALL

_GIVE_UP: Final = -1


class AdmittingFilter(IMessageFilter):
    """Lets every call in, also an unrelated one while the STA waits for a reply of its own.

    Two STAs that call each other at once cannot deadlock then; in return an object can be entered,
    and changed, in the middle of a method that makes a call.
    """

    def HandleInComingCall(
        self, call_type: int, caller: int, tick_count: int, info: INTERFACEINFO
    ) -> int:
        return SERVERCALL.ISHANDLED


class RetryingFilter(IMessageFilter):
    """Tries a call again that was refused as busy (RETRYLATER), ever more slowly.

    The pauses begin with `first_ms`, double up to `longest_ms`, and vary by a quarter, so that
    callers which were refused together do not come back together. The STA serves its calls
    meanwhile. Gives up after `give_up_after_s`, and at once where the callee REJECTED the call.
    """

    def __init__(
        self, *, first_ms: int = 100, longest_ms: int = 2_000, give_up_after_s: float = 30.0
    ) -> None:
        super().__init__()
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._give_up_after_s = give_up_after_s

    def RetryRejectedCall(self, callee: int, tick_count: int, reject_type: int) -> int:
        if reject_type != SERVERCALL.RETRYLATER or tick_count >= self._give_up_after_s * 1000:
            return _GIVE_UP
        # As long as it has been tried so far: that doubles, and needs no memory of the call.
        pause_ms = min(max(self._first_ms, tick_count), self._longest_ms)
        return int(pause_ms * random.uniform(1.0, 1.25))  # no secret
