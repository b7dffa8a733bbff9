"""TcpRelay: a proxy between a caller and an apartment's TCP endpoint, which a test can cut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from pyorpc.wire.objref import Binding, ObjRef, Tower
from tests.support.waiting import DEADLINE_S


class TcpRelay:
    """Relays every connection to `port`; `cut` closes those that are open, on both sides."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.packet = b""
        self._lock = threading.Lock()  # guards _open and _threads
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @classmethod
    def to_apartment_of(cls, ref: ObjRef) -> TcpRelay:
        """A relay whose `packet` names the relay instead of the apartment's own endpoints."""
        [endpoint] = [name for name in ref.addresses(Tower.APARTMENT) if name.startswith("tcp://")]
        relay = cls(int(endpoint.rpartition(":")[2]))
        kept = tuple(binding for binding in ref.bindings if binding.tower != Tower.APARTMENT)
        own = Binding(Tower.APARTMENT, relay.endpoint)
        relay.packet = ref._replace(bindings=(own, *kept)).pack()
        return relay

    def cut(self) -> None:
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._open.clear()

    def refuse(self) -> None:
        """From now on nobody gets through: a new connection is refused, those there are cut."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                with self._lock:
                    self._open += [near, far]
                    for source, sink in ((near, far), (far, near)):
                        thread = threading.Thread(target=self._pump, args=(source, sink))
                        self._threads.append(thread)
                        thread.start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.refuse()
        for thread in list(self._threads):
            thread.join(DEADLINE_S)

    def __enter__(self) -> TcpRelay:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
