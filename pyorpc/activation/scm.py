"""Scm: hands out pointers to objects and class objects of servers, which it starts where none runs.

The one SCM of a home. Its methods run on the MTA's pool; the servers it knows are those that the
home tells of, so that it forgets nothing when it ends and nothing is left of those that died.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar

from pyorpc.activation.catalog import Catalog
from pyorpc.activation.launcher import Launch, Launcher
from pyorpc.activation.listener import Listener
from pyorpc.activation.process import Process
from pyorpc.activation.remote_activation import NOT_STARTED, door_at
from pyorpc.activation.running_objects import RunningObjects
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.activation.surroundings import own_surroundings
from pyorpc.activation.time_limit import time_limit
from pyorpc.context.thread_state import thread_state
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.activation_idl import IRemoteActivation, IScm, Surroundings
from pyorpc.unknown import IUnknown

T = TypeVar("T", bound=IUnknown)
_SHORTEST_S: Final = 0.1  # for a server that registered in the last moment
Ask = Callable[[IRemoteActivation], T | None]


class Scm(IScm, IRemoteActivation):
    """What the SCM's process exports. A null pointer says: no such class."""

    def __init__(
        self, process: Process, servers: ServerDirectory, catalog: Catalog, launcher: Launcher
    ) -> None:
        self._process = process
        self._servers = servers
        self._catalog = catalog
        self._launcher = launcher
        self._running = RunningObjects(process, servers)
        self._lock = threading.Lock()  # guards _active and _last_used
        self._active = 0
        self._last_used = time.monotonic()

    # ---- IScm ------------------------------------------------------------------------------

    def ActivateInstance(
        self, clsid: Guid, riid: type[T] | Guid, surroundings: Surroundings, timeout_s: float
    ) -> T | None:
        def ask(server: IRemoteActivation) -> T | None:
            return server.CreateInstance(clsid, riid)

        return self._activate(Clsid(clsid), ask, surroundings, timeout_s)

    def ActivateClassObject(
        self, clsid: Guid, riid: type[T] | Guid, surroundings: Surroundings, timeout_s: float
    ) -> T | None:
        def ask(server: IRemoteActivation) -> T | None:
            return server.GetClassObject(clsid, riid)

        return self._activate(Clsid(clsid), ask, surroundings, timeout_s)

    # ---- IRemoteActivation: for other machines, whose surroundings are not known here --------

    def CreateInstance(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        timeout_s = self._process.settings.activation_timeout_s
        return self.ActivateInstance(clsid, riid, own_surroundings(), timeout_s)

    def GetClassObject(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        timeout_s = self._process.settings.activation_timeout_s
        return self.ActivateClassObject(clsid, riid, own_surroundings(), timeout_s)

    def GetActiveObject(self, clsid: Guid, riid: type[T] | Guid) -> T | None:
        return self._running.find(Clsid(clsid), riid, thread_state())

    # ---- from the SCM's own process --------------------------------------------------------

    def idle_s(self) -> float:
        """For how long nobody has been served, and no server has been there to be asked for."""
        has_servers = any(server.classes for server in self._servers.servers())
        with self._lock:
            if self._active or has_servers:
                self._last_used = time.monotonic()
            return time.monotonic() - self._last_used

    # ---- activation ------------------------------------------------------------------------

    def _activate(
        self, clsid: Clsid, ask: Ask[T], surroundings: Surroundings, timeout_s: float
    ) -> T | None:
        """Ask the servers that run, then one that is started; again, if that one refuses."""
        refused: set[str] = set()
        with self._busy():
            deadline = time.monotonic() + timeout_s
            while True:
                for server in self._servers.serving(clsid):
                    if server.process_id in refused:
                        continue
                    refused.add(server.process_id)
                    pointer = self._ask(server, ask, deadline)
                    if pointer is not None:
                        return pointer
                if not self._start(clsid, refused, surroundings, deadline):
                    return None

    def _ask(self, server: Listener, ask: Ask[T], deadline: float) -> T | None:
        """None: it does not have the class any more, or has ended."""
        try:
            state = thread_state()
            what = f"what was asked of process {server.pid}"
            left_s = max(_SHORTEST_S, deadline - time.monotonic())
            with (
                door_at(server.endpoint, IRemoteActivation, self._process, state) as door,
                time_limit(left_s, state, what),
            ):
                return ask(door)
        except ComError as error:
            if error.executed == "no" and error.hresult in NOT_STARTED:
                return None
            raise

    def _start(
        self, clsid: Clsid, refused: set[str], surroundings: Surroundings, deadline: float
    ) -> bool:
        """Start the server of a class and wait until it serves. False: it has no command."""
        argv = self._command_of(clsid)
        if not argv:
            return False
        within_s = deadline - time.monotonic()
        launch: Launch | None = None
        while True:
            seen = self._launcher.changes
            if any(each.process_id not in refused for each in self._servers.serving(clsid)):
                if launch is not None:
                    launch.served.add(clsid)
                return True
            if launch is None or clsid in launch.served:  # by another activation, and used up
                launch = self._launcher.launch(argv, clsid, surroundings, within_s)
                continue
            if launch.has_ended:
                code = launch.child.returncode
                raise launch.failure(f"ended with code {code} before it registered {clsid}")
            if not self._launcher.wait(seen, deadline):
                raise launch.failure(f"did not register {clsid} within {within_s:.1f} s")

    def _command_of(self, clsid: Clsid) -> tuple[str, ...]:
        try:
            return self._catalog.find(clsid).argv
        except ComError as error:
            if error.hresult == HRESULT.REGDB_E_CLASSNOTREG:
                return ()
            raise

    @contextmanager
    def _busy(self) -> Generator[None]:
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
                self._last_used = time.monotonic()
