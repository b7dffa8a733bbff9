"""WAKEUPS: how often threads of this process came out of a wait of the runtime's.

Waits end with a message, a hand-off from another thread, or a time limit: an idle process hardly
wakes at all. Whoever waits adds to it; `statistics()` reads it.
"""

from __future__ import annotations

from typing import Final


class WakeupCount:
    """A number. Adding to it is one step of the interpreter's: no lock."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


WAKEUPS: Final = WakeupCount()
