import socket

import pytest
import zmq

from pyorpc.benchmark.peer_process import PeerProcess

pytestmark = pytest.mark.processes

ECHO = "pyorpc.benchmark.floors.echo"


def test_a_router_sends_back_all_frames() -> None:
    peer = PeerProcess("-m", ECHO, "router", "tcp://127.0.0.1:*")
    try:
        with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
            dealer.set(zmq.RCVTIMEO, 10_000)
            dealer.set(zmq.LINGER, 0)
            dealer.connect(peer.ready_line())
            dealer.send_multipart([b"one", b"", b"three"])

            assert dealer.recv_multipart() == [b"one", b"", b"three"]
    finally:
        peer.close()


def test_a_socket_sends_back_what_it_gets() -> None:
    near, far = socket.socketpair()
    with near, far:
        peer = PeerProcess("-m", ECHO, "socket", str(far.fileno()), inherited_fds=[far.fileno()])
        try:
            peer.ready_line()
            near.settimeout(10.0)
            near.send(b"ball")

            assert near.recv(10) == b"ball"
        finally:
            peer.close()
