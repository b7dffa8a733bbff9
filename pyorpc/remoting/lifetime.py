"""When is a reference dead? Pure: a function of the clock and of what was heard.

A holder pings once a period and is dead after exactly three without one ([MS-DCOM] 3.1.2.6).
"""

from __future__ import annotations

from typing import Final

PERIODS: Final = 3


def is_expired(now_s: float, last_heard_s: float, period_s: float) -> bool:
    """Whether a holder, heard of last at that time, has missed its three pings."""
    return now_s - last_heard_s > PERIODS * period_s


def is_protected(running: int, last_left_s: float, now_s: float, period_s: float) -> bool:
    """Whether a call, running or ended less than a period ago, keeps an object from expiring."""
    return running > 0 or now_s - last_left_s < period_s
