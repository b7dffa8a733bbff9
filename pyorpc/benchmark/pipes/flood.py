"""Flood: the object that answers pings and produces bulk data.

`python -m pyorpc.benchmark.pipes.flood STA|MTA` serves one until its standard input ends.
"""

import sys
from collections.abc import Iterator

from pyorpc.benchmark.calls.calling import APARTMENTS
from pyorpc.benchmark.peer_process import end_with_parent, say_ready, serve_calls
from pyorpc.benchmark.pipes.flood_idl import IFlood
from pyorpc.functions.marshaling import marshal_interface
from pyorpc.remoting.pipe import Pipe
from pyorpc.runtime import Runtime


class Flood(IFlood):
    """Keeps nothing."""

    def Ping(self, number: int) -> int:
        return number

    def Flow(self, chunk: int) -> Pipe[bytes]:
        return Pipe(_for_ever(bytes(chunk)))


def _for_ever(chunk: bytes) -> Iterator[bytes]:
    while True:
        yield chunk


def serve(apartment: str) -> None:
    with Runtime() as runtime, runtime.enter_apartment(APARTMENTS[apartment]):
        say_ready(marshal_interface(Flood(), IFlood).hex())
        serve_calls(apartment)


if __name__ == "__main__":
    end_with_parent()
    serve(*sys.argv[1:])
