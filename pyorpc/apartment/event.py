"""Event: a handle that is set, and stays so or lets one wait through. Any thread."""

from __future__ import annotations

from pyorpc.apartment.handle import Handle


class Event(Handle):
    """Of manual reset: set until `reset`. Otherwise one wait takes the signal, and so resets it."""

    def __init__(self, manual_reset: bool = False, initial: bool = False) -> None:  # COM's order
        super().__init__()
        self._is_manual = bool(manual_reset)
        self._is_set = bool(initial)

    def __repr__(self) -> str:
        kind = "manual reset" if self._is_manual else "auto reset"
        return f"<Event {kind}, {'set' if self._is_set else 'not set'}>"

    def set(self) -> None:
        """Let the waiting threads go on: all, or exactly one. Setting it twice is setting it once.

        Never blocks; also from a signal handler.
        """
        with self.lock:
            self._is_set = True
        self.announce()

    def reset(self) -> None:
        """Make waits wait again."""
        with self.lock:
            self._is_set = False

    @property
    def is_signalled(self) -> bool:
        return self._is_set

    def consume_locked(self) -> None:
        self._is_set = self._is_manual
