"""Network: what a Runtime gives all of its apartments' lines: sockets, names, who listens where."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.call_table import CallTable
from pyorpc.remoting.late_replies import LateReplies
from pyorpc.remoting.lines import unreachable
from pyorpc.remoting.link import references_in
from pyorpc.remoting.peer import Identity, PeerApartment, PeerProcess
from pyorpc.transport.connection import Connection
from pyorpc.transport.run_directory import RunDirectory
from pyorpc.transport.zeromq import ZmqContext, ZmqSocket, make_context, make_socket
from pyorpc.wire.objref import Binding, Tower

if TYPE_CHECKING:
    from pyorpc.remoting.dispatcher import Dispatcher
    from pyorpc.remoting.housekeeping import Housekeeping
    from pyorpc.remoting.line import Line
    from pyorpc.remoting.outgoing_call import OutgoingCall
    from pyorpc.settings import Settings
    from pyorpc.wire.packets import Hello

_ANY_HOST = ("0.0.0.0", "*", "[::]")


class Network:
    """One per Runtime; satisfies the Lines' protocol of that name. Any thread."""

    def __init__(
        self, settings: Settings, identity: Identity, table: CallTable, dispatcher: Dispatcher
    ) -> None:
        self.identity = identity
        self.table = table
        self.dispatcher = dispatcher
        self.handshake_s = settings.handshake_s
        self.max_peers = settings.max_peers
        self._settings = settings
        self._lock = threading.Lock()  # guards _context and _run_directory
        self._context: ZmqContext | None = None
        self._run_directory: RunDirectory | None = None
        self.housekeeping: Housekeeping  # set by the Runtime
        for endpoint in settings.endpoints:
            self._refuse_open_tcp(endpoint)

    # ---- sockets ---------------------------------------------------------------------------

    def make_socket(self, kind: int) -> ZmqSocket:
        with self._lock:
            if self._context is None:
                self._context = make_context()
            context = self._context
        return make_socket(
            context,
            kind,
            max_message_bytes=self._settings.max_message_bytes,
            handshake_s=self._settings.handshake_s,
        )

    def close(self, *, is_clean: bool) -> None:
        """End the ZeroMQ context. It blocks while a socket is open: not clean, it is left alone."""
        with self._lock:
            context, self._context = self._context, None
        if context is None:
            return
        if is_clean:
            context.term()

    # ---- listening -------------------------------------------------------------------------

    def listen_endpoints(self) -> tuple[str, ...]:
        own = self.run_directory().new_endpoint("apt")
        tcp = tuple(
            f"{endpoint.rpartition(':')[0]}:*"
            for endpoint in self._settings.endpoints
            if endpoint.startswith("tcp://")
        )
        return (own, *tcp)

    def process_listen_endpoints(self) -> tuple[str, ...]:
        return (self.run_directory().new_endpoint("process"), *self._settings.endpoints)

    def advertised(self, bound: str) -> tuple[str, ...]:
        """Under which addresses others reach an endpoint that was bound."""
        scheme, _, rest = bound.partition("://")
        host, _, port = rest.rpartition(":")
        if scheme != "tcp" or host not in _ANY_HOST:
            return (bound,)
        try:
            hosts = socket.gethostbyname_ex(socket.gethostname())[2]
        except OSError:
            hosts = []
        return tuple(f"tcp://{name}:{port}" for name in dict.fromkeys([*hosts, "127.0.0.1"]))

    def process_endpoints(self) -> list[str]:
        return [name for bound in self.housekeeping.endpoints() for name in self.advertised(bound)]

    def process_bindings(self) -> tuple[Binding, ...]:
        return (
            *(Binding(Tower.PROCESS, endpoint) for endpoint in self.process_endpoints()),
            Binding(Tower.PROCESS_ID, self.identity.process_id),
        )

    def run_directory(self) -> RunDirectory:
        with self._lock:
            if self._run_directory is None:
                self._run_directory = RunDirectory(self._settings.home)
                self._run_directory.sweep()
            return self._run_directory

    # ---- reaching --------------------------------------------------------------------------

    def reachable(self, peer: PeerApartment) -> str:
        if peer.process.is_dead:
            raise ComError(
                HRESULT.RPC_S_SERVER_UNAVAILABLE, f"{peer.process!r} has ended", executed="no"
            )
        for endpoint in peer.endpoints:
            if endpoint.startswith("ipc://") and Path(endpoint[6:]).exists():
                return endpoint
            if endpoint.startswith("tcp://"):
                self._refuse_open_tcp(endpoint)
                return endpoint
        if peer.endpoints:
            raise ComError(
                HRESULT.RPC_S_SERVER_UNAVAILABLE,
                f"{peer.process!r} does not listen any more at {', '.join(peer.endpoints)}",
                executed="no",
            )
        raise unreachable(peer, "its packet names no endpoint")

    def _refuse_open_tcp(self, endpoint: str) -> None:
        if endpoint.startswith("tcp://") and not self._settings.insecure:
            raise ComError(
                HRESULT.E_ACCESSDENIED,
                f"{endpoint}: TCP without keys is open to anybody who can reach it, and this "
                "version has no keys yet. If that is what you want, say so: "
                "configure(insecure=True), or PYORPC_INSECURE=1",
                executed="no",
            )

    # ---- what Lines report -----------------------------------------------------------------

    def watch(self, connection: Connection, monitor: ZmqSocket) -> None:
        self.housekeeping.watch(connection, monitor)

    def greeted(self, hello: Hello) -> PeerProcess:
        return self.housekeeping.resolver.introduced(hello, None)

    def answer_lost(self, line: Line) -> None:
        self.housekeeping.resolver.tell_broken(line.process_id, line.token)

    def await_late(self, line: Line, give_back: Callable[[Line], None]) -> None:
        LateReplies(line, give_back, self.table, self.housekeeping).begin()

    def release_arguments(self, call: OutgoingCall) -> None:
        call.learn("no", "not started")
        self.housekeeping.resolver.holdings.release_arguments(call)

    def fence_read(self, line: Line, fence: int) -> None:
        fences = self.housekeeping.resolver.desk.fences
        self.housekeeping.post(fences.read, (line.process_id, line.token), fence)

    def line_ended(self, line: Line) -> None:
        if not line.token:
            return
        fences = self.housekeeping.resolver.desk.fences
        with suppress(ComError):  # the Runtime is closed
            self.housekeeping.post(fences.line_ended, (line.process_id, line.token))

    def release_late(self, call: OutgoingCall, body: bytes) -> None:
        try:
            self.table.limits.check(body, call.method.result_growth, call.method.name)
            result = call.method.decode_result(body)
        except ComError:
            return
        for ref in references_in(result):
            self.housekeeping.resolver.holdings.release_packet(ref)
