"""The child process that is called: `python -m pyorpc.benchmark.calls.server STA|MTA ipc|tcp`.

Says the packet of its object in hexadecimal digits and serves until its standard input ends.
"""

import sys

from pyorpc.benchmark.calls.board import Board
from pyorpc.benchmark.calls.board_idl import IBoard
from pyorpc.benchmark.calls.calling import APARTMENTS
from pyorpc.benchmark.peer_process import end_with_parent, say_ready, serve_calls
from pyorpc.functions.marshaling import marshal_interface
from pyorpc.runtime import Runtime


def serve(apartment: str, transport: str) -> None:
    wants_tcp = transport == "tcp"
    endpoints = ("tcp://127.0.0.1:*",) if wants_tcp else ()
    with (
        Runtime(endpoints=endpoints, insecure=wants_tcp) as runtime,
        runtime.enter_apartment(APARTMENTS[apartment]),
    ):
        say_ready(marshal_interface(Board(), IBoard).hex())
        serve_calls(apartment)


if __name__ == "__main__":
    end_with_parent()
    serve(*sys.argv[1:])
