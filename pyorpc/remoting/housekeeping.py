"""Housekeeping: the one thread of a Runtime for what must work while every apartment computes.

It reads the process links and the socket monitors, releases what finalizers gave up, pings, and
notices the deaths of peers. It runs no user code and never waits for anybody.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.acquaintance import forget_silent
from pyorpc.remoting.exporter import Exporter
from pyorpc.remoting.lifetime import PERIODS
from pyorpc.remoting.peer import PeerProcess
from pyorpc.remoting.process_line import ProcessLine
from pyorpc.remoting.release_queue import ReleaseQueue
from pyorpc.transport.connection import Break, Connection
from pyorpc.transport.port import MakeSocket, Port
from pyorpc.transport.run_directory import forget_endpoint
from pyorpc.transport.zeromq import ZmqSocket

if TYPE_CHECKING:
    from pyorpc.remoting.resolver import Resolver
    from pyorpc.settings import Settings

_log = logging.getLogger(__name__)


class Housekeeping:
    """Started by the first need. `close` ends it."""

    def __init__(
        self,
        settings: Settings,
        exporter: Exporter,
        make_socket: MakeSocket,
        listen: Callable[[], tuple[str, ...]],
    ) -> None:
        self._settings = settings
        self._exporter = exporter
        self._make_socket = make_socket
        self._listen = listen
        self.resolver: Resolver  # set by the Runtime
        self.releases = ReleaseQueue()
        self._lock = threading.Lock()  # guards starting, _thread and _timers
        self._thread: threading.Thread | None = None
        self._port: Port | None = None
        self._endpoints: list[str] = []
        self._posted: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._timers: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._is_stopping = False

    # ---- any thread ------------------------------------------------------------------------

    def start(self) -> Port:
        """The running thread's Port."""
        port = self._port
        if port is not None:
            return port
        with self._lock:
            if self._port is None:
                if self._is_stopping:
                    raise ComError(HRESULT.E_UNEXPECTED, "this Runtime is closed")
                self._port = Port(self._make_socket, self._accept, owner=-1)
                self._thread = threading.Thread(
                    target=self._run, name="pyorpc-housekeeping", daemon=True
                )
                self._thread.start()
            return self._port

    def endpoints(self) -> list[str]:
        """Where other processes reach this one's housekeeping. Binds on first use."""
        port = self.start()
        with self._lock:
            if not self._endpoints:
                self._endpoints = [port.bind(endpoint) for endpoint in self._listen()]
        return self._endpoints

    def post(self, action: Callable[..., None], *args: Any) -> None:
        """Run `action` on the housekeeping thread, soon."""
        self._posted.append((action, args))
        self.start().wake()

    def after(self, delay_s: float, action: Callable[..., None], *args: Any) -> None:
        with self._lock:
            entry = (time.monotonic() + delay_s, next(self._order), action, args)
            heapq.heappush(self._timers, entry)
        self.start().wake()

    def open(self, peer: PeerProcess) -> ProcessLine:
        """A new connection of the process link."""
        port = self.start()
        endpoint = self._pick(peer)
        connection, monitor = port.connect(endpoint, heartbeat_s=self._settings.heartbeat_s)
        line = ProcessLine(connection, self.resolver, self.resolver.desk)
        line.peer = peer
        connection.link = line
        self.watch(connection, monitor)
        return line

    def _pick(self, peer: PeerProcess) -> str:
        for endpoint in peer.endpoints:
            if not endpoint.startswith("ipc://") or Path(endpoint[6:]).exists():
                return endpoint
        raise ComError(
            HRESULT.RPC_S_SERVER_UNAVAILABLE,
            f"{peer!r} has ended, or does not listen where this process could dial it",
            executed="no",
        )

    def watch(self, connection: Connection, monitor: ZmqSocket) -> None:
        """Notice the death of a connection, wherever it is read."""
        port = self.start()
        end = MonitorEnd(connection, self)
        end.connection = port.adopt(monitor, end)
        if end.is_stopped:  # by then: the connection was closed at once
            end.connection.close()

    def watch_pid(self, peer: PeerProcess) -> None:
        self.post(self._watch_pid, peer)

    def unwatch_pid(self, peer: PeerProcess) -> None:
        self.post(self._unwatch_pid, peer)

    def died(self, connection: Connection, why: Break) -> None:
        """A monitor saw a connection of ours end."""
        connection.break_off(why)
        token = getattr(connection.link, "token", b"")
        if token:
            self.resolver.tell_broken(connection.link.process_id, token)  # type: ignore[union-attr]

    def close(self, timeout_s: float) -> bool:
        """End the thread. False: it did not come in time."""
        with self._lock:
            self._is_stopping = True
            thread, port = self._thread, self._port
        if thread is None or port is None:
            return True
        port.wake()
        if thread is not threading.current_thread():
            thread.join(timeout_s)
        return not thread.is_alive()

    # ---- its own thread --------------------------------------------------------------------

    def _accept(self, connection: Connection) -> ProcessLine:
        self.resolver.strangers.add(connection)
        return ProcessLine(connection, self.resolver, self.resolver.desk)

    def _run(self) -> None:
        port = self._port
        assert port is not None
        port.watch(self.releases.wakeup, self._release_all)
        self.after(self._settings.ping_period_s, self._ping_all)
        if self._settings.deadlock_check_s:
            self.after(self._settings.deadlock_check_s, self._look_for_deadlocks)
        while not self._is_stopping:
            try:
                port.receive(self._run_due())
                self._run_posted()
            except Exception:
                _log.exception("housekeeping goes on after an error")
        self._release_all()
        self.resolver.say_goodbye()
        self._run_posted()
        for peer in list(self.resolver.peers.values()):
            self._unwatch_pid(peer)
        port.close()
        for endpoint in self._endpoints:
            forget_endpoint(endpoint)

    def _run_posted(self) -> None:
        while self._posted:
            action, args = self._posted.popleft()
            action(*args)

    def _run_due(self) -> float:
        """Run what is due; seconds until the next timer."""
        while True:
            with self._lock:
                wait_s = self._timers[0][0] - time.monotonic()
                if wait_s > 0:
                    return min(wait_s, LONGEST_WAIT_S)
                _, _, action, args = heapq.heappop(self._timers)
            action(*args)

    def _release_all(self) -> None:
        remote: dict[Any, dict[Any, int]] = {}
        for peer, counts in self.releases.take_all():
            if peer is None:
                for ipid, count in counts.items():
                    manager = self._exporter.release(ipid.bytes, count)
                    if manager is not None:
                        self._exporter.drop(manager)
                continue
            batch = remote.setdefault(peer, {})
            for ipid, count in counts.items():
                batch[ipid] = batch.get(ipid, 0) + count
        for whose, batch in remote.items():
            peer, behind = (whose, None) if isinstance(whose, PeerProcess) else whose
            self.resolver.holdings.release_quietly(peer, batch, behind)
        for call in self.releases.take_calls():
            self.resolver.abandoned(call)

    def _ping_all(self) -> None:
        period_s = self._settings.ping_period_s
        self.after(period_s, self._ping_all)
        # A ping that waits unread must count before its sender is found silent.
        self.start().receive(0)
        for peer in list(self.resolver.peers.values()):
            self.resolver.holdings.ping(peer)
            self.resolver.desk.expire(peer, period_s)
        forget_silent(self.resolver, PERIODS * period_s)

    def _look_for_deadlocks(self) -> None:
        period_s = self._settings.deadlock_check_s
        self.after(period_s, self._look_for_deadlocks)
        self.resolver.deadlocks.look(older_than_s=period_s)

    def _watch_pid(self, peer: PeerProcess) -> None:
        if peer.pidfd != -1 or peer.is_dead:
            return
        try:
            peer.pidfd = os.pidfd_open(peer.pid)
        except ProcessLookupError:
            self.resolver.peer_died(peer)
            return
        except OSError as error:
            _log.warning("the process of %r cannot be watched: %s", peer, error)
            return
        port = self.start()
        port.watch(peer.pidfd, lambda: self.resolver.peer_died(peer))

    def _unwatch_pid(self, peer: PeerProcess) -> None:
        if peer.pidfd != -1:
            self.start().unwatch(peer.pidfd)
            os.close(peer.pidfd)
            peer.pidfd = -1


# epoll takes no more than 24 days; a timer may be set for later.
LONGEST_WAIT_S: Final = 24 * 3600.0


class MonitorEnd:
    """Reads the events of one DEALER's monitor until it is closed. Housekeeping's thread."""

    def __init__(self, watched: Connection, housekeeping: Housekeeping) -> None:
        self._watched = watched
        self._housekeeping = housekeeping
        self._was_connected = False
        self.is_stopped = False
        self.connection: Connection | None = None

    def received(self, frames: list[bytes]) -> None:
        event = int.from_bytes(frames[0][:2], "little")
        if event == SHOOK_HANDS:
            self._was_connected = True
        elif event != STOPPED:
            why = Break.CUT if self._was_connected else Break.REFUSED
            self._housekeeping.died(self._watched, why)
        else:
            self.is_stopped = True
            # Not before: libzmq's own thread would block for ever on a pair that nobody reads.
            if self.connection is not None:
                self.connection.close()

    def broke(self, why: Break) -> None:
        """An inproc pair does not break."""


SHOOK_HANDS = 0x1000
STOPPED = 0x0400
