"""RemoteLinks: a link for each apartment of other processes into which there are pointers here."""

from __future__ import annotations

from weakref import WeakValueDictionary

from pyorpc.ids import Oxid
from pyorpc.remoting.release_queue import ReleaseQueue
from pyorpc.remoting.remote_link import RemoteLink
from pyorpc.remoting.resolver import Resolver
from pyorpc.wire.objref import ObjRef


class RemoteLinks:
    """One per Runtime. Any thread."""

    def __init__(self, resolver: Resolver, releases: ReleaseQueue) -> None:
        self._resolver = resolver
        self._releases = releases
        # Weak: proxies keep their links, so apartments that are gone are forgotten.
        self._links: WeakValueDictionary[Oxid, RemoteLink] = WeakValueDictionary()

    def link_for(self, ref: ObjRef, receiver: str = "") -> RemoteLink:
        """The link to a packet's apartment; the packet's references are held from now on.

        `receiver` is the process that was to get them, where they come back from there.
        """
        peer = self._resolver.apartment_of(ref)
        refs, holdings = ref.public_refs, self._resolver.holdings
        holdings.took(peer.process, ref.ipid, refs, ref.flags, receiver)
        link = self._links.get(ref.oxid)
        if link is None or link.peer.process is not peer.process:
            link = self._links[ref.oxid] = RemoteLink(peer, self._resolver, self._releases)
        link.peer = link.peer if link.peer.endpoints else peer  # an earlier packet said less
        return link
