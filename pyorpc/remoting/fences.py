"""Fences: releases that wait until the one-way calls before them have been read.

A release travels on the process link and would overtake a one-way call on its data link. So its
sender puts a fence behind the call, and names it in the release. Housekeeping's thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

# What a peer can make us remember; beyond it the oldest is forgotten, or nothing waits.
MOST: Final = 10_000

K = TypeVar("K")
LineName = tuple[str, bytes]  # the peer process's id, and the token of one of its lines


class Fences:
    """Of one Runtime, as the callee of all its peers."""

    def __init__(self) -> None:
        self._waiting: dict[LineName, dict[int, Callable[[], None]]] = {}
        self._read: dict[tuple[LineName, int], None] = {}  # whose release is still to come
        self._ended: dict[LineName, None] = {}

    def wait(self, line: LineName, fence: int, release: Callable[[], None]) -> None:
        """Release when the fence has been read: now, if it has, or if its line has ended."""
        was_read = (line, fence) in self._read
        self._read.pop((line, fence), None)
        waiting = self._waiting.setdefault(line, {})
        if was_read or line in self._ended or len(waiting) >= MOST:
            release()
        else:
            waiting[fence] = release
        if not waiting:
            del self._waiting[line]

    def read(self, line: LineName, fence: int) -> None:
        """A line's reader has come to a fence: all before it was accepted, or refused."""
        waiting = self._waiting.get(line, {})
        release = waiting.pop(fence, None)
        if release is None:
            _remember(self._read, (line, fence))
            return
        if not waiting:
            del self._waiting[line]
        release()

    def line_ended(self, line: LineName) -> None:
        """It brings no fence any more."""
        _remember(self._ended, line)
        for release in self._waiting.pop(line, {}).values():
            release()

    def peer_ended(self, process_id: str) -> None:
        """All that it held is released anyhow."""
        for line in [line for line in self._waiting if line[0] == process_id]:
            del self._waiting[line]


def _remember(known: dict[K, None], key: K) -> None:
    if len(known) >= MOST:
        del known[next(iter(known))]
    known[key] = None
