"""Deadlocks: finds calls that wait for each other, in one process or in several, and ends one.

By ruling R-1 an STA that waits for a reply holds unrelated calls; so two STAs which call each other
at once wait for ever. The housekeeping thread looks from time to time at the calls that have waited
for a while, and follows each: it is held by an STA whose thread waits for another call, or runs
on a thread that does, and so on, through other processes by WAIT_PROBE. A chain that comes back to
its own beginning is a cycle. Nothing of this is on the path of a call.

No false alarm: a cycle counts only if a second look, begun after the first one has closed, finds
the very same calls. A call in a queue stays there until it runs, and a call that waits was waiting
all the time; so between both looks every wait of the cycle was there at once, and no
filter lets one of them through. A call that runs slowly waits for nothing, and ends the chain.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pyorpc.apartment.sta import Sta
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError, DeadlockError
from pyorpc.wire.packets import VERSION, Hop, Kind, WaitProbe

if TYPE_CHECKING:
    from pyorpc.remoting.housekeeping import Housekeeping
    from pyorpc.remoting.incoming_call import IncomingCall
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.remoting.peer import PeerProcess
    from pyorpc.remoting.resolver import Resolver

_log = logging.getLogger(__name__)
# A longer chain is followed no further.
MOST_HOPS: Final = 64
_LONGEST_TEXT: Final = 300
# So long the callee's word is awaited whether the call had started.
ACKNOWLEDGE_S: Final = 0.15
_Id = tuple[str, int]


class Deadlocks:
    """One per Runtime; used by its housekeeping thread only."""

    def __init__(
        self, resolver: Resolver, housekeeping: Housekeeping, threads: Mapping[int, ThreadState]
    ) -> None:
        self._resolver = resolver
        self._table = resolver.table
        self._housekeeping = housekeeping
        self._threads = threads
        self._own = resolver.identity.process_id
        self._round = 0
        # Cycles found once, by the call that would be ended: the round that must find them again.
        self._suspects: dict[int, tuple[int, list[_Id]]] = {}

    def look(self, *, older_than_s: float) -> None:
        """Follow every call of this process that a thread has waited for so long."""
        self._round += 1
        outgoing = self._table.outgoing
        for call_id in [each for each in self._suspects if each not in outgoing]:
            del self._suspects[call_id]
        before = time.monotonic() - older_than_s
        for call in list(outgoing.values()):
            state = self._threads.get(call.thread_id)
            if call.started <= before and state is not None and state.wait is call:
                self._follow(call, [self._hop(call, state)], self._round)

    def probed(self, peer: PeerProcess, probe: WaitProbe) -> None:
        """Follow a chain that has come to a call of that peer here."""
        call = self._table.incoming.get((peer.process_id, probe.call_id))
        if call is not None and 0 < len(probe.hops) <= MOST_HOPS:
            self._follow_incoming(call, list(probe.hops), probe.round)

    # ---- along the chain -------------------------------------------------------------------

    def _follow(self, call: OutgoingCall, hops: list[Hop], look: int) -> None:
        """`call` is waited for: does what it waits for wait, too?"""
        if call.incoming is not None:
            self._follow_incoming(call.incoming, hops, look)
        elif call.peer is not None:
            try:
                line = self._resolver.line_to(call.peer.process)
            except ComError:
                return  # it is gone, or cannot be asked
            line.send(WaitProbe(VERSION, Kind.WAIT_PROBE, call.id, look, hops))

    def _follow_incoming(self, call: IncomingCall, hops: list[Hop], look: int) -> None:
        found = self._what_keeps(call)
        if found is None:
            return
        state, wait = found
        first = hops[0]
        if (self._own, wait.id) == (first.process_id, first.call_id):
            self._closed(wait, hops, look)
            return
        hop = self._hop(wait, state)
        # Of the calls in a cycle one has the greatest id: only its own look is followed to the end.
        if len(hops) < MOST_HOPS and _id_of(hop) < _id_of(first):
            self._follow(wait, [*hops, hop], look)

    def _what_keeps(self, call: IncomingCall) -> tuple[ThreadState, OutgoingCall] | None:
        """The wait that keeps a call from ending, and whose it is; None: nothing, it moves."""
        apartment = call.manager.apartment
        is_held = call.thread_id == 0
        if is_held and not isinstance(apartment, Sta):
            return None
        thread_id = apartment.thread_id if isinstance(apartment, Sta) else call.thread_id
        state = self._threads.get(thread_id)
        wait: OutgoingCall | None = None if state is None else state.wait
        if state is None or wait is None:
            return None
        if is_held and wait.causality == call.causality:
            return None  # a callback: it enters
        return state, wait

    def _hop(self, call: OutgoingCall, state: ThreadState) -> Hop:
        text = f"{state.home!r} of process {os.getpid()} waits for {call.method.name}"
        return Hop(self._own, call.id, text[:_LONGEST_TEXT])

    # ---- a cycle ---------------------------------------------------------------------------

    def _closed(self, call: OutgoingCall, hops: list[Hop], look: int) -> None:
        """The chain of a call of this process has come back to it."""
        ids = [_id_of(hop) for hop in hops]
        due, suspected = self._suspects.get(call.id, (0, []))
        if suspected != ids:
            self._suspects[call.id] = self._round + 1, ids
        elif look >= due:
            del self._suspects[call.id]
            self._end(call, tuple(hop.text for hop in hops))

    def _end(self, call: OutgoingCall, cycle: tuple[str, ...]) -> None:
        """End one call of the cycle, so that the others can go on."""
        _log.warning("deadlock: %s", "; ".join(cycle))
        call.is_cancel_sent = True
        if call.incoming is None:
            self._resolver.cancels.send(call)
            self._housekeeping.after(ACKNOWLEDGE_S, self._fail, call, cycle)
            return
        if call.incoming.cancel():
            call.outcome = "not started"
        self._fail(call, cycle)

    def _fail(self, call: OutgoingCall, cycle: tuple[str, ...]) -> None:
        error = DeadlockError(
            HRESULT.RPC_E_TIMEOUT,
            f"{call.method.name} could never return: " + ", and ".join(cycle) + ". An STA that "
            "waits for a reply holds unrelated calls: register a message filter there that admits "
            "them (AdmittingFilter), or let one of the objects live in the MTA",
            executed="no" if call.outcome == "not started" else "unknown",
            cycle=cycle,
        )
        self._table.abandon(call, error)


def _id_of(hop: Hop) -> _Id:
    return hop.process_id, hop.call_id
