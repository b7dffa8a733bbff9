"""ReleaseQueue: where references and calls go from finalizers. The housekeeping thread empties it.

`put` is all that a finalizer does: it may run on any thread, inside any lock, so there is no lock,
no socket and no log here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pyorpc.ids import Ipid

if TYPE_CHECKING:
    from pyorpc.remoting.outgoing_call import OutgoingCall


class ReleaseQueue:
    """Items are (peer process, or None for this one; references by IPID).

    The peer process with a line: its last one-way call there must not be overtaken.
    """

    def __init__(self) -> None:
        self._items: SimpleQueue[tuple[Any, dict[Ipid, int]]] = SimpleQueue()
        self._calls: SimpleQueue[OutgoingCall] = SimpleQueue()
        # Its own descriptor, closed only with the queue: a late finalizer must not hit another.
        self.wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def __del__(self) -> None:
        # Finalizers of one garbage run in any order: later ones must find this closed.
        wakeup, self.wakeup = self.wakeup, -1
        os.close(wakeup)

    def put_local(self, counts: dict[Ipid, int]) -> None:
        """References of this process's own objects."""
        self._items.put((None, counts))
        self._wake()

    def put_remote(self, peer: Any, counts: dict[Ipid, int], behind: Any = None) -> None:
        self._items.put((peer if behind is None else (peer, behind), counts))
        self._wake()

    def put_call(self, call: OutgoingCall) -> None:
        """A call that nobody will finish: its results hold references."""
        self._calls.put(call)
        self._wake()

    def _wake(self) -> None:
        if self.wakeup != -1:
            os.eventfd_write(self.wakeup, 1)

    def take_all(self) -> list[tuple[Any, dict[Ipid, int]]]:
        """What has come since the last time. One thread."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.wakeup)
        return [self._items.get_nowait() for _ in range(self._items.qsize())]

    def take_calls(self) -> list[OutgoingCall]:
        """Likewise, after take_all."""
        return [self._calls.get_nowait() for _ in range(self._calls.qsize())]
