"""Listener: a process that can be asked for objects, as a file in the home tells of it.

Files are written whole or not at all, and believed only while their process runs. Any thread.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec

from pyorpc.ids import Clsid
from pyorpc.remoting.peer import Identity
from pyorpc.transport.process_identity import ProcessIdentity


class ActiveClass(NamedTuple):
    """A class of which an object is active, and since when, by the machine's monotonic clock."""

    clsid: str
    since_ns: int


class Offers(NamedTuple):
    """What others can have from a process."""

    classes: Sequence[Clsid] = ()  # it makes objects of them
    active: Sequence[ActiveClass] = ()  # it has an object of them


NOTHING: Final = Offers()


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Where a process answers, and what it offers."""

    process_id: str
    host: str
    pid: int
    start_time: int
    endpoint: str
    classes: tuple[str, ...] = ()
    active: tuple[ActiveClass, ...] = ()

    @classmethod
    def of_this_process(cls, identity: Identity, endpoint: str, offers: Offers = NOTHING) -> Self:
        pid, start_time = ProcessIdentity.of_this_process()
        return cls(
            process_id=identity.process_id,
            host=identity.host,
            pid=pid,
            start_time=start_time,
            endpoint=endpoint,
            classes=tuple(map(str, offers.classes)),
            active=tuple(offers.active),
        )

    def active_since(self, clsid: Clsid) -> int | None:
        """Since when it has an active object of that class; None: it has none."""
        return dict(self.active).get(str(clsid))

    @property
    def is_running(self) -> bool:
        return ProcessIdentity(self.pid, self.start_time).is_running

    def wait_end(self, timeout_s: float) -> bool:
        """Until the process has ended. False: time ran out."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            end = select.poll()
            end.register(descriptor, select.POLLIN)
            return not self.is_running or bool(end.poll(timeout_s * 1000))
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """Ask the process to end, if it runs."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)


def write_listener(path: Path, listener: Listener) -> None:
    """Replace the file. A reader sees the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    new.write_bytes(msgspec.json.encode(listener))
    new.replace(path)


def read_listener(path: Path) -> Listener | None:
    """None where there is no file, or one that is not ours."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Listener)
    except (OSError, msgspec.DecodeError):
        return None
