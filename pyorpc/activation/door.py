"""Door: the one object of a process that other processes find without having a reference to it.

It is exported from the MTA and answers at every endpoint of the process. A server's door is
described by a file in the home, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyorpc.activation.listener import Listener, Offers
from pyorpc.activation.process import Process
from pyorpc.activation.ready_signal import signal_ready
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.apartment.apartment import Apartment
from pyorpc.context.thread_state import thread_state
from pyorpc.interfaces.activation_idl import IRemoteActivation
from pyorpc.remoting.exporter import PUBLIC_REFS, set_home_context
from pyorpc.wire.objref import ObjRef


class Door:
    """One per Runtime; any thread."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._identity = process.resolver.identity
        self.servers = ServerDirectory(process.settings.home, self._identity.host)
        self._lock = threading.Lock()  # guards _opened, and the order of publications
        self._opened: tuple[Apartment, ObjRef] | None = None

    def ref(self) -> ObjRef | None:
        """A packet of the object, without references; None while the door is closed."""
        opened = self._opened
        return None if opened is None else opened[1]

    def open(self, activator: IRemoteActivation) -> None:
        """Let other processes reach `activator`. Does nothing to a door that is open."""
        with self._lock:
            if self._opened is None:
                self._opened = self._process.mta(), self._export(activator)

    def close(self) -> None:
        with self._lock:
            self._opened = None

    def publish(self, current: Callable[[], Offers]) -> None:
        """Tell the home what others can have from this process now."""
        with self._lock:
            offers = current()  # asked here, so that the last one to write knows the latest
            if not any(offers):
                self.servers.withdraw(self._identity.process_id)
                return
            listener = Listener.of_this_process(self._identity, self.endpoint(), offers)
            self.servers.publish(listener)
        signal_ready()

    def endpoint(self) -> str:
        """Where processes of this host reach the door."""
        return self._process.network.process_endpoints()[0]

    def apartment_ended(self, apartment: Apartment) -> None:
        if self._opened is not None and self._opened[0] is apartment:
            self.close()

    def _export(self, activator: IRemoteActivation) -> ObjRef:
        exporter = self._process.exporter
        set_home_context(activator, self._process.default_context(self._process.mta()))
        manager = exporter.export(activator, thread_state())
        with manager.lock:
            manager.strong_packets += 1
        ref = exporter.reference(manager, IRemoteActivation, is_remote=True)
        # Handed out again and again: whoever unmarshals it asks for references of its own.
        exporter.release(ref.ipid.bytes, PUBLIC_REFS)
        return ref._replace(public_refs=0)
