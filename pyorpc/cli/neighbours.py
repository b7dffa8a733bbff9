"""Neighbours: the processes of a home that can be asked, found in the file system.

Every process that calls or is called over the network binds a socket in the home's run directory;
those that serve classes, and the SCM, have a file in the home besides, which says where their
socket is also if their run directory is another one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import click

from pyorpc.activation.listener import Listener
from pyorpc.activation.scm_seat import ScmSeat
from pyorpc.activation.server_directory import ServerDirectory
from pyorpc.errors import HRESULT, ComError
from pyorpc.remoting.peer import new_identity
from pyorpc.remoting.visit import Answer, visit
from pyorpc.transport.run_directory import RunDirectory

PATIENCE_S: Final = 2.0

timeout_option = click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=PATIENCE_S,
    show_default=True,
    help="Wait so long for processes that do not answer.",
)


class Neighbour(NamedTuple):
    """A process, and what it answered: a record of wire/sight.py, or the ComError instead."""

    pid: int
    endpoint: str
    answer: Answer

    @property
    def is_silent(self) -> bool:
        return isinstance(self.answer, ComError)

    @property
    def why_silent(self) -> str:
        """One line, where `is_silent`."""
        assert isinstance(self.answer, ComError)
        if self.answer.hresult == HRESULT.RPC_E_TIMEOUT:
            return self.answer.description
        return f"refuses: {self.answer}"

    @property
    def program(self) -> str:
        """Its command line, as the system knows it; empty for one that has ended."""
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return ""
        return b" ".join(words).decode(errors="replace").strip()


def ask(home: Path, what: str, timeout_s: float) -> list[Neighbour]:
    """What all the processes of the home say; those that end meanwhile are left out."""
    doors = _doors(home)
    answers = visit(list(doors), what, timeout_s)
    asked = [
        Neighbour(pid, endpoint, answer)
        for (endpoint, pid), answer in zip(doors.items(), answers, strict=True)
    ]
    silent = [each for each in asked if each.is_silent]
    if silent:
        there = _doors(home)
        asked = [each for each in asked if not each.is_silent or each.endpoint in there]
    return asked


def _doors(home: Path) -> dict[str, int]:
    """Endpoints and pids, the oldest process first."""
    doors = dict(RunDirectory(home).listening("process"))
    for listener in _listeners(home):
        doors.setdefault(listener.endpoint, listener.pid)
    return doors


def _listeners(home: Path) -> list[Listener]:
    host = new_identity().host
    scm = ScmSeat(home, host).holder()
    return ([] if scm is None else [scm]) + ServerDirectory(home, host).servers()
