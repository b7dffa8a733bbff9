"""MtaLines: the MTA's connections. A synchronous caller has one of its own while it waits.

A line of the pool is a Port with a single DEALER: its caller sends, waits and receives on it with
no other thread between. Asynchronous calls and callbacks share the primary line, which the pool
threads read. A thread that has begun calls goes on over the primary line until a later call of its
has returned: so its calls to one STA run in the order made.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from pyorpc.apartment.apartment import Awaitable
from pyorpc.apartment.mta import Mta
from pyorpc.apartment.waits import Waker
from pyorpc.context.deadline import left_s, refuse_spent, sooner
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.line import Line
from pyorpc.remoting.lines import Lines, Network
from pyorpc.remoting.outgoing_call import OutgoingCall
from pyorpc.remoting.peer import PeerApartment
from pyorpc.transport.connection import Connection
from pyorpc.transport.port import MakeSocket, Port
from pyorpc.wire.objref import Binding

if TYPE_CHECKING:
    from pyorpc.context.thread_state import ThreadState


class _Welcomed:
    """Done when the peer has acknowledged a line, or that has died."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def is_done(self) -> bool:
        return self._line.is_welcomed or self._line.connection.broken is not None


class MtaLines(Lines):
    """Used by every thread of the MTA."""

    def __init__(self, mta: Mta, port: Port, network: Network, make_socket: MakeSocket) -> None:
        super().__init__(mta.oxid, network)
        self._mta = mta
        self.port = port
        self._make_socket = make_socket
        self._free: dict[int, deque[Line]] = {}  # by the peer's OXID
        self._leased: set[Line] = set()  # all lines of the pool, free or in use

    def bindings(self) -> tuple[Binding, ...]:
        self._mta.start()  # somebody must read what will come
        return super().bindings()

    def take(self, peer: PeerApartment, state: ThreadState) -> Line:
        if state.unsettled and peer.oxid in state.unsettled:
            return self.take_shared(peer, state)  # it must not overtake what the thread has begun
        free = self._free.get(peer.oxid)
        while free:
            try:
                line = free.pop()
            except IndexError:
                break
            if line.port.has_breaks:
                line.port.receive(0)
            if line.connection.broken is None:
                return line
        return self._lease(peer, state)

    def _lease(self, peer: PeerApartment, state: ThreadState) -> Line:
        primary = self.take_shared(peer, state)
        if primary.connection.identity is not None and not self._can_dial(peer):
            return primary  # it came to us and does not listen: its own link is the only way
        if primary.connection.identity is None and not primary.is_welcomed:
            self._await_welcome(primary, peer, state)
        port = Port(self._make_socket, self.accept, on_break=self._reap)
        try:
            line = self.open(port, peer, is_primary=False)
        except BaseException:
            port.close()
            raise
        self._leased.add(line)
        return line

    def _can_dial(self, peer: PeerApartment) -> bool:
        try:
            self.network.reachable(peer)
        except ComError:
            return False
        return True

    def take_to_begin(self, peer: PeerApartment, state: ThreadState) -> Line:
        state.unsettled.add(peer.oxid)
        return self.take_shared(peer, state)

    def take_shared(self, peer: PeerApartment, state: ThreadState) -> Line:
        """The line that asynchronous calls share; what is sent over it follows its hello."""
        self._mta.start()
        with self._lock:
            line = self.primary.get(peer.oxid)
            if line is None or line.connection.broken is not None or not line.leads_to(peer):
                line = self.primary[peer.oxid] = self.open(self.port, peer, is_primary=True)
                if line.connection.broken is not None:
                    self.forget(line)  # by then: who was told could not forget it yet
        return line

    def _await_welcome(self, line: Line, peer: PeerApartment, state: ThreadState) -> None:
        # A call on a fresh connection would overtake the hello on this one.
        line.welcome_waiters.append(state.waiter)
        timeout_s = sooner(self.network.handshake_s, state.deadline)
        try:
            is_welcomed = self.wait_shared(_Welcomed(line), timeout_s, state)
        finally:
            line.welcome_waiters.remove(state.waiter)
        if not is_welcomed:
            if state.deadline is not None:
                refuse_spent(state.deadline, f"the link to {peer.process!r}")
            raise ComError(
                HRESULT.RPC_S_SERVER_UNAVAILABLE,
                f"{peer.process!r} did not answer the hello within {self.network.handshake_s} s",
                executed="no",
            )

    def waker_of(self, line: Line, state: ThreadState) -> Waker:
        return state.waiter if line.port is self.port else line.port

    def wait(self, call: OutgoingCall, line: Line, state: ThreadState) -> bool:
        if line.port is self.port:
            is_done = self.wait_shared(call, left_s(call.deadline), state)
            if is_done and call.error is None:
                state.unsettled.discard(line.oxid)
            return is_done
        if state.is_pool_thread:
            with self._mta.blocked():
                return self._wait_alone(call, line)
        return self._wait_alone(call, line)

    def _wait_alone(self, call: OutgoingCall, line: Line) -> bool:
        receive = line.port.receive
        if call.deadline is None:
            while not call.is_done:
                receive(None)
            return True
        while not call.is_done:
            left = call.deadline - monotonic()
            if left <= 0:
                return False
            receive(left)
        return True

    def wait_shared(self, what: Awaitable, timeout_s: float | None, state: ThreadState) -> bool:
        """Wait for something that may arrive on the shared Port, and keep reading that meanwhile.

        A pool whose every thread waits like this still reads its sockets; what is not for the
        waiting thread goes to the queue.
        """
        waiter = state.waiter
        waiter.also_watch(self.port.fileno())
        try:
            with self._mta.blocked():
                return waiter.wait_reading(what, timeout_s, self._read_for_others)
        finally:
            waiter.unwatch(self.port.fileno())

    def wait_begun(self, call: OutgoingCall, timeout_s: float | None, state: ThreadState) -> bool:
        call.await_on(state.waiter, state.thread_id)
        return self.wait_shared(call, timeout_s, state)

    def _read_for_others(self) -> None:
        self.port.receive(0, 1)
        self._mta.pass_on()

    def give_back(self, line: Line) -> None:
        if line.port is self.port:
            return
        if line.connection.broken is not None:
            self.forget(line)
        elif self.table.abandoned and self.table.is_owed(line):
            self.network.await_late(line, self._late_is_over)
        else:
            self._free_again(line)

    def _late_is_over(self, line: Line) -> None:
        """Housekeeping's thread. Whoever called meanwhile has leased others: one too many now?"""
        if not self._free.get(line.oxid):
            self._free_again(line)
            return
        self._say_goodbye([line])
        self.forget(line)

    def _free_again(self, line: Line) -> None:
        self._free.setdefault(line.oxid, deque()).append(line)
        if line.port.has_breaks:
            self._reap(line.connection)

    def _reap(self, connection: Connection) -> None:
        """Any thread: a line of the pool has broken. Nobody reads an idle one, so do it here."""
        line = connection.link
        if isinstance(line, Line):
            # Taken out, it is ours; a line in use is not there, and its caller sees the break.
            with suppress(ValueError, ComError):
                self._free.setdefault(line.oxid, deque()).remove(line)
                line.port.receive(0)

    def forget(self, line: Line) -> None:
        super().forget(line)
        if line in self._leased:
            self._leased.discard(line)
            line.port.close()

    def all_lines(self) -> list[Line]:
        return [*super().all_lines(), *self._leased]

    def close(self) -> None:
        super().close()
        for line in list(self._leased):
            line.port.close()
