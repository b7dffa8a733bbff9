"""The service host from start to end: `python main.py`.

Three client processes use both services of one host when one of the services is stopped.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

NAMES = ("alice", "bob", "carol")
HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / program), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def show_line(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    show(process.stdout.readline().rstrip())


def show_rest(process: subprocess.Popen[str]) -> None:
    written, _ = process.communicate()
    show(written.rstrip())
    assert process.returncode == 0


@contextlib.contextmanager
def server() -> Generator[None]:
    """The host's process, from when it serves until it is told to end."""
    with start("server.py") as process:
        show_line(process)
        try:
            yield
        finally:
            process.terminate()


def story() -> None:
    with server():
        show("\n--- Three clients hold objects of both services, and call them")
        clients = [start("client.py", name) for name in NAMES]
        for client in clients:
            show_line(client)

        show("\n--- One service is stopped: disconnected as one, and unloaded")
        show_rest(start("stop.py"))

        show("\n--- What the clients saw")
        for client in clients:
            show_rest(client)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="host-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        try:
            story()
        finally:
            subprocess.run([sys.executable, "-m", "pyorpc", "scm", "stop"], check=False)


if __name__ == "__main__":
    main()
