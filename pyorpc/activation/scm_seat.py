"""ScmSeat: there is one SCM in a home. Who is it, and who may become it?

The holder keeps a lock on a file, which the system takes back when the process ends, however it
ends; a second file says where it listens.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO, Final

from pyorpc.activation.listener import Listener, read_listener, write_listener


class ScmSeat:
    """Of one home, as the processes of one host see it."""

    def __init__(self, home: Path, host: str) -> None:
        self._lock_path: Final = home / "scm.lock"
        self._path: Final = home / "scm.json"
        self._host = host
        self._lock: IO[bytes] | None = None

    def holder(self) -> Listener | None:
        """The SCM that runs now."""
        listener = read_listener(self._path)
        if listener is None or listener.host != self._host or not listener.is_running:
            return None
        return listener

    def take(self) -> bool:
        """Become the SCM. False: another process is, or is about to be, or has not quite ended."""
        self._lock_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._lock_path.open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def publish(self, listener: Listener) -> None:
        """Tell where the SCM listens. Only its holder."""
        write_listener(self._path, listener)

    def leave(self) -> None:
        """Stop being the SCM."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None
