"""Resolver: the peer processes of this Runtime, and what goes over the process links to them.

Any thread may ask; what arrives is handled on the housekeeping thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import zmq

from pyorpc.context.deadline import sooner
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import oxid_of
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.cancels import Cancels
from pyorpc.remoting.deadlocks import Deadlocks
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.holdings import Holdings
from pyorpc.remoting.in_process_wait import await_done, waker_of
from pyorpc.remoting.introduction import refuse_impostor, refuse_malformed
from pyorpc.remoting.obituaries import Obituaries
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.peer import Identity, PeerApartment, PeerProcess, refuse_forked
from pyorpc.remoting.process_line import ProcessLine
from pyorpc.remoting.reference_desk import ReferenceDesk
from pyorpc.remoting.sight import Process
from pyorpc.remoting.strangers import Strangers
from pyorpc.transport.connection import Break
from pyorpc.wire.method import Method
from pyorpc.wire.objref import ObjRef, Tower
from pyorpc.wire.packets import (
    VERSION,
    Bootstrap,
    Goodbye,
    Hello,
    Kind,
    LinkBroken,
    Welcome,
)

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.housekeeping import Housekeeping

_log = logging.getLogger(__name__)

_BOOTSTRAP: Final[Method[Any, Any]] = Method("Bootstrap", 0, tuple[()], ObjRef)


class Office(Process, Protocol):
    """What the Resolver needs of the Runtime."""

    def activator(self) -> ObjRef | None:
        """A packet of this process's activator; None where nothing can be activated."""
        ...

    def all_lines(self) -> list[Any]:
        """The Lines of every apartment."""
        ...


class Resolver:
    """One per Runtime."""

    def __init__(  # noqa: PLR0913  # what it is wired to
        self,
        identity: Identity,
        exporter: Exporter,
        table: CallTable,
        desk: ReferenceDesk,
        housekeeping: Housekeeping,
        *,
        threads: Mapping[int, ThreadState],
        max_peers: int,
    ) -> None:
        self.identity = identity
        self.table = table
        self.desk = desk
        self._exporter = exporter
        self._housekeeping = housekeeping
        self._lock = threading.RLock()  # guards peers and the opening of their lines
        self.peers: dict[str, PeerProcess] = {}
        self._max_peers = max_peers
        self.strangers = Strangers(max_peers)
        self._obituaries = Obituaries()
        desk.find_peer = self.find_peer
        desk.bury_later = self.bury_later
        desk.own_id = identity.process_id
        self.office: Office
        self.deadlocks = Deadlocks(self, housekeeping, threads)
        self.cancels = table.cancels = Cancels(identity.process_id, table, housekeeping, self.tell)
        self.holdings = Holdings(self, exporter, housekeeping.releases)

    # ---- peers -----------------------------------------------------------------------------

    def peer(self, process_id: str, endpoints: tuple[str, ...]) -> PeerProcess:
        with self._lock:
            peer = self.find_peer(process_id)
            if peer is None and len(self.peers) >= self._max_peers:
                raise ComError(
                    HRESULT.RPC_E_OUT_OF_RESOURCES,
                    f"this process knows {self._max_peers} others; more it may not (setting "
                    "max_peers)",
                    executed="no",
                )
            if peer is None:
                peer = self.peers[process_id] = PeerProcess(process_id, endpoints)
            elif endpoints and not peer.endpoints:
                peer.endpoints = endpoints
            return peer

    def apartment_of(self, ref: ObjRef) -> PeerApartment:
        """The apartment that a packet names. Raises OR_INVALID_OXID where it says not enough."""
        process_id = ref.process_id
        if oxid_of(ref.ipid) != ref.oxid:
            raise ComError(
                HRESULT.OR_INVALID_OXID,
                f"the packet names apartment {ref.oxid:016x}, but its interface belongs to another",
                executed="no",
            )
        if not process_id:
            raise ComError(
                HRESULT.OR_INVALID_OXID,
                f"the packet names apartment {ref.oxid:016x}, which is not in this process, and no "
                "way to it: it was marshaled for use inside the process that made it",
                executed="no",
            )
        peer = self.peer(process_id, ref.addresses(Tower.PROCESS))
        return PeerApartment(ref.oxid, ref.addresses(Tower.APARTMENT), peer)

    def find_peer(self, process_id: str) -> PeerProcess | None:
        """A process that is known here, or was until it ended."""
        return self.peers.get(process_id) or self._obituaries.get(process_id)

    def introduced(self, hello: Hello, line: ProcessLine | None) -> PeerProcess:
        """A peer said who it is, on a process link or a data link. Raises for a lie."""
        refuse_malformed(hello, self.identity)
        peer = self.peer(hello.process_id, tuple(hello.endpoints))
        refuse_impostor(hello, peer)
        self._met(peer, hello.host, hello.pid)
        if line is not None:
            with self._lock:
                peer.accepted = line
                unsent, peer.unsent = peer.unsent, []
            for packet in unsent:
                line.send(packet)
        return peer

    def welcomed(self, line: ProcessLine, welcome: Welcome) -> None:
        peer = self.peer(welcome.process_id, tuple(welcome.endpoints))
        if line.peer is not None and line.peer is not peer:
            # Dialled by endpoint alone, under a name of our own making.
            dialled = [name for name in line.peer.endpoints if name not in peer.endpoints]
            peer.endpoints = (*peer.endpoints, *dialled)
            with self._lock:
                self.peers.pop(line.peer.process_id, None)
        line.peer = peer
        if peer.line is None:
            peer.line = line
        self._met(peer, welcome.host, welcome.pid)

    def _met(self, peer: PeerProcess, host: str, pid: int) -> None:
        if peer.pid == 0:
            peer.host, peer.pid = host, pid
            if host == self.identity.host and pid != self.identity.pid:
                self._housekeeping.watch_pid(peer)

    def hello(self) -> Hello:
        who = self.identity
        endpoints = self._housekeeping.endpoints()
        return Hello(
            VERSION, Kind.HELLO, 0, 0, who.process_id, who.host, who.pid, True, b"", endpoints
        )

    def welcome(self) -> Welcome:
        who = self.identity
        endpoints = self._housekeeping.endpoints()
        return Welcome(VERSION, Kind.WELCOME, 0, 0, who.process_id, who.host, who.pid, endpoints)

    def line_to(self, peer: PeerProcess) -> ProcessLine:
        """A live connection of the process link. Raises RPC_S_SERVER_UNAVAILABLE."""
        refuse_forked(self.identity.pid)
        with self._lock:
            for line in (peer.line, peer.accepted):
                if line is not None and line.connection.broken is None:
                    return line
            if peer.is_dead:
                raise ComError(
                    HRESULT.RPC_S_SERVER_UNAVAILABLE, f"{peer!r} has ended", executed="no"
                )
            line = peer.line = self._housekeeping.open(peer)
            line.send(self.hello())
            return line

    # ---- asking and telling ----------------------------------------------------------------

    def ask(
        self,
        peer: PeerProcess,
        method: Method[Any, Any],
        packet: Callable[[int], Any],
        state: ThreadState,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a packet and wait for its answer as the thread's apartment waits.

        Raises RPC_E_TIMEOUT where that does not come in `timeout_s`, or within the deadline.
        """
        line = self.line_to(peer)
        call = OutgoingCall(self.table.new_id(), method, state.own_causality(), waker_of(state))
        call.is_cancellable = False
        call.args = packet(call.id)
        line.ask(call, call.args)
        while not await_done(call, sooner(timeout_s, state.deadline), state):
            late = ComError(HRESULT.RPC_E_TIMEOUT, f"{peer!r} did not answer {method.name}")
            self.table.abandon(call, late)
        return call.result()

    def tell(self, peer: PeerProcess, packet: Any) -> None:
        """Send a packet that owes nothing; a peer that cannot be dialled gets it when it dials."""
        try:
            self.line_to(peer).send(packet)
        except (ComError, zmq.ZMQError) as error:
            with self._lock:
                is_kept = packet.kind != Kind.PING and len(peer.unsent) < MAX_UNSENT
                if is_kept and not peer.is_dead:
                    peer.unsent.append(packet)
            _log.debug("%s waits until %r dials us: %s", type(packet).__name__, peer, error)

    # ---- finding a process by its endpoint -------------------------------------------------

    def activator_at(self, endpoint: str, state: ThreadState, timeout_s: float) -> ObjRef:
        """The activator of the process that listens there."""
        with self._lock:
            known = [peer for peer in self.peers.values() if endpoint in peer.endpoints]
            peer = known[0] if known else self.peer(f"at {endpoint}", (endpoint,))

        def packet(call_id: int) -> Bootstrap:
            return Bootstrap(VERSION, Kind.BOOTSTRAP, call_id)

        try:
            ref = self.ask(peer, _BOOTSTRAP, packet, state, timeout_s)
        finally:
            self.forget_unmet(peer)
        assert isinstance(ref, ObjRef)
        return ref

    def forget_unmet(self, peer: PeerProcess) -> None:
        """Keep nothing of a process that never said itself who it is."""
        if peer.pid == 0 and peer.line is None:
            self.forget(peer)

    def forget(self, peer: PeerProcess) -> None:
        """Know it no more. Should it speak again, it is met again."""
        with self._lock:
            self.peers.pop(peer.process_id, None)

    def bootstrap(self, line: ProcessLine, call_id: int) -> None:
        ref = self.office.activator()
        if ref is None:
            raise ComError(
                HRESULT.REGDB_E_CLASSNOTREG, "this process has no class objects", executed="no"
            )
        line.answer(call_id, ref)

    def abandoned(self, call: OutgoingCall) -> None:
        """Nobody will finish this call: what its results hold is released, once they come."""
        error = ComError(HRESULT.E_ABORT, f"nobody waits for {call.method.name}")
        if not self.table.abandon(call, error):
            self.holdings.release_results(call)
            if call.error is not None and call.error.executed == "no":
                self.holdings.release_arguments(call)

    # ---- deaths ----------------------------------------------------------------------------

    def process_line_broke(self, line: ProcessLine) -> None:
        """Calls end; references do not, unless the process is proven dead."""
        peer = line.peer
        if peer is None:
            return
        with self._lock:  # a connection may be refused before `line_to` has noted it
            if peer.line is line:
                peer.line = None
            if peer.accepted is line:
                peer.accepted = None
        line.connection.close()
        why = line.connection.broken
        if why is Break.REFUSED and peer.host != self.identity.host:
            self.peer_ended(peer, is_proven=False)  # it may come back, and dial
        elif why is Break.CUT:
            self._break_lines(peer, Break.CUT)

    def link_broken(self, peer: PeerProcess, token: bytes) -> None:
        """The other end of a data link saw it die."""
        for lines in self.office.all_lines():
            line = lines.named(token)
            if line is not None and line.process_id == peer.process_id:
                line.connection.break_off(Break.CUT)
                return
        self.desk.fences.line_ended((peer.process_id, token))  # known no more, or not yet

    def tell_broken(self, process_id: str, token: bytes) -> None:
        """A data link has died: its other end may not know."""
        peer = self.peers.get(process_id)
        if peer is not None and not peer.is_dead:
            self.tell(peer, LinkBroken(VERSION, Kind.LINK_BROKEN, 0, token))

    def say_goodbye(self) -> None:
        """Tell every peer that this process ends now."""
        for peer in list(self.peers.values()):
            for line in (peer.line, peer.accepted):
                if line is not None:
                    line.send(Goodbye(VERSION, Kind.GOODBYE, 0))

    def peer_ended(self, peer: PeerProcess, *, is_proven: bool = True) -> None:
        """A process said goodbye, its last word: release what it held, end what it owes."""
        if self._mark_dead(peer, is_proven=is_proven, is_orderly=is_proven):
            self._bury(peer)

    def peer_died(self, peer: PeerProcess) -> None:
        """A process of this host is proven dead: end what it owes.

        What it sent last may still be unread, that it passed references on, say; so what it held
        is released a moment later.
        """
        if self._mark_dead(peer, is_proven=True):
            self.bury_later(peer)

    def bury_later(self, peer: PeerProcess) -> None:
        """Release what a dead process held, and what is on its way to it, a moment later."""
        self._housekeeping.after(MONITOR_GRACE_S, self._bury, peer)

    def _mark_dead(self, peer: PeerProcess, *, is_proven: bool, is_orderly: bool = False) -> bool:
        with self._lock:
            if peer.is_dead:
                return False
            peer.is_dead = True
            self.peers.pop(peer.process_id, None)
            if is_proven:
                self._obituaries.add(peer)
        self.table.forget_cancels(peer.process_id)
        self._housekeeping.unwatch_pid(peer)
        self._break_lines(peer, Break.PEER_ENDED, is_orderly=is_orderly)
        return True

    def _bury(self, peer: PeerProcess) -> None:
        _log.info("%r has ended; it held %d references", peer, sum(peer.holdings.values()))
        for line in (peer.line, peer.accepted):
            if line is not None:
                line.connection.break_off(Break.PEER_ENDED)
        self.desk.ended(peer)

    def _break_lines(self, peer: PeerProcess, why: Break, *, is_orderly: bool = False) -> None:
        for lines in self.office.all_lines():
            for line in lines.lines_to(peer.process_id):
                # Our own DEALER's monitor tells when all that had arrived is in; its break may
                # be on its way already, and the first one counts. One that the peer has not
                # answered yet may never have been connected, which its monitor tells, too.
                # On its own lines a peer that ends in order says goodbye, too, behind its calls.
                is_accepted = line.connection.identity is not None and not is_orderly
                if is_accepted or (why is Break.CUT and line.is_welcomed):
                    line.connection.break_off(why)
                elif why is Break.PEER_ENDED:
                    self._housekeeping.after(MONITOR_GRACE_S, line.connection.break_off, why)


# How long a dead process's connections have to report their own end, with all that had arrived.
MONITOR_GRACE_S: Final = 0.3
# Notices kept for a peer that cannot be dialled.
MAX_UNSENT: Final = 10_000
