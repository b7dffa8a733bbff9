"""Context: the innermost scope that objects live in; a private one can be disconnected as one.

Every apartment has a default context. `entered` makes a context the current one of a thread of its
apartment. Proxies belong to the context that they were unmarshaled in.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from pyorpc.apartment.apartment import Apartment
from pyorpc.context.context_state import MOVES, ContextEvent, ContextState
from pyorpc.context.policies import Policy
from pyorpc.context.thread_state import ThreadState
from pyorpc.ids import Guid

_tokens = itertools.count(1)


class Context:
    """A scope in one apartment, with its policies. Identity is the object itself."""

    def __init__(
        self, apartment: Apartment, *, is_default: bool = False, policies: tuple[Policy, ...] = ()
    ) -> None:
        self.apartment = apartment
        self.is_default = is_default
        self.policies = policies
        self.context_id = Guid.new()
        self.token = next(_tokens)
        self.state = ContextState.LIVE
        # R: the collector may run a user's finalizer in here, which releases a pointer.
        self.lock = threading.RLock()  # guards state and what is below
        # By OXID and OID: one identity per object and context.
        self.proxies: WeakValueDictionary[tuple[int, int], Any] = WeakValueDictionary()
        self.managers: WeakSet[Any] = WeakSet()  # the StubManagers of the objects that live here
        self.own_references: Any = None  # those that no proxy holds; a layer above
        self.as_object: Any = None  # a weak reference to what users see of it; a layer above
        # Told, in debug mode, of each raw pointer that is handed out here, and how.
        self.watch: Callable[[Any, str], None] | None = None

    def __repr__(self) -> str:
        kind = "default" if self.is_default else "private"
        if self.state is not ContextState.LIVE:
            kind = self.state.value
        return f"<{kind} context {self.token} of {self.apartment!r}>"

    def apply(self, event: ContextEvent) -> None:
        """Make the move that the table has for `event`."""
        with self.lock:
            self.state = MOVES[self.state, event]

    def release_proxies(self) -> None:
        """Give back what its pointers hold; for the end of the apartment."""
        for manager in list(self.proxies.values()):
            counts = manager.end()
            if counts:
                manager.link.release_later(counts, manager.last_line)
        if self.own_references is not None:
            self.own_references.give_back()

    @contextmanager
    def entered(self, state: ThreadState) -> Generator[None]:
        """Make this context the thread's current one inside the block; undone also if it raises."""
        apartment, context = state.apartment, state.context
        state.apartment, state.context = self.apartment, self
        try:
            yield
        finally:
            state.apartment, state.context = apartment, context
