"""The asyncio service from start to end: `python main.py`. Two listeners, three callers."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

from asyncio_service_idl import CLSID_Announcer, IAnnouncer

import pyorpc

CALLERS = ("alice", "bob", "carol")
LINES = 500
LISTENERS = 2
WAIT_S = 20
HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


@contextlib.contextmanager
def service() -> Generator[tuple[int, int]]:
    """The service's process; its port, and the thread of its loop."""
    command = [sys.executable, str(HERE / "service.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, thread = process.stdout.readline().split()
        try:
            yield int(port), int(thread)
        finally:
            process.terminate()


def read_lines(stream: socket.socket) -> dict[str, list[int]]:
    """The numbers that a listener hears from each caller, until it has heard all."""
    heard: defaultdict[str, list[int]] = defaultdict(list)
    with stream.makefile() as lines:
        for _ in range(LINES * len(CALLERS)):
            name, number = lines.readline().split()
            heard[name].append(int(number))
    return heard


def story() -> None:
    with contextlib.ExitStack() as stack:
        port, thread = stack.enter_context(service())
        stack.enter_context(pyorpc.enter_apartment())
        announcer = pyorpc.get_active_object(CLSID_Announcer, IAnnouncer)
        address = ("127.0.0.1", port)
        streams = [
            stack.enter_context(socket.create_connection(address, WAIT_S)) for _ in range(LISTENERS)
        ]
        while announcer.Listeners() != (LISTENERS, thread):
            time.sleep(0.01)  # asyncio has not accepted both yet
        show(f"{LISTENERS} listen; calls are served by thread {thread}, which is asyncio's")
        command = [sys.executable, str(HERE / "caller.py")]
        callers = [subprocess.Popen([*command, name, str(LINES)]) for name in CALLERS]
        for number, stream in enumerate(streams, 1):
            heard = read_lines(stream)
            in_order = sum(heard[name] == list(range(LINES)) for name in CALLERS)
            show(f"listener {number} heard {in_order} of {len(CALLERS)} callers, in order")
        for caller in callers:
            caller.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="asyncio-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        story()


if __name__ == "__main__":
    main()
