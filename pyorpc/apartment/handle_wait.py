"""HandleWait: one thread's wait for one, or all, of several handles. An Awaitable of any apartment.

Used by the waiting thread alone: subscribe, wait as the apartment does, unsubscribe. Looking is
taking: once it is done, it has what it waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from time import monotonic

from pyorpc.apartment.apcs import WAIT_IO_COMPLETION, Apcs
from pyorpc.apartment.descriptor import Descriptor, DescriptorSet
from pyorpc.apartment.handle import Choice, Handle, take
from pyorpc.apartment.waits import Waker

Watch = Callable[[int, Callable[[], None]], None]


class HandleWait:
    """`index` is the handle that was taken; 0 where all were, 0xC0 where an APC has come first."""

    is_cancellable = True  # by the waiting STA's message filter
    callee_thread = 0

    def __init__(self, handles: Sequence[Handle], choose: Choice, apcs: Apcs | None = None) -> None:
        self.handles = handles
        self._choose = choose
        self._apcs = apcs
        self._descriptors: DescriptorSet | None = None
        self.started = monotonic()
        self.index: int | None = None

    def __repr__(self) -> str:
        return f"<HandleWait of {len(self.handles)} handles>"

    @property
    def is_done(self) -> bool:
        """Take what was waited for, if it is there. Raises E_INVALIDARG for a closed descriptor."""
        while self.index is None:
            if self._descriptors is not None:
                self._descriptors.drain()
            self.index = take(self.handles, self._choose)
            if self.index is None and self._apcs is not None and self._apcs.is_signalled:
                self.index = WAIT_IO_COMPLETION
            elif self.index is None and not self._has_changed():
                return False
        return True

    def _has_changed(self) -> bool:
        """Arm the descriptors that are not readable. True: look again before the thread waits.

        It may wait if what is missing will wake it: a handle that it subscribed to, or an armed
        descriptor. What is signalled already reports nothing.
        """
        if self._descriptors is None:
            return False
        readable = self._descriptors.arm()
        signals = [
            each.rank
            if (each.number in readable if isinstance(each, Descriptor) else each.is_signalled)
            else None
            for each in self.handles
        ]
        return bool(self._choose(signals))

    @contextmanager
    def subscribed(
        self, waker: Waker, watch: Watch, unwatch: Callable[[int], None]
    ) -> Generator[None]:
        """Have the thread woken by what it waits for; `watch` adds a descriptor to its poll."""
        sources = [*self.handles, *(() if self._apcs is None else (self._apcs,))]
        for source in sources:
            source.subscribe(waker)
        descriptors = [each for each in self.handles if isinstance(each, Descriptor)]
        try:
            if not descriptors:
                yield
                return
            with self._watched(DescriptorSet(descriptors), watch, unwatch):
                yield
        finally:
            for source in sources:
                source.unsubscribe(waker)

    @contextmanager
    def _watched(
        self, descriptors: DescriptorSet, watch: Watch, unwatch: Callable[[int], None]
    ) -> Generator[None]:
        watch(descriptors.fileno(), descriptors.drain)
        self._descriptors = descriptors
        try:
            yield
        finally:
            self._descriptors = None
            unwatch(descriptors.fileno())
            descriptors.close()
