"""Socketpair: a message through a Unix socket pair to another process, and back. No ZeroMQ."""

import socket
from collections.abc import Callable
from contextlib import ExitStack

from pyorpc.benchmark.floors.message import BODY, HEADER
from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.benchmark.workload import DEADLINE_S, Group, Subject, Workload

_MESSAGE = HEADER + BODY


class Socketpair(Workload):
    """Blocking `send` and `recv` on both sides."""

    def __init__(self) -> None:
        super().__init__(Subject(name="socketpair", title="Unix socketpair", group=Group.FLOOR))
        self._stack = ExitStack()

    def open(self) -> Callable[[], object]:
        near, far = socket.socketpair()
        self._stack.enter_context(near)
        near.settimeout(DEADLINE_S)
        with far:
            peer = PeerProcess(
                "-m",
                "pyorpc.benchmark.floors.echo",
                "socket",
                str(far.fileno()),
                inherited_fds=[far.fileno()],
            )
        self._stack.callback(peer.close)
        peer.ready_line()

        def call() -> None:
            near.send(_MESSAGE)
            if not near.recv(len(_MESSAGE)):
                raise ConnectionError("the other process is gone")

        return call

    def close(self) -> None:
        self._stack.close()
