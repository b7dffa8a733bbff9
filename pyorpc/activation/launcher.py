"""Launcher: starts the commands of servers, and tells those who wait that something has changed.

The SCM's. Activations call it on pool threads; the housekeeping thread tells of signals and ends.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyorpc.activation.process import Process
from pyorpc.activation.ready_signal import READY
from pyorpc.activation.surroundings import environment_in
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid
from pyorpc.interfaces.activation_idl import Surroundings
from pyorpc.settings import variable_of

_log = logging.getLogger(__name__)
_TAIL: Final = 600  # how much of what a failed server wrote goes into the error


class Launch:
    """One start of a server's command."""

    def __init__(self, argv: tuple[str, ...], child: subprocess.Popen[bytes], log: Log) -> None:
        self.argv = argv
        self.child = child
        self.started = time.monotonic()
        self.served: set[Clsid] = set()  # the classes for which it has done its duty
        self._log = log

    @property
    def has_ended(self) -> bool:
        return self.child.returncode is not None

    def may_serve(self, clsid: Clsid, within_s: float) -> bool:
        """Whether it may still register the class that it was started for."""
        is_young = time.monotonic() - self.started < within_s
        return is_young and not self.has_ended and clsid not in self.served

    def failure(self, why: str) -> ComError:
        words = self._log.tail()
        text = f"the server {' '.join(self.argv)} {why}; its output is in {self._log.path}"
        return ComError(
            HRESULT.CO_E_SERVER_EXEC_FAILURE,
            f"{text}: ...{words}" if words else text,
            executed="no",
        )


class Log:
    """What servers of a class write: a file that grows, and where one server's part begins."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._start = path.stat().st_size

    def tail(self) -> str:
        with self.path.open("rb") as log:
            log.seek(max(self._start, self.path.stat().st_size - _TAIL))
            return log.read().decode(errors="replace").strip()


class Launcher:
    """One per SCM."""

    def __init__(self, process: Process, home: Path) -> None:
        self._process = process
        self._home = home
        self._changed = threading.Condition()  # guards changes and _launches
        self.changes = 0
        self._launches: list[Launch] = []
        self._socket: socket.socket | None = None
        self._path = ""

    def open(self) -> None:
        """Listen for the servers' signals."""
        endpoint = self._process.network.run_directory().new_endpoint("ready")
        self._path = endpoint.removeprefix("ipc://")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(self._path)
        self._watch(self._socket.fileno(), self._signalled)

    def close(self) -> None:
        """Hear no more signals. Servers that run go on."""
        if self._socket is not None:
            is_closed = threading.Event()
            # By the thread that reads it, which must not meet the descriptor's next owner.
            self._process.housekeeping.post(self._close_socket, is_closed)
            is_closed.wait(self._process.settings.grace_s)

    def launch(
        self, argv: tuple[str, ...], clsid: Clsid, surroundings: Surroundings, within_s: float
    ) -> Launch:
        """Start a command, or join a start under way. Raises CO_E_CREATEPROCESS_FAILURE."""
        with self._changed:
            for launch in self._launches:
                if launch.argv == argv and launch.may_serve(clsid, within_s):
                    return launch
            launch = self._start(argv, clsid, surroundings)
            self._launches.append(launch)
        descriptor = os.pidfd_open(launch.child.pid)
        self._watch(descriptor, lambda: self._ended(launch, descriptor))
        return launch

    def wait(self, seen: int, deadline: float) -> bool:
        """Until more has changed than `seen`. False: time ran out."""
        with self._process.mta().blocked(), self._changed:
            return self._changed.wait_for(
                lambda: self.changes != seen, max(0.0, deadline - time.monotonic())
            )

    def _start(self, argv: tuple[str, ...], clsid: Clsid, surroundings: Surroundings) -> Launch:
        log = Log(self._home / "log" / f"{clsid}.log")
        settled = self._settled()
        directory = surroundings.directory
        with log.path.open("ab") as output:
            try:
                child = subprocess.Popen(
                    argv,
                    env=environment_in(surroundings, os.environ, **settled),
                    cwd=directory if Path(directory).is_dir() else self._home,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # a Ctrl-C at the activator's terminal is not its
                )
            except OSError as error:
                raise ComError(
                    HRESULT.CO_E_CREATEPROCESS_FAILURE,
                    f"cannot start {' '.join(argv)}: {error}",
                    executed="no",
                ) from None
        _log.info("started %s as process %d for %s", argv, child.pid, clsid)
        return Launch(argv, child, log)

    def _settled(self) -> dict[str, str]:
        """What a server does not have from its activator."""
        settings = self._process.settings
        settled = {READY: self._path, variable_of("home"): str(self._home)}
        hosts = [each.rpartition(":")[0] for each in settings.endpoints if each.startswith("tcp:")]
        if hosts:
            # Whom the SCM serves on other machines, its servers must be reached by too.
            settled[variable_of("endpoints")] = ",".join(f"{host}:*" for host in hosts)
            settled[variable_of("insecure")] = str(int(settings.insecure))
        return settled

    # ---- the housekeeping thread -----------------------------------------------------------

    def _watch(self, descriptor: int, readable: Callable[[], None]) -> None:
        port = self._process.housekeeping.start()
        self._process.housekeeping.post(port.watch, descriptor, readable)

    def _signalled(self) -> None:
        assert self._socket is not None
        try:
            self._socket.recv(64)
        except BlockingIOError:
            return
        self._tell()

    def _close_socket(self, is_closed: threading.Event) -> None:
        if self._socket is not None:
            self._process.housekeeping.start().unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None
            Path(self._path).unlink(missing_ok=True)
        is_closed.set()

    def _ended(self, launch: Launch, descriptor: int) -> None:
        launch.child.poll()
        self._process.housekeeping.start().unwatch(descriptor)
        os.close(descriptor)
        with self._changed:
            self._launches.remove(launch)
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self.changes += 1
            self._changed.notify_all()
