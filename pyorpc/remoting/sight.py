"""Sight: answers what other processes of the host ask about this one (LOOK).

On the housekeeping thread, so also while every apartment computes. It runs no user code, calls
nobody, and takes no lock that is held while anything is called out.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

from pyorpc.apartment.apartment import Apartment
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.sta import Sta
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Oid
from pyorpc.remoting.call_sight import RUNNING, calls_seen
from pyorpc.remoting.holders import Process as HoldersProcess
from pyorpc.remoting.holders import holders_of_all
from pyorpc.wire.sight import (
    CALLS,
    MOST,
    PROCESS,
    REFERENCES,
    ApartmentSeen,
    CallsSeen,
    LinkSeen,
    ProcessSeen,
    ReferencesSeen,
    Seen,
    shown,
)

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState
    from pyorpc.remoting.exporter import Exporter
    from pyorpc.remoting.lines import Lines
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.peer import Identity, PeerProcess
    from pyorpc.wire.packets import Look

T = TypeVar("T")
_LONGEST_PROGRAM = 1_000


class Classes(Protocol):
    """The class objects of a Runtime."""

    def available(self) -> list[Clsid]: ...


class Activation(Protocol):
    """What offers classes, a layer above."""

    @property
    def table(self) -> Classes: ...


class Process(HoldersProcess, Protocol):
    """What is looked at: the Runtime."""

    identity: Identity
    exporter: Exporter

    @property
    def activation(self) -> Activation: ...
    def thread(self, thread_id: int) -> ThreadState | None: ...
    def all_lines(self) -> list[Lines]: ...


class Sight:
    """Made for each look; it keeps nothing."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._resolver = process.resolver

    def answer(self, look: Look, asker: PeerProcess) -> Seen:
        """What `asker` gets. Raises E_INVALIDARG, E_ACCESSDENIED."""
        if asker.host != self._resolver.identity.host and not (
            look.what == REFERENCES and look.oid
        ):
            # A peer's word, until connections have keys.
            raise ComError(
                HRESULT.E_ACCESSDENIED, "only processes of its host may look at it", executed="no"
            )
        match look.what:
            case "process":
                return self._own(asker)
            case "calls":
                return self._calls()
            case "references":
                return self._references(look.oid)
            case what:
                text = f"what: {what!r:.80}; there are {PROCESS}, {CALLS} and {REFERENCES}"
                raise ComError(HRESULT.E_INVALIDARG, text, executed="no")

    # ---- calls and references --------------------------------------------------------------

    def _calls(self) -> CallsSeen:
        who, calls = self._process.identity, calls_seen(self._resolver)
        few, left_out = _first(calls)
        return CallsSeen(process_id=who.process_id, pid=who.pid, calls=few, left_out=left_out)

    def _references(self, oid: int) -> ReferencesSeen:
        who, exporter = self._process.identity, self._process.exporter
        one = exporter.manager(Oid(oid)) if oid else None
        managers = exporter.managers() if not oid else [] if one is None else [one]
        few, left_out = _first(holders_of_all(self._process, managers))
        return ReferencesSeen(
            process_id=who.process_id, pid=who.pid, references=few, left_out=left_out
        )

    # ---- the process -----------------------------------------------------------------------

    def _own(self, asker: PeerProcess) -> ProcessSeen:
        process, table = self._process, self._resolver.table
        managers = process.exporter.managers()
        counts = Counter(manager.apartment.oxid for manager in managers)
        apartments = list(process.exporter.apartments.values())
        peers = [peer for peer in list(self._resolver.peers.values()) if peer is not asker]
        return ProcessSeen(
            process_id=process.identity.process_id,
            pid=process.identity.pid,
            program=shown(" ".join(sys.orig_argv), _LONGEST_PROGRAM),
            threads=threading.active_count(),
            objects=len(managers),
            calls_incoming=len(table.incoming),
            calls_outgoing=len(table.outgoing),
            apartments=[self._apartment(each, counts[each.oxid]) for each in apartments[:MOST]],
            classes=[str(clsid) for clsid in process.activation.table.available()[:MOST]],
            links=[self._link(peer) for peer in peers[:MOST]],
        )

    def _apartment(self, apartment: Apartment, objects: int) -> ApartmentSeen:
        sta = apartment if isinstance(apartment, Sta) else None
        return ApartmentSeen(
            kind=apartment.kind.value,
            name=apartment.name,
            oxid=f"{apartment.oxid:016x}",
            state=self._state_of(apartment) if sta is None else self._state_of_sta(sta),
            queue_length=apartment.queue_length(),
            objects=objects,
            thread_id=0 if sta is None else sta.thread_id,
            threads=apartment.thread_count() if isinstance(apartment, Mta) else 0,
        )

    def _state_of_sta(self, sta: Sta) -> str:
        state = self._process.thread(sta.thread_id)
        waits = self._waits_of(sta.thread_id, state)
        runs = None if state is None else state.incoming
        # A call from within a method began after that had arrived; a callback arrives later still.
        if waits and (runs is None or runs.arrived <= waits[-1].started):
            return "waiting"
        if runs is not None:
            return "running"
        if not sta.is_pumping:
            return "outside"
        return "running" if sta.queue_length() else "idle"

    def _waits_of(self, thread_id: int, state: ThreadState | None) -> list[OutgoingCall]:
        """The calls, and the questions to other processes, for which a thread waits."""
        asked = [
            call
            for call in list(self._resolver.table.outgoing.values())
            if call.thread_id == thread_id and call.peer is None and call.incoming is None
        ]
        return [*([] if state is None else state.outgoing), *asked]

    def _state_of(self, apartment: Apartment) -> str:
        name = repr(apartment)
        calls = calls_seen(self._resolver)
        is_running = any(call.state == RUNNING and call.apartment == name for call in calls)
        return "running" if is_running or apartment.queue_length() else "idle"

    def _link(self, peer: PeerProcess) -> LinkSeen:
        lines = {
            id(line)
            for lines in self._process.all_lines()
            for line in lines.lines_to(peer.process_id)
        }
        ways = [line for line in (peer.line, peer.accepted) if line is not None]
        return LinkSeen(
            process_id=peer.process_id,
            pid=peer.pid,
            is_same_host=peer.host == self._resolver.identity.host,
            connections=len(lines) + len(ways),
            calls=len(peer.in_flight),
            holds=peer.references,
            held=sum(list(peer.held.values())),
        )


def _first(records: list[T]) -> tuple[list[T], int]:
    return records[:MOST], max(0, len(records) - MOST)
