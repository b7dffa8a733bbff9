"""OwnReferences: what a context obtained by hand through IRemUnknown, and must release itself.

No proxy stands on these references, so none gives them back: RemRelease does, or the end of the
context, of its apartment or of its process. Any thread of the context.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from pyorpc.context.context import Context
from pyorpc.ids import Ipid
from pyorpc.remoting.link import Link


class Refs(NamedTuple):
    """Public and private references on one interface; each kind is released as what it is."""

    public: int = 0
    private: int = 0

    @property
    def total(self) -> int:
        return self.public + self.private


class OwnReferences:
    """Of one context. It never gives back what another context holds."""

    def __init__(self) -> None:
        # R: the collector may run a user's finalizer in here, which releases a pointer.
        self._lock = threading.RLock()  # guards _refs
        self._refs: dict[tuple[Link, Ipid], Refs] = {}

    def __del__(self) -> None:
        # May run on any thread, inside any lock: it only puts notes into a queue.
        self.give_back()

    def took(self, link: Link, ipid: Ipid, refs: Refs) -> None:
        """References on an interface were obtained."""
        with self._lock:
            held = self._refs.get((link, ipid), Refs())
            total = Refs(held.public + refs.public, held.private + refs.private)
            self._refs[link, ipid] = total

    def take(self, link: Link, ipid: Ipid, wanted: Refs) -> Refs:
        """References to be released now: no more of each kind than there are."""
        with self._lock:
            held = self._refs.pop((link, ipid), Refs())
            taken = Refs(min(held.public, wanted.public), min(held.private, wanted.private))
            left = Refs(held.public - taken.public, held.private - taken.private)
            if left.total:
                self._refs[link, ipid] = left
        return taken

    def give_back(self) -> None:
        """Release all of them, without waiting."""
        refs, self._refs = self._refs, {}
        for (link, ipid), held in refs.items():
            link.release_later({ipid: held.total})


def own_references(context: Context) -> OwnReferences:
    """The context's account; made by the first need."""
    with context.lock:
        account: OwnReferences | None = context.own_references
        if account is None:
            account = context.own_references = OwnReferences()
    return account


def take_from_proxies(context: Context, link: Link, ipid: Ipid, most: int) -> int:
    """References to be released although proxies of the context stand on them."""
    taken = 0
    for manager in list(context.proxies.values()):
        if manager.link is link:
            taken += manager.take(ipid, most - taken)
    return taken
