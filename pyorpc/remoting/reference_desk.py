"""ReferenceDesk: what other processes hold of our objects, kept by the housekeeping thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pyorpc.apartment.admission import ItemKind
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import CausalityId, Guid, Iid
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.fences import Fences
from pyorpc.remoting.lifetime import PERIODS, is_expired, is_protected
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.stub_manager import StubManager
from pyorpc.wire.packets import Count, Found

if TYPE_CHECKING:
    from pyorpc.remoting.process_line import ProcessLine
    from pyorpc.wire.packets import QueryInterface, Release

_log = logging.getLogger(__name__)


class ReferenceDesk:
    """One per Runtime. Over-release is clamped; an unknown IPID does no harm."""

    def __init__(self, exporter: Exporter, max_references: int) -> None:
        self._exporter = exporter
        self._max = max_references
        # Set by the Resolver:
        self.find_peer: Callable[[str], PeerProcess | None]
        self.bury_later: Callable[[PeerProcess], None]
        self.own_id: str
        self._lock = threading.Lock()  # guards the peers' `in_transit`
        self.fences = Fences()

    def sent(self, process_id: str, ipid: bytes, refs: int) -> None:
        """References of ours travel to that process. Any thread."""
        peer = self.find_peer(process_id)
        if peer is not None and refs:
            with self._lock:
                peer.in_transit[ipid] = peer.in_transit.get(ipid, 0) + refs
            if peer.is_dead:
                self.bury_later(peer)  # unless they come back before

    def take_back(self, process_id: str, ipid: bytes, refs: int) -> int:
        """They do not go there after all; how many are still to be released. Any thread."""
        known = self._landed(process_id, ipid, refs)
        # Those of a process that has ended are released with it: by now, perhaps.
        return refs if self.find_peer(process_id) is None else known

    def _landed(self, process_id: str, ipid: bytes, refs: int) -> int:
        """They travel no more; how many of them were known to."""
        peer, known = self.find_peer(process_id), 0
        if peer is not None:
            with self._lock:
                travelling = peer.in_transit.pop(ipid, 0)
                known = min(travelling, refs)
                if travelling > refs:
                    peer.in_transit[ipid] = travelling - refs
        stub = self._exporter.stub(ipid)
        return known if stub is None else known + stub.manager.landed(refs - known)

    def claimed(self, peer: PeerProcess, counts: list[Count], receiver: str = "") -> None:
        """Note what a peer says it holds: no more than exists, no more than it may.

        `receiver` is to whom it was in transit, if not to that peer.
        """
        for count in counts:
            refs = max(0, count.refs)
            known = self._landed(receiver or peer.process_id, count.ipid, refs)
            stub = self._exporter.stub(count.ipid)
            if stub is None:
                continue
            manager = stub.manager
            # Others may have been given back already by who has yet to say that it passed them on.
            loose = max(0, manager.public_refs - manager.claimed_refs - known)
            existing = known + min(refs - known, loose)
            granted = max(0, min(existing, self._max - peer.references))
            if granted:
                peer.holdings[count.ipid] = peer.holdings.get(count.ipid, 0) + granted
                peer.since.setdefault(count.ipid, time.time())
                peer.references += granted
                manager.claimed_refs += granted
            if existing > granted:
                _log.warning("%r claims more than max_references_per_peer (%d)", peer, self._max)
                self._drop_if_unwanted(self._exporter.release(count.ipid, existing - granted))
        peer.last_heard = time.monotonic()

    def claimed_again(self, peer: PeerProcess, counts: list[Count]) -> None:
        """Note all that a peer holds, as it says; what it lost by its silence it does not get back.

        What is known already is not counted twice, however often it says so.
        """
        missing = [
            Count(count.ipid, count.refs - known)
            for count in counts
            if count.refs > (known := _known(peer, count.ipid))
        ]
        self.claimed(peer, missing)

    def transferred(self, peer: PeerProcess, counts: list[Count], receiver: str = "") -> None:
        """A peer passes references on, to `receiver` if it says to whom."""
        for count in counts:
            taken = self._take_from(peer, count)
            stub = self._exporter.stub(count.ipid)
            if receiver == self.own_id:
                continue  # they come home
            if self.find_peer(receiver) is not None:
                self.sent(receiver, count.ipid, taken)
            elif stub is not None:
                stub.manager.drift(taken)

    def released(
        self, peer: PeerProcess, counts: list[Count], line: ProcessLine, call_id: int
    ) -> None:
        """Take references back. With a call id, the answer goes when the objects are dropped."""
        unwanted = [
            manager
            for count in counts
            if (manager := self._exporter.release(count.ipid, self._take_from(peer, count)))
        ]
        if call_id == 0:
            for manager in unwanted:
                self._exporter.drop(manager)
            return
        answer = _Answer(line, call_id, len(unwanted))
        for manager in unwanted:
            self._exporter.drop(manager, answer)
        if not unwanted:
            line.answer(call_id, [])

    def released_behind(self, peer: PeerProcess, header: Release, line: ProcessLine) -> None:
        """As `released`, once the calls before its fence have been read."""
        release = partial(self.released, peer, header.counts, line, header.call_id)
        self.fences.wait((peer.process_id, header.token), header.fence, release)

    def _take_from(self, peer: PeerProcess, count: Count) -> int:
        held = peer.holdings.get(count.ipid, 0)
        taken = max(0, min(held, count.refs))
        peer.references -= taken
        stub = self._exporter.stub(count.ipid)
        if stub is not None:
            stub.manager.claimed_refs -= taken
        if held == taken:
            peer.holdings.pop(count.ipid, None)
            peer.since.pop(count.ipid, None)
        else:
            peer.holdings[count.ipid] = held - taken
        return taken

    def add_refs(self, peer: PeerProcess, counts: list[Count]) -> list[int]:
        """One HRESULT for each. What is granted is in transit until the peer claims it."""
        return [int(self._add_ref(peer, count)) for count in counts]

    def _add_ref(self, peer: PeerProcess, count: Count) -> HRESULT:
        stub = self._exporter.stub(count.ipid)
        if stub is None:
            return HRESULT.CO_E_OBJNOTREG
        try:
            self._refuse_too_many(peer, count.refs)
            self._exporter.add_refs(stub.manager, count.refs)
        except ComError as error:
            return error.hresult
        self.sent(peer.process_id, count.ipid, count.refs)
        return HRESULT.S_OK

    def _refuse_too_many(self, peer: PeerProcess, refs: int) -> None:
        if refs <= 0:
            raise ComError(HRESULT.E_INVALIDARG, f"{refs} references", executed="no")
        with self._lock:
            held = peer.references + sum(peer.in_transit.values())
        if held + refs > self._max:
            raise ComError(
                HRESULT.RPC_E_OUT_OF_RESOURCES,
                f"that process has {held} references here; more than {self._max} it may not have "
                "(setting max_references_per_peer)",
                executed="no",
            )

    def query(self, peer: PeerProcess, header: QueryInterface, line: ProcessLine) -> None:
        """Answer a QueryInterface: here, unless the object decides that for itself."""
        if any(len(iid) != 16 for iid in header.iids):
            raise ComError(HRESULT.RPC_E_INVALID_HEADER, "an IID has 16 bytes", executed="no")
        self._refuse_too_many(peer, header.refs * len(header.iids))
        stub = self._exporter.stub(header.ipid)
        if stub is None:
            raise ComError(
                HRESULT.RPC_E_DISCONNECTED, "the object is not exported any more", executed="no"
            )
        item = _QueryItem(stub.manager, header, line, self._exporter)
        item.granted = partial(self.sent, peer.process_id)
        if self._exporter.runs_users_code(stub.manager, item.iids):
            stub.manager.apartment.submit(item)
        else:
            item.answer()

    def pinged(self, peer: PeerProcess, references: int, sequence: int) -> bool:
        """Note a ping. False: the peer holds what is not known here, and must claim it again."""
        if sequence and sequence <= peer.last_sequence:
            return True  # stale: overtaken by another
        peer.last_sequence = sequence
        peer.last_ping = time.monotonic()
        return references == 0 or bool(peer.holdings or peer.expired)

    def expire(self, peer: PeerProcess, period_s: float) -> None:
        """Release what a silent holder has, except where a call or NOPING protects it."""
        with self._lock:
            for ipid in [ipid for ipid in peer.in_transit if self._exporter.stub(ipid) is None]:
                del peer.in_transit[ipid]  # its object has gone meanwhile
        now = time.monotonic()
        if not is_expired(now, peer.last_ping or peer.last_heard, period_s):
            return
        for ipid, refs in list(peer.holdings.items()):
            stub = self._exporter.stub(ipid)
            if stub is not None and (
                not stub.manager.is_pinged
                or is_protected(stub.manager.running, stub.manager.last_left, now, period_s)
            ):
                continue
            _log.info("%r has not pinged for %d periods: its references expire", peer, PERIODS)
            self._release(peer, Count(ipid, refs))
            peer.expired[ipid] = peer.expired.get(ipid, 0) + refs

    def ended(self, peer: PeerProcess) -> None:
        """A holder is proven dead: all that it held is released, except of NOPING objects."""
        counts = [Count(ipid, refs) for ipid, refs in peer.holdings.items()]
        for count in counts:
            if self._is_pinged(count.ipid):
                self._release(peer, count)
        self._release_in_transit(peer)
        self.fences.peer_ended(peer.process_id)

    def _is_pinged(self, ipid: bytes) -> bool:
        """Not where NOPING was said: then only its holder releases a reference."""
        stub = self._exporter.stub(ipid)
        return stub is None or stub.manager.is_pinged

    def _release_in_transit(self, peer: PeerProcess) -> None:
        """What a dead process was sent and never claimed, it never will."""
        with self._lock:
            lost, peer.in_transit = peer.in_transit, {}
        for ipid, refs in lost.items():
            if self._is_pinged(ipid):
                self._drop_if_unwanted(self._exporter.release(ipid, refs))

    def _release(self, peer: PeerProcess, count: Count) -> None:
        self._drop_if_unwanted(self._exporter.release(count.ipid, self._take_from(peer, count)))

    def _drop_if_unwanted(self, manager: StubManager | None) -> None:
        if manager is not None:
            self._exporter.drop(manager)


def _known(peer: PeerProcess, ipid: bytes) -> int:
    return peer.holdings.get(ipid, 0) + peer.expired.get(ipid, 0)


class _Answer:
    """Replies to a release when the last of its objects is dropped. Woken by their apartments."""

    def __init__(self, line: ProcessLine, call_id: int, expected: int) -> None:
        self._line = line
        self._call_id = call_id
        self._left = list(range(expected))

    def wake(self) -> None:
        # list.pop is atomic, so exactly one of several threads sees the last one go.
        try:
            if self._left.pop() == 0:
                self._line.answer(self._call_id, [])
        except IndexError:
            pass


class _QueryItem:
    """Asks an object for interfaces, in its apartment."""

    kind = ItemKind.SENT
    causality: CausalityId | None = None
    granted: Callable[[bytes, int], None]  # told of every reference that goes to the asker

    def __init__(
        self, manager: StubManager, header: QueryInterface, line: ProcessLine, exporter: Exporter
    ) -> None:
        self._manager = manager
        self._header = header
        self._line = line
        self._exporter = exporter
        self.iids = [Iid(Guid(octets)) for octets in header.iids]

    def run(self) -> None:
        with self._manager.context.entered(thread_state()):
            self.answer()

    def answer(self) -> None:
        """Look the interfaces up on this thread, and send what was found."""
        answers = [self._one(iid) for iid in self.iids]
        self._line.answer(self._header.call_id, answers)

    def _one(self, iid: Iid) -> Found:
        manager = self._manager
        try:
            ipid = self._exporter.interface(manager, iid)
            self._exporter.add_refs(manager, self._header.refs)
            self.granted(ipid.bytes, self._header.refs)
            return Found(0, ipid.bytes, manager.oid, manager.objref_flags)
        except ComError as error:
            return Found(int(error.hresult))
        except Exception:
            return Found(int(HRESULT.RPC_E_SERVERFAULT))

    def refuse(self, error: ComError) -> None:
        answers = [Found(int(error.hresult)) for _ in self._header.iids]
        self._line.answer(self._header.call_id, answers)
