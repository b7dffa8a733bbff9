"""ProcessIdentity: a process of this host, told from a later one that got the same pid.

Read from /proc. Any thread; a value.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_STATE = 0  # the fields of /proc/PID/stat after the name, which may hold blanks and brackets
_START_TIME = 19


class ProcessIdentity(NamedTuple):
    """`start_time` is in clock ticks since the host was started."""

    pid: int
    start_time: int

    @classmethod
    def of_this_process(cls) -> ProcessIdentity:
        """Asked anew each time, so that it is right in a child that was forked."""
        identity = cls.of(os.getpid())
        if identity is None:
            raise RuntimeError("/proc does not show this process: is /proc mounted?")
        return identity

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The identity of the process that has this pid now; None if none has, or a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:  # gone, or going while it is read
            return None
        fields = stat[stat.rindex(b")") + 1 :].split()
        return None if fields[_STATE] in {b"Z", b"X"} else cls(pid, int(fields[_START_TIME]))

    @property
    def is_running(self) -> bool:
        return ProcessIdentity.of(self.pid) == self
