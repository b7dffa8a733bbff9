"""ScmClient: a process's way to the SCM of its home, which is started if none runs.

Nothing is kept between two activations: the SCM may end when nobody needs it, and one that was
killed is replaced by the next activation.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pyorpc.activation.catalog import Catalog
from pyorpc.activation.listener import Listener
from pyorpc.activation.process import Process
from pyorpc.activation.ready_signal import READY
from pyorpc.activation.remote_activation import NOT_STARTED, door_at
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.activation.surroundings import own_surroundings
from pyorpc.context.thread_state import ThreadState
from pyorpc.errors import HRESULT, ComError
from pyorpc.ids import Clsid, Guid
from pyorpc.interfaces.activation_idl import IScm
from pyorpc.settings import variable_of
from pyorpc.unknown import IUnknown

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
_DYING_S: Final = 1.0
T = TypeVar("T", bound=IUnknown)
R = TypeVar("R")


class ScmClient:
    """One per Runtime."""

    def __init__(self, process: Process, servers: ServerDirectory, catalog: Catalog) -> None:
        self._process = process
        self._servers = servers
        self._catalog = catalog
        self._home = process.settings.home
        self.seat = ScmSeat(self._home, process.resolver.identity.host)

    def create_instance(
        self, clsid: Clsid, iface: type[T] | Guid, timeout_s: float | None, state: ThreadState
    ) -> T | None:
        """An object of a server's. None: no server has the class, and none can be started."""
        timeout = self._launch_timeout(timeout_s)
        if not self._may_exist(clsid):
            return None
        return self.ask(
            lambda scm: scm.ActivateInstance(clsid, iface, own_surroundings(), timeout), state
        )

    def class_object(
        self, clsid: Clsid, iface: type[T] | Guid, timeout_s: float | None, state: ThreadState
    ) -> T | None:
        """The class object of a server's, as above."""
        timeout = self._launch_timeout(timeout_s)
        if not self._may_exist(clsid):
            return None
        return self.ask(
            lambda scm: scm.ActivateClassObject(clsid, iface, own_surroundings(), timeout), state
        )

    def ask(self, question: Callable[[IScm], R], state: ThreadState) -> R:
        """Ask the SCM; another one, if it ended before it heard the question."""
        attempt = 1
        while True:
            listener = self.seat.holder() or self._start()
            try:
                with door_at(listener.endpoint, IScm, self._process, state) as scm:
                    return question(scm)
            except ComError as error:
                is_gone = error.executed == "no" and error.hresult in NOT_STARTED
                # A process that was killed is there for a moment more.
                if not is_gone or attempt == _ATTEMPTS or not listener.wait_end(_DYING_S):
                    raise
                attempt += 1
                _log.info("the SCM %d has ended (%s): asking again", listener.pid, error)

    def _launch_timeout(self, timeout_s: float | None) -> float:
        settled = self._process.settings.activation_timeout_s
        return settled if timeout_s is None else timeout_s

    def _may_exist(self, clsid: Clsid) -> bool:
        """Whether an SCM is worth starting for that class."""
        if self.seat.holder() is not None or self._servers.serving(clsid):
            return True
        try:
            return bool(self._catalog.find(clsid).argv)
        except ComError as error:
            if error.hresult == HRESULT.REGDB_E_CLASSNOTREG:
                return False
            raise

    # ---- starting --------------------------------------------------------------------------

    def _start(self) -> Listener:
        """Start an SCM; several at once come to the same one. Raises CO_E_SERVER_EXEC_FAILURE."""
        timeout_s = self._process.settings.activation_timeout_s
        log = self._home / "log" / "scm.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        reading, writing = os.pipe()
        try:
            with log.open("ab") as output:
                # Through a shell that ends at once, so that the SCM is nobody's child to wait for.
                subprocess.run(
                    ["/bin/sh", "-c", '"$@" &', "sh", *_COMMAND],
                    env=self._environment(),
                    cwd=self._home,
                    stdin=subprocess.DEVNULL,
                    stdout=writing,
                    stderr=output,
                    start_new_session=True,
                    check=False,
                )
            os.close(writing)
            writing = -1
            is_there = _await_line(reading, timeout_s)
        finally:
            os.close(reading)
            if writing != -1:
                os.close(writing)
        listener = self.seat.holder()
        if listener is None:
            why = "has ended" if is_there else f"was not ready within {timeout_s} s"
            raise ComError(
                HRESULT.CO_E_SERVER_EXEC_FAILURE,
                f"the SCM of {self._home} {why}; its output is in {log}",
                executed="no",
            )
        return listener

    def _environment(self) -> dict[str, str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in (READY, variable_of("endpoints"))
        }
        places = [str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))
        environment[variable_of("home")] = str(self._home)
        return environment


_COMMAND: Final = (sys.executable, "-P", "-m", "pyorpc", "scm", "--on-demand")


def _await_line(reading: int, timeout_s: float) -> bool:
    """Until the other end of a pipe writes something, or closes. False: time ran out."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
