"""The kitchen from start to end: `python main.py`. A server, a client, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def story() -> None:
    command = [sys.executable, str(HERE / "server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        print(server.stdout.readline().rstrip(), flush=True)
        try:
            subprocess.run([sys.executable, str(HERE / "client.py")], check=True)
        finally:
            server.send_signal(signal.SIGINT)
        print(server.stdout.read().rstrip(), flush=True)
    assert server.returncode == 0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="trio-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        try:
            story()
        finally:
            subprocess.run([sys.executable, "-m", "pyorpc", "scm", "stop"], check=False)


if __name__ == "__main__":
    main()
