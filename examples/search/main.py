"""The search service from start to end: `python main.py [FOLDER]`. client.py has the story."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


@contextlib.contextmanager
def server() -> Generator[None]:
    """`pyorpc serve`, from when it serves until it is told to end."""
    command = [sys.executable, "-m", "pyorpc", "serve", "--path", str(HERE), "server:Search"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        show(f"server: {process.stdout.readline().strip()}")
        try:
            yield
        finally:
            process.terminate()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="search-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        try:
            with server():
                client = [sys.executable, str(HERE / "client.py"), *sys.argv[1:]]
                subprocess.run(client, check=True)
        finally:
            subprocess.run([sys.executable, "-m", "pyorpc", "scm", "stop"], check=False)


if __name__ == "__main__":
    main()
