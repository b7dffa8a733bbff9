"""TaskWaker: what wakes one task, from any thread."""

from __future__ import annotations

from pyorpc.trio.library import trio
from pyorpc.trio.pump import Pump


class TaskWaker:
    """A Waker. Its task waits for `woken`, and makes it anew before it looks again."""

    def __init__(self, pump: Pump) -> None:
        self._pump = pump
        self.woken = trio.Event()

    def wake(self) -> None:
        """Any thread."""
        self._pump.set_soon(self.woken)
