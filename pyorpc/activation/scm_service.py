"""ScmService: the life of an SCM: it takes the seat, opens its door, ends when nobody needs it.

Runs on the main thread of the SCM's process, which is in the MTA.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pyorpc.activation.catalog import Catalog
from pyorpc.activation.door import Door
from pyorpc.activation.launcher import Launcher
from pyorpc.activation.listener import Listener
from pyorpc.activation.process import Process
from pyorpc.activation.scm import Scm
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.apartment.waits import ThreadWaiter
from pyorpc.errors import HRESULT, ComError

_TICK_S: Final = 1.0
_RETRY_S: Final = 0.02


class ScmService:
    """One per SCM process; `run` is its whole life."""

    def __init__(self, process: Process, door: Door, seat: ScmSeat) -> None:
        self._process = process
        self._door = door
        self._seat = seat
        self._waiter = ThreadWaiter()
        self.is_done = False  # asked to end

    def stop(self) -> None:
        """Have `run` return soon. Any thread, and signal handlers."""
        self.is_done = True
        self._waiter.wake()

    def take_seat(self, patience_s: float) -> bool:
        """Become the SCM. False: another process is. One that is ending gets some time for it."""
        deadline = time.monotonic() + patience_s
        while not self._seat.take():
            if self._seat.holder() is not None:
                return False
            if time.monotonic() > deadline:
                raise ComError(
                    HRESULT.E_FAIL, "another process holds the SCM's lock and does not listen"
                )
            self._waiter.wait(_RETRY_S)
        return True

    def run(self, idle_s: float | None, ready: Callable[[Listener], None]) -> None:
        """Serve until `stop`; with `idle_s` also until nobody has needed it for so long."""
        home = self._process.settings.home
        launcher = Launcher(self._process, home)
        scm = Scm(self._process, self._door.servers, Catalog(home), launcher)
        launcher.open()
        self._door.open(scm)
        listener = Listener.of_this_process(self._process.resolver.identity, self._door.endpoint())
        self._seat.publish(listener)
        try:
            ready(listener)
            while not self.is_done and (idle_s is None or scm.idle_s() < idle_s):
                self._waiter.wait(_TICK_S if idle_s is None else min(_TICK_S, idle_s / 4))
        finally:
            # First of all: whoever looks for an SCM from now on starts another one.
            self._seat.leave()
            self._door.close()
            launcher.close()
