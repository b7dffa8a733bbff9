"""Obituaries: the processes that are proven to have ended. A packet of theirs may still come.

Without them it would make a stranger of a dead process, which nobody ever meets.
"""

from __future__ import annotations

from typing import Final

from pyorpc.remoting.peer import PeerProcess

LATEST: Final = 256


class Obituaries:
    """The latest of them, by process id. Its user's lock guards it."""

    def __init__(self) -> None:
        self._ended: dict[str, PeerProcess] = {}

    def add(self, peer: PeerProcess) -> None:
        self._ended[peer.process_id] = peer
        if len(self._ended) > LATEST:
            del self._ended[next(iter(self._ended))]

    def get(self, process_id: str) -> PeerProcess | None:
        return self._ended.get(process_id)

    def __len__(self) -> int:
        return len(self._ended)
