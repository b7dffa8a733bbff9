"""Raw pyzmq: a blocking DEALER here, a blocking ROUTER in another process, two frames each way."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

import zmq

from pyorpc.benchmark.floors.message import BODY, HEADER
from pyorpc.benchmark.peer_process import PeerProcess
from pyorpc.benchmark.workload import DEADLINE_S, Group, Subject, Workload

Transport = Literal["ipc", "tcp"]
OUTSTANDING = 100
_MESSAGE = [HEADER, BODY]


class DealerRouter(Workload):
    """`send_multipart` and `recv_multipart`, as one writes it without a second thought."""

    def __init__(self, transport: Transport, subject: Subject | None = None) -> None:
        super().__init__(
            subject
            or Subject(
                name=f"zmq-{transport}",
                title=f"raw pyzmq DEALER/ROUTER, {transport}",
                group=Group.FLOOR,
            )
        )
        self._transport = transport
        self._stack = ExitStack()

    def open(self) -> Callable[[], object]:
        directory = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="pyorpc-bench-", ignore_cleanup_errors=True)
        )
        address = f"ipc://{directory}/r" if self._transport == "ipc" else "tcp://127.0.0.1:*"
        peer = PeerProcess("-m", "pyorpc.benchmark.floors.echo", "router", address)
        self._stack.callback(peer.close)
        endpoint = peer.ready_line()
        context = self._stack.enter_context(zmq.Context())
        dealer = self._stack.enter_context(context.socket(zmq.DEALER))
        dealer.set(zmq.LINGER, 0)
        dealer.set(zmq.RCVTIMEO, int(DEADLINE_S * 1000))
        dealer.set(zmq.SNDTIMEO, int(DEADLINE_S * 1000))
        dealer.connect(endpoint)
        return self._caller(dealer)

    def close(self) -> None:
        self._stack.close()

    def _caller(self, dealer: zmq.Socket[bytes]) -> Callable[[], object]:
        def call() -> list[bytes]:
            dealer.send_multipart(_MESSAGE)
            return dealer.recv_multipart()

        return call


class PipelinedDealerRouter(DealerRouter):
    """Sends a hundred messages, then takes a hundred replies."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(
            transport,
            Subject(
                name=f"zmq-{transport}-pipelined",
                title=f"raw pyzmq, {OUTSTANDING} outstanding, {transport}",
                group=Group.FLOOR,
                calls_per_sample=OUTSTANDING,
            ),
        )

    def _caller(self, dealer: zmq.Socket[bytes]) -> Callable[[], object]:
        calls = range(self.subject.calls_per_sample)

        def call_many() -> None:
            for _ in calls:
                dealer.send_multipart(_MESSAGE)
            for _ in calls:
                dealer.recv_multipart()

        return call_many
