"""HostStas: STAs on threads of the runtime's own, for objects whose creators have none for them.

Started by the first need, ended when the last thread of the user's has left its apartment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection

from pyorpc.activation.process import Process
from pyorpc.apartment.sta import Sta
from pyorpc.context.thread_state import thread_state
from pyorpc.enumerations import COINIT

_log = logging.getLogger(__name__)


class HostStas:
    """One per Runtime. The first host becomes the main STA where there is none."""

    def __init__(self, process: Process) -> None:
        self._process = process
        # Held while a thread starts: two creators at once must get one apartment.
        self._starting = threading.Lock()  # guards _host and _hosts
        self._host: Sta | None = None
        self._hosts: dict[int, _Host] = {}  # by thread ident

    def main_sta(self) -> Sta:
        """The main STA; a host, if no thread of the user's has become it."""
        with self._starting:
            return self._process.main_sta or self._start_locked()

    def host_sta(self) -> Sta:
        """The STA of the objects that the MTA creates and that need an STA."""
        with self._starting:
            if self._host is None or self._host.is_closed:
                self._host = self._start_locked()
            return self._host

    def end_if_alone(self, threads: Collection[int]) -> bool:
        """End the hosts if only they are left of `threads`. False for a host's own thread."""
        hosts = self._hosts.keys()
        if threading.get_ident() in hosts or any(thread not in hosts for thread in threads):
            return False
        self.close()
        return True

    def close(self) -> None:
        """End them all, and wait for them for the grace time."""
        with self._starting:
            ending = list(self._hosts.values())
        for host in ending:
            host.sta.post_quit(0)
        for host in ending:
            host.thread.join(self._process.settings.grace_s)
            if host.thread.is_alive():
                _log.warning("%r is still running somebody's method", host.sta)
            # Not before: a host that leaves its apartment must be known as one.
            self._hosts.pop(host.sta.thread_id, None)

    def _start_locked(self) -> Sta:
        assert self._starting.locked()
        host = _Host(self._process)
        self._hosts[host.sta.thread_id] = host
        return host.sta


class _Host:
    """A thread that is in an STA and pumps until it is told to quit."""

    sta: Sta

    def __init__(self, process: Process) -> None:
        self._process = process
        self._entered = threading.Event()
        self._failure: Exception | None = None
        self.thread = threading.Thread(target=self._run, name="pyorpc-host-sta", daemon=True)
        self.thread.start()
        self._entered.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        state = thread_state()
        try:
            self._process.initialize(state, COINIT.APARTMENTTHREADED)
        except Exception as error:  # whoever waits for the host shall see it
            self._failure = error
            return
        finally:
            if isinstance(state.home, Sta):
                self.sta = state.home
            self._entered.set()
        self.sta.pump()
        self._process.uninitialize(state)
