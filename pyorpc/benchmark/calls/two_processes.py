"""Calls to an object of another process, one at a time or a hundred at a time."""

from collections.abc import Callable, Iterable
from typing import Literal

import zmq

from pyorpc.benchmark.calls.board_idl import IBoard
from pyorpc.benchmark.calls.calling import Calling, pipelined
from pyorpc.benchmark.calls.packet import only_over
from pyorpc.benchmark.floors.dealer_router import OUTSTANDING
from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.benchmark.workload import Group, Subject
from pyorpc.context.thread_state import thread_state
from pyorpc.functions.marshaling import unmarshal_interface
from pyorpc.runtime import Runtime

Transport = Literal["ipc", "tcp"]


class BetweenProcesses(Calling):
    """`transport` is the only one that the caller is told of."""

    def __init__(
        self, caller: str, callee: str, transport: Transport, subject: Subject | None = None
    ) -> None:
        super().__init__(
            subject or _subject(caller, callee, transport),
            caller,
            insecure=transport == "tcp",
        )
        self._callee = callee
        self._transport: Transport = transport

    def source(self, runtime: Runtime) -> Callable[[], IBoard]:
        peer = PeerProcess("-m", "pyorpc.benchmark.calls.server", self._callee, self._transport)
        self.stack.callback(peer.close)
        packet = only_over(self._transport, bytes.fromhex(peer.ready_line()))
        return lambda: unmarshal_interface(packet, IBoard)

    def calls(self, board: IBoard) -> Callable[[], object]:
        call = super().calls(board)
        call()
        used = {endpoint.partition(":")[0] for endpoint in _connected_to()}
        if used != {self._transport}:
            raise RuntimeError(f"the calls go over {used}, not {self._transport}")
        return call


class Pipelined(BetweenProcesses):
    """Begins a hundred asynchronous calls, then finishes them."""

    def __init__(self, callee: str, transport: Transport) -> None:
        super().__init__(
            "STA",
            callee,
            transport,
            Subject(
                name=f"sta-to-{callee.lower()}-{transport}-pipelined",
                title=f"{OUTSTANDING} async to remote {callee}, {transport}",
                group=Group.PIPELINED,
                vs=f"zmq-{transport}-pipelined",
                calls_per_sample=OUTSTANDING,
            ),
        )

    def calls(self, board: IBoard) -> Callable[[], object]:
        super().calls(board)
        return pipelined(board, OUTSTANDING)


AIMS = {"STA": 1.35, "MTA": 1.6}


def _subject(caller: str, callee: str, transport: Transport) -> Subject:
    return Subject(
        name=f"{caller}-to-{callee}-{transport}".lower(),
        title=f"{caller} to remote {callee}, {transport}",
        group=Group.TWO_PROCESSES,
        vs=f"zmq-{transport}",
        aim_ratio=AIMS[callee],
    )


def _connected_to() -> Iterable[str]:
    """Where the connections of the calling thread's apartment lead."""
    home = thread_state().home
    assert home is not None, "it was entered"
    for line in home.lines.all_lines():
        yield line.connection.raw.socket.getsockopt_string(zmq.LAST_ENDPOINT)
