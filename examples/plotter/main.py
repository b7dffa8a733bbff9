"""The plotter from start to end: `python main.py [FOLDER]`. FOLDER keeps the pictures, if given.

Clients ask for a picture one after the other, then all at once: the pictures must be the same.
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

PACKAGES = ("asyncio", "email", "encodings", "json", "unittest", "xml")
HERE = Path(__file__).resolve().parent
show = functools.partial(print, flush=True)  # in order with what the other processes print


@contextlib.contextmanager
def server() -> Generator[None]:
    """`pyorpc serve`, from when it serves until it is told to end."""
    command = [sys.executable, "-m", "pyorpc", "serve", "--path", str(HERE), "server:Plotter"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        show(f"server: {process.stdout.readline().strip()}")
        try:
            yield
        finally:
            process.terminate()


def start_client(package: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(HERE / "client.py"), package, str(folder)])


def story(folder: Path, scratch: Path) -> None:
    with server():
        show("\n--- One client after the other")
        for package in PACKAGES:
            assert start_client(package, scratch).wait() == 0

        show(f"\n--- {len(PACKAGES)} clients at once; the STA takes one call at a time")
        clients = [start_client(package, folder) for package in PACKAGES]
        assert [client.wait() for client in clients] == [0] * len(PACKAGES)

    names = [f"{package}.png" for package in PACKAGES]
    same = [name for name in names if (folder / name).read_bytes() == (scratch / name).read_bytes()]
    show(f"{len(same)} of {len(names)} pictures are the same, byte for byte, in {folder}")
    assert same == names


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="plotter-") as scratch:
        # Every process below finds the others through this directory.
        os.environ["PYORPC_HOME"] = str(Path(scratch) / "home")
        (alone := Path(scratch) / "alone").mkdir()
        try:
            story(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch), alone)
        finally:
            subprocess.run([sys.executable, "-m", "pyorpc", "scm", "stop"], check=False)


if __name__ == "__main__":
    main()
