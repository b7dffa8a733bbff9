"""ProxyManager: the identity of a remote object in one context, and the references held on it.

It lives as long as any of its interface proxies; its finalizer gives the references back.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from pyorpc.context.context import Context
from pyorpc.ids import Guid, Iid, Ipid, Oid, Oxid
from pyorpc.remoting.link import Link
from pyorpc.unknown import IUnknown

if TYPE_CHECKING:
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.proxy import InterfaceProxy


# With more references on an interface than the first number, all but the second go back.
MOST: Final = 50
FEWEST: Final = 10


class ProxyManager:
    """Made by the Marshaler; any thread may hold it, only its context may call through it."""

    def __init__(self, link: Link, context: Context, oxid: Oxid, oid: Oid) -> None:
        self.link = link
        self.context = context
        self.oxid = oxid
        self.oid = oid
        self.since = time.time()
        # R: the collector may run a user's finalizer in here, which releases a pointer.
        self.lock = threading.RLock()  # guards everything below
        self.objref_flags = 0  # what the object's process says in its packets (NOPING)
        self.last_line: Line | None = None  # of its last one-way call, which no release overtakes
        self.arriving = 0  # packets that are being turned into pointers: their references stay
        self.counts: dict[Ipid, int] = {}
        self.ipids: dict[Iid, Ipid] = {}
        # Weak: the proxies keep the manager, not the other way round.
        self.proxies: WeakValueDictionary[Iid, InterfaceProxy] = WeakValueDictionary()

    def __repr__(self) -> str:
        return f"<proxy of object {self.oid:016x} in apartment {self.oxid:016x}>"

    def __del__(self) -> None:
        # May run on any thread, inside any lock: it only puts a note into a queue.
        if self.counts:
            self.link.release_later(self.counts, self.last_line)

    def took(self, iid: Iid, ipid: Ipid, refs: int) -> None:
        """References on an interface have come to this context.

        They come with every pointer to the object: those that nobody needs go back by and by.
        """
        with self.lock:
            self.ipids.setdefault(iid, ipid)
            count = self.counts.get(ipid, 0) + refs
            surplus = count - FEWEST if count > MOST else 0
            self.counts[ipid] = count - surplus
        if surplus:
            self.link.release_later({ipid: surplus})

    def give(self, ipid: Ipid) -> int:
        """Part of the references on an interface, to be passed on; 0 where none can be spared."""
        with self.lock:
            spare = self.counts.get(ipid, 0) // 2
            if spare:
                self.counts[ipid] -= spare
        return spare

    def take(self, ipid: Ipid, most: int) -> int:
        """Up to `most` references, to be released although the proxies stand on them."""
        with self.lock:
            taken = min(self.counts.get(ipid, 0), most)
            if taken:
                self.counts[ipid] -= taken
        return taken

    def take_all(self) -> dict[Ipid, int]:
        """The references, to be released now: the manager has none any more."""
        with self.lock:
            counts, self.counts = self.counts, {}
            self.ipids.clear()
        return counts

    def end(self) -> dict[Ipid, int]:
        """Its apartment ends: no proxy calls any more. Returns the references, as take_all."""
        with self.lock:
            for proxy in self.proxies.values():
                proxy.channel.is_released = True
            return self.take_all()

    def arrive(self) -> None:
        """A pointer comes: until `arrived`, no release of others takes the references away."""
        with self.lock:
            self.arriving += 1

    def arrived(self) -> None:
        with self.lock:
            self.arriving -= 1

    def retire(self, proxy: InterfaceProxy, iid: Iid) -> None:
        """A proxy is released: the next pointer to its interface becomes a new one."""
        with self.lock:
            if self.proxies.get(iid) is proxy:
                del self.proxies[iid]

    @property
    def is_used(self) -> bool:
        """Whether any pointer stands on the references, or will in a moment."""
        with self.lock:
            return self.arriving > 0 or any(True for _ in self.proxies.values())

    def proxy(self, iid: Iid, iface: type[IUnknown] | Guid, make: Any) -> InterfaceProxy:
        """The proxy of one interface, one more time handed out."""
        with self.lock:
            proxy = self.proxies.get(iid)
            if proxy is None:
                proxy = self.proxies[iid] = make(self, iface, self.ipids[iid])
            proxy.handed_out()
        return proxy
