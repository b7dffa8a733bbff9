"""Descriptor: a foreign descriptor as a handle, signalled while readable; a wait takes nothing.

Made for one wait, by its thread. A DescriptorSet has the thread woken by those that are not yet.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Protocol

from pyorpc.apartment.handle import Handle
from pyorpc.errors import HRESULT, InvalidArgumentError


class HasFileno(Protocol):
    """A socket, a pipe, a file."""

    def fileno(self) -> int: ...


class Descriptor(Handle):
    """Readable also means: at its end, or broken. Raises E_INVALIDARG for a closed one."""

    def __init__(self, source: HasFileno) -> None:
        super().__init__()
        self._source = repr(source)[:80]
        try:
            self.number = source.fileno()
        except (OSError, ValueError) as error:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG, f"handles: {self._source}: {error}"
            ) from None
        self._poll = select.poll()
        if self.number < 0:
            raise self._closed()
        self._poll.register(self.number, select.POLLIN)

    @property
    def is_signalled(self) -> bool:
        events = self._poll.poll(0)
        if events and events[0][1] & select.POLLNVAL:
            raise self._closed()
        return bool(events)

    def _closed(self) -> InvalidArgumentError:
        return InvalidArgumentError(HRESULT.E_INVALIDARG, f"handles: {self._source} is closed")


class DescriptorSet:
    """One epoll set, readable when one of the descriptors has become so; its owner drains it.

    Each reports once, and again only after it was armed again: else a wait for all of several
    handles would spin while one of them is readable.
    """

    def __init__(self, descriptors: Sequence[Descriptor]) -> None:
        self._descriptors = descriptors
        self._epoll = select.epoll()
        self._idle = {each.number for each in descriptors}  # not armed
        self._known: set[int] = set()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def close(self) -> None:
        self._epoll.close()

    def drain(self) -> None:
        """Take the reports. A wait does so before it looks."""
        for number, _ in self._epoll.poll(0):
            self._idle.add(number)

    def arm(self) -> set[int]:
        """Have those report that are not readable; returns the numbers of those that are."""
        readable: set[int] = set()
        for each in self._descriptors:
            if each.number not in self._idle:
                continue
            if each.is_signalled:
                readable.add(each.number)
            else:
                self._arm(each.number)
        return readable

    def _arm(self, number: int) -> None:
        events = select.EPOLLIN | select.EPOLLONESHOT
        if number in self._known:
            self._epoll.modify(number, events)
        else:
            self._epoll.register(number, events)
            self._known.add(number)
        self._idle.discard(number)
