"""Holdings: the references that this process holds on other processes' objects, and their packets.

Any thread. What others hold of ours, the ReferenceDesk keeps.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Guid, Iid, Ipid
from pyorpc.remoting.exporter import PUBLIC_REFS, Exporter
from pyorpc.remoting.in_process_link import DROP_WAIT_S
from pyorpc.remoting.link import references_in
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.release_queue import ReleaseQueue
from pyorpc.wire.method import Method
from pyorpc.wire.objref import SORF_NOPING, ObjRef
from pyorpc.wire.packets import (
    VERSION,
    AddRef,
    Claim,
    Count,
    Found,
    Kind,
    Ping,
    QueryInterface,
    Release,
    Transfer,
)

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.resolver import Resolver

_log = logging.getLogger(__name__)
A = TypeVar("A")

_RESULTS: Final[Any] = list[int]
_ADD_REF: Final[Method[Any, Any]] = Method("IUnknown.AddRef", 1, tuple[()], _RESULTS)
_RELEASE: Final[Method[Any, Any]] = Method("IUnknown.Release", 2, tuple[()], _RESULTS)
_FOUND: Final[Any] = list[Found]
_QUERY: Final[Method[Any, Any]] = Method("IUnknown.QueryInterface", 0, tuple[()], _FOUND)
_TRANSFER: Final[Method[Any, Any]] = Method("Transfer", 0, tuple[()], _RESULTS)


class Holdings:
    """One per Runtime."""

    def __init__(self, resolver: Resolver, exporter: Exporter, releases: ReleaseQueue) -> None:
        self._resolver = resolver
        self._exporter = exporter
        self._releases = releases
        self._lock = threading.Lock()  # guards what the peers' `held` say

    def query(
        self, peer: PeerProcess, ipid: Ipid, iids: Sequence[Iid], state: ThreadState
    ) -> list[tuple[int, Ipid]]:
        """(HRESULT, IPID) of other interfaces of the object."""
        answers = self.query_each(peer, ipid, PUBLIC_REFS, iids, state)
        return [(each.hresult, Ipid(Guid(each.ipid)) if each.ipid else ipid) for each in answers]

    def query_each(
        self, peer: PeerProcess, ipid: Ipid, refs: int, iids: Sequence[Iid], state: ThreadState
    ) -> list[Found]:
        """What became of each; the references of what is found are in transit, not yet `took`."""
        wanted = [iid.bytes for iid in iids]

        def packet(call_id: int) -> QueryInterface:
            return QueryInterface(VERSION, Kind.QUERY_INTERFACE, call_id, ipid.bytes, refs, wanted)

        return _one_for_each(wanted, self._resolver.ask(peer, _QUERY, packet, state))

    def add_refs(self, peer: PeerProcess, ipid: Ipid, count: int, state: ThreadState) -> int:
        [hresult] = self.add_each(peer, [(ipid, count)], state)
        return hresult

    def add_each(
        self, peer: PeerProcess, counts: Sequence[tuple[Ipid, int]], state: ThreadState
    ) -> list[int]:
        """One HRESULT for each; what is granted is in transit, not yet `took`."""
        listed = [Count(ipid.bytes, count) for ipid, count in counts]

        def packet(call_id: int) -> AddRef:
            return AddRef(VERSION, Kind.ADD_REF, call_id, listed)

        return _one_for_each(listed, self._resolver.ask(peer, _ADD_REF, packet, state))

    def granted_late(self, peer: PeerProcess, call: OutgoingCall) -> None:
        """Give back what the answer to a question brings for which nobody waits any more."""
        counts: dict[Ipid, int] = {}
        try:
            answers = call.method.decode_result(call.body or b"")
        except ComError:
            return
        asked = call.args
        if isinstance(asked, QueryInterface):
            found = [Ipid(Guid(each.ipid)) for each in answers if not each.hresult]
            counts = {ipid: found.count(ipid) * asked.refs for ipid in found}
        elif isinstance(asked, AddRef):
            granted = zip(asked.counts, answers, strict=False)
            counts = {Ipid(Guid(each.ipid)): each.refs for each, hresult in granted if not hresult}
        for ipid, refs in counts.items():
            self.took(peer, ipid, refs)
        if counts:
            self.release_quietly(peer, counts)

    def release(
        self,
        peer: PeerProcess,
        counts: dict[Ipid, int],
        state: ThreadState,
        behind: Line | None = None,
    ) -> None:
        """Release and wait until it is done; a dead or silent peer is no error.

        Not before the one-way calls that were sent over `behind` have been read.
        """
        listed = _listed(counts)
        self._note_held(peer, counts, -1)
        if peer.is_dead or not listed:
            return

        def packet(call_id: int) -> Release:
            return Release(VERSION, Kind.RELEASE, call_id, listed, *fence)

        fence = self._fence(behind)
        try:
            self._resolver.ask(peer, _RELEASE, packet, state, DROP_WAIT_S)
        except ComError as error:
            _log.debug("a release at %r was not acknowledged: %s", peer, error)

    def release_quietly(
        self, peer: PeerProcess, counts: dict[Ipid, int], behind: Line | None = None
    ) -> None:
        """For finalizers, from the housekeeping thread: nobody waits."""
        self._note_held(peer, counts, -1)
        fence = self._fence(behind)
        self._resolver.tell(peer, Release(VERSION, Kind.RELEASE, 0, _listed(counts), *fence))

    def _fence(self, line: Line | None) -> tuple[bytes, int]:
        """Put a fence behind what was sent over a line; what a release says of it."""
        if line is None:
            return b"", 0
        fence = self._resolver.table.new_id()
        return (line.token, fence) if line.send_fence(fence) else (b"", 0)

    def took(
        self, peer: PeerProcess, ipid: Ipid, count: int, flags: int = 0, receiver: str = ""
    ) -> None:
        """Claim `count` more references of the peer's, which this process holds now.

        `flags` are those of the object's OBJREFs: for one that is NOPING there is no ping.
        `receiver` is the process that was to get them, where they come back from there.
        """
        if count == 0 or peer.is_dead:
            return
        if flags & SORF_NOPING:
            peer.unpinged.add(ipid.bytes)
        self._note_held(peer, {ipid: count}, 1)
        counts = [Count(ipid.bytes, count)]
        self._resolver.tell(peer, Claim(VERSION, Kind.CLAIM, 0, counts, receiver))

    def passed_on(self, peer: PeerProcess, count: Count, receiver: str, state: ThreadState) -> None:
        """References of the peer's are about to leave this process in a packet.

        Waits until the peer knows: a claim that came before would find nothing to claim.
        """
        self._note_held(peer, {Ipid(Guid(count.ipid)): count.refs}, -1)
        known = self._resolver.find_peer(receiver)
        endpoints = [] if known is None else list(known.endpoints)

        def packet(call_id: int) -> Transfer:
            return Transfer(VERSION, Kind.TRANSFER, call_id, [count], receiver, endpoints)

        try:
            self._resolver.ask(peer, _TRANSFER, packet, state, DROP_WAIT_S)
        except ComError as error:
            _log.debug("%r was not told of what is passed on: %s", peer, error)

    def moved(self, peer: PeerProcess, count: Count, receiver: str) -> None:
        """References of the peer's go to another context of this process, or home to the peer."""
        self._note_held(peer, {Ipid(Guid(count.ipid)): count.refs}, -1)
        self._resolver.tell(peer, Transfer(VERSION, Kind.TRANSFER, 0, [count], receiver))

    def release_packet(self, ref: ObjRef, receiver: str = "") -> None:
        """Give back the references in a packet that nobody will unmarshal.

        `receiver` is the process that it was to go to.
        """
        counts = {ref.ipid: ref.public_refs}
        if self._exporter.is_ours(ref):
            left = self._resolver.desk.take_back(receiver, ref.ipid.bytes, ref.public_refs)
            self._releases.put_local({ref.ipid: left})
            return
        try:
            peer = self._resolver.apartment_of(ref).process
        except ComError:
            return
        self.took(peer, ref.ipid, ref.public_refs, ref.flags, receiver)
        self._releases.put_remote(peer, counts)

    def release_results(self, call: OutgoingCall) -> None:
        """Give back the references in the [out]s of a call that nobody will finish."""
        for ref in call.unclaimed():
            self.release_packet(ref)

    def release_arguments(self, call: OutgoingCall) -> None:
        """Give back the references in the [in]s of a call that did not start."""
        receiver = "" if call.peer is None else call.peer.process.process_id
        for ref in references_in(call.take_args()):
            self.release_packet(ref, receiver)

    def claim_again(self, peer: PeerProcess, sequence: int) -> None:
        """The peer has forgotten what we hold, says its answer to our ping of that number.

        Only the last ping counts: an answer to one before it is stale.
        """
        if sequence != peer.ping_sequence:
            return
        with self._lock:
            counts = [Count(ipid, refs) for ipid, refs in peer.held.items() if refs > 0]
        self._resolver.tell(peer, Claim(VERSION, Kind.CLAIM, sequence, counts))

    def ping(self, peer: PeerProcess) -> None:
        with self._lock:
            held = peer.held.items()
            references = sum(refs for ipid, refs in held if ipid not in peer.unpinged)
        if references:
            peer.ping_sequence = self._resolver.table.new_id()
            self._resolver.tell(peer, Ping(VERSION, Kind.PING, peer.ping_sequence, references))

    def _note_held(self, peer: PeerProcess, counts: dict[Ipid, int], sign: int) -> None:
        with self._lock:
            for ipid, count in counts.items():
                left = peer.held.get(ipid.bytes, 0) + sign * count
                if left:
                    peer.held[ipid.bytes] = left
                else:
                    peer.held.pop(ipid.bytes, None)
                    peer.unpinged.discard(ipid.bytes)


def _one_for_each(asked: Sequence[object], answers: list[A]) -> list[A]:
    if len(answers) != len(asked):
        raise ComError(
            HRESULT.RPC_X_BAD_STUB_DATA, f"{len(answers)} answers to {len(asked)} questions"
        )
    return answers


def _listed(counts: dict[Ipid, int]) -> list[Count]:
    return [Count(ipid.bytes, refs) for ipid, refs in counts.items() if refs > 0]
