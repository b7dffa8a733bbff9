"""The child process of the floors: `python -m pyorpc.benchmark.floors.echo router|socket WHERE`.

Sends back what it gets, until its standard input ends.
"""

import socket
import sys

import zmq

from pyorpc.benchmark.peer_process import end_with_parent, say_ready


def echo_from_router(address: str) -> None:
    router = zmq.Context().socket(zmq.ROUTER)
    router.set(zmq.LINGER, 0)
    router.bind(address)
    say_ready(router.get_string(zmq.LAST_ENDPOINT))
    while True:
        router.send_multipart(router.recv_multipart())


def echo_from_socket(descriptor: int) -> None:
    with socket.socket(fileno=descriptor) as end:
        say_ready("socket")
        while message := end.recv(1024):
            end.send(message)


def main(kind: str, where: str) -> None:
    end_with_parent()
    if kind == "router":
        echo_from_router(where)
    else:
        echo_from_socket(int(where))


if __name__ == "__main__":
    main(*sys.argv[1:])
