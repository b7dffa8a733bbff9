"""Semaphore: a handle that lets as many waits through as were released. Any thread."""

from __future__ import annotations

from pyorpc.apartment.handle import Handle
from pyorpc.errors import HRESULT, InvalidArgumentError


class Semaphore(Handle):
    """A count between 0 and `maximum`; each successful wait takes one."""

    def __init__(self, initial: int = 0, maximum: int = 0x7FFFFFFF) -> None:
        super().__init__()
        if not _are_counts(initial, maximum) or not 0 <= initial <= maximum or maximum < 1:
            raise InvalidArgumentError(
                HRESULT.E_INVALIDARG,
                f"initial={initial!r}, maximum={maximum!r}: expected 0 <= initial <= maximum, and "
                "a maximum of at least 1",
            )
        self._count = initial
        self._maximum = maximum

    def __repr__(self) -> str:
        return f"<Semaphore {self._count} of {self._maximum}>"

    def release(self, n: int = 1) -> int:
        """Let `n` more waits through; returns the count before.

        Raises E_INVALIDARG for an `n` below 1, and where the count would pass the maximum; then
        nothing is released.
        """
        with self.lock:
            before = self._count
            if not _are_counts(n) or n < 1 or before + n > self._maximum:
                raise InvalidArgumentError(
                    HRESULT.E_INVALIDARG,
                    f"n: releasing {n!r} of {self!r} does not leave it between 1 and its maximum",
                )
            self._count = before + n
        self.announce()
        return before

    @property
    def is_signalled(self) -> bool:
        return self._count > 0

    def consume_locked(self) -> None:
        self._count -= 1


def _are_counts(*values: object) -> bool:
    return all(isinstance(each, int) for each in values)
