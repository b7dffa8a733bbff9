"""IdleWatch: notices that a server process has nothing left to serve, and closes its classes then.

Looks from time to time, on the housekeeping thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pyorpc.activation.activation import Activation
from pyorpc.activation.process import Process
from pyorpc.interfaces.activation_idl import IRemoteActivation

_LOOKS: Final = 4  # in the time that a server may be idle


class IdleWatch:
    """Calls `ended` once, when nobody has held anything of this process for `idle_s`."""

    def __init__(
        self, process: Process, activation: Activation, idle_s: float, ended: Callable[[], None]
    ) -> None:
        self._process = process
        self._table = activation.table
        self._active = activation.active
        self._idle_s = idle_s
        self._ended = ended
        self._busy_at = time.monotonic()
        self._look_later()

    def _look_later(self) -> None:
        self._process.housekeeping.after(self._idle_s / _LOOKS, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        if self._is_busy():
            self._busy_at = now
        elif now - self._busy_at >= self._idle_s and self._table.stop():
            # From here on nobody can come any more; but somebody may have come just before.
            if not self._is_busy():
                self._ended()
                return
            self._table.resume()
        self._look_later()

    def _is_busy(self) -> bool:
        if self._active:
            return True  # what is registered as active is there to be found
        offered = {id(each.factory) for each in self._table.registrations()}
        for manager in self._process.exporter.managers():
            is_offer = id(manager.target) in offered or isinstance(
                manager.target, IRemoteActivation
            )
            is_kept = manager.strong_packets and not is_offer
            if manager.public_refs or manager.running or is_kept:
                return True
        return False
